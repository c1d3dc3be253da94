using System.Collections.Concurrent;

using SmartCity.Domain.Readings;
using SmartCity.Tests.Domain;

namespace SmartCity.Tests.Fuzz;

/// <summary>Whatever a message is, the parser says of it what the naive one says, and nothing else happens.</summary>
internal sealed class ParserFuzzTests
{
    private const int PartSize = 10_000;

    [Test]
    public void Every_hostile_message_gets_the_verdict_of_the_naive_parser()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        var disagreements = new ConcurrentQueue<string>();
        long valid = 0;
        Parallel.For(0, (settings.Messages + PartSize - 1) / PartSize, part =>
        {
            ReadingParser parser = ReadingTestData.Parser();
            foreach (byte[] message in HostileMessages.Of((settings.Seed * 1_000_000) + part, Math.Min(PartSize, settings.Messages - (part * PartSize))))
            {
                (RejectReason reason, string field, Reading expected) = NaiveReadingParser.Parse(message);
                bool ok = parser.TryParse(message, long.MaxValue, out Reading reading, out Rejection rejection);
                bool agree = ok ? reason == RejectReason.None && reading == expected
                    : rejection.Reason == reason && rejection.Field == field && rejection.Detail.Length is > 0 and < 300;
                Interlocked.Add(ref valid, ok ? 1 : 0);
                if (!agree)
                {
                    disagreements.Enqueue($"{rejection.Reason} {rejection.Field}, not {reason} {field}: {Convert.ToBase64String(message)}");
                }
            }
        });

        TestContext.Out.WriteLine($"{settings.Messages} messages of seed {settings.Seed}: {valid} are readings, {disagreements.Count} disagreements");
        Assert.That(disagreements.Take(5), Is.Empty);
        Assert.That(valid, Is.InRange(settings.Messages / 20, settings.Messages * 19 / 20), "some are readings, some are none");
    }
}
