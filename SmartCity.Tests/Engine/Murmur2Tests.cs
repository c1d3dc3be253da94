using System.Text;

using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Tests.Engine;

internal sealed class Murmur2Tests
{
    // The vectors of Apache Kafka's own UtilsTest.
    [TestCase("21", -973932308)]
    [TestCase("foobar", -790332482)]
    [TestCase("a-little-bit-long-string", -985981536)]
    [TestCase("a-little-bit-longer-string", -1486304829)]
    [TestCase("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [TestCase("abc", 479470107)]
    public void The_hash_is_the_one_of_Java_clients(string key, int expected) =>
        Assert.That(Murmur2.Hash(Encoding.UTF8.GetBytes(key)), Is.EqualTo(expected));
}
