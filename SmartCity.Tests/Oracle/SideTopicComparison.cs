using System.Globalization;

namespace SmartCity.Tests.Oracle;

/// <summary>Holds the topics of late and of invalid readings against the oracle: each once, byte for byte, with where it came from.</summary>
internal static class SideTopicComparison
{
    public static Differences Late(IReadOnlyList<IReadOnlyList<LogRecord>> input, IReadOnlyList<IReadOnlyList<LogRecord>> late, OracleVerdict verdict)
        => Compare(
            input, late, verdict.Late.Keys,
            record => long.Parse(record.Headers["lateness.ms"], CultureInfo.InvariantCulture) is var ms && ms != verdict.Late[Source(record)]
                ? $"lateness is {ms}, not {verdict.Late[Source(record)]}"
                : WrongRaise(record, verdict));

    /// <summary>A reading that is late by a raise names it; no other names any.</summary>
    private static string? WrongRaise(LogRecord record, OracleVerdict verdict)
    {
        string? expected = verdict.LateByRaise.TryGetValue(Source(record), out long ms) ? ms.ToString(CultureInfo.InvariantCulture) : null;
        string? named = record.Headers.GetValueOrDefault("raised.to.ms");
        return named == expected ? null : $"the raise that made it late is {named ?? "none"}, not {expected ?? "none"}";
    }

    public static Differences DeadLetters(IReadOnlyList<IReadOnlyList<LogRecord>> input, IReadOnlyList<IReadOnlyList<LogRecord>> dead, OracleVerdict verdict)
        => Compare(input, dead, verdict.Invalid, record => record.Headers["reason"].Length == 0 ? "there is no reason" : null);

    private static Differences Compare(
        IReadOnlyList<IReadOnlyList<LogRecord>> input, IReadOnlyList<IReadOnlyList<LogRecord>> output, IEnumerable<LogPlace> expected, Func<LogRecord, string?> wrong)
    {
        var differences = new Differences();
        var missing = new HashSet<LogPlace>(expected);
        Dictionary<LogPlace, byte[]> sent = input.SelectMany(partition => partition).ToDictionary(record => record.Place, record => record.Value);
        foreach (LogRecord record in output.SelectMany(partition => partition))
        {
            LogPlace source = Source(record);
            if (!missing.Remove(source))
            {
                differences.AddSurplus(source);
            }
            else if (!record.Value.AsSpan().SequenceEqual(sent[source]))
            {
                differences.AddDifferent($"{source}: other bytes");
            }
            else if (wrong(record) is { } fault)
            {
                differences.AddDifferent($"{source}: {fault}");
            }
        }

        foreach (LogPlace place in missing)
        {
            differences.AddLost(place);
        }

        return differences;
    }

    private static LogPlace Source(LogRecord record)
        => new(
            int.Parse(record.Headers["source.partition"], CultureInfo.InvariantCulture), long.Parse(record.Headers["source.offset"], CultureInfo.InvariantCulture));
}
