using System.Text;

using CsCheck;

using SmartCity.Tests.Domain;

namespace SmartCity.Tests.Fuzz;

/// <summary>Messages that somebody might send instead of a reading: readings with changes, JSON of the wrong shape, and bytes that are nothing at all.</summary>
internal static class HostileMessages
{
    private static readonly Gen<byte[]> Noise = Gen.Byte.Array[0, 400];

    private static readonly Gen<byte[]> Deep = Gen.Select(Gen.Int[1, 5_000], Gen.Int[0, 3], (depth, kind) => Encoding.UTF8.GetBytes(kind switch
    {
        0 => new string('[', depth),
        1 => new string('[', depth) + new string(']', depth),
        2 => string.Concat(Enumerable.Repeat("{\"metrics\":", depth)) + "1" + new string('}', depth),
        _ => $$"""{"sensor_id":"S","sensor_type":"traffic","city":"c","timestamp":"2026-01-15T14:03:27Z","x":{{new string('[', depth)}}{{new string(']', depth)}},"metrics":{"average_speed":1} }""",
    }));

    private static readonly Gen<byte[]> Long = Gen.Select(Gen.Int[0, 5], Gen.Int[1, 20_000], (kind, length) =>
    {
        string filler = new("xé\0\"\\ "[kind], length);
        string text = System.Text.Json.JsonEncodedText.Encode(filler).Value;
        return Encoding.UTF8.GetBytes((length % 4) switch
        {
            0 => $$"""{"sensor_id":"{{text}}","sensor_type":"traffic","city":"c","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1} }""",
            1 => $$"""{"sensor_id":"S","sensor_type":"traffic","city":"c","timestamp":"2026-01-15T14:03:27.{{new string('9', length)}}Z","metrics":{"average_speed":1} }""",
            2 => $$"""{"sensor_id":"S","sensor_type":"traffic","city":"c","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1.{{new string('0', length)}}1} }""",
            _ => $$"""{"sensor_id":"S","sensor_type":"traffic","city":"c","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1,"{{text}}":{"value":"{{text}}"} } }""",
        });
    });

    private static readonly Gen<byte[]> Any = Gen.Frequency(
        (50, ReadingParserAgainstNaiveTests.Mutated), (40, ReadingParserAgainstNaiveTests.Assembled), (6, Noise), (1, Deep), (1, Long));

    /// <summary>The messages of a seed: always the same.</summary>
    public static IEnumerable<byte[]> Of(int seed, int count)
    {
        var dice = new PCG(1, (ulong)seed);
        for (int message = 0; message < count; message++)
        {
            yield return Any.Generate(dice, null, out _);
        }
    }
}
