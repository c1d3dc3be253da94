using SmartCity.Domain.Readings;
using SmartCity.Tests.Domain;

namespace SmartCity.Tests.Fuzz.Guided;

/// <summary>Holds the parser against the naive one, for whoever calls it from another load context: so it takes and gives only what both know.</summary>
public static class AgainstNaive
{
    private static readonly ReadingParser Parser = ReadingTestData.Parser();

    /// <summary>What the two disagree about; null when they agree.</summary>
    public static string? Judge(byte[] message)
    {
        (RejectReason reason, string field, Reading expected) = NaiveReadingParser.Parse(message);
        bool ok = Parser.TryParse(message, long.MaxValue, out Reading reading, out Rejection rejection);
        bool agree = ok ? reason == RejectReason.None && reading == expected
            : rejection.Reason == reason && rejection.Field == field && rejection.Detail.Length is > 0 and < 300;
        return agree ? null : $"{rejection.Reason} {rejection.Field}, not {reason} {field}: {Convert.ToBase64String(message)}";
    }
}
