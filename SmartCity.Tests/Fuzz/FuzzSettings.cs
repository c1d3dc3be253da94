using System.Globalization;

namespace SmartCity.Tests.Fuzz;

/// <summary>
/// How long hostile input is made up: little in the suite, as much as is asked for by <c>tools/fuzz/run.sh</c>. The same seed makes up the same input.
/// </summary>
internal sealed record FuzzSettings(int Seed, int Messages, int KafkaMessages, int Requests, int StateRecords, int GuidedMessages)
{
    /// <summary>True in a run of these tests alone, by <c>tools/fuzz/run.sh</c>.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("SMARTCITY_FUZZ_MESSAGES") is { Length: > 0 };

    public static FuzzSettings FromEnvironment() => new(
        Value("SEED", 1), Value("MESSAGES", 150_000), Value("KAFKA_MESSAGES", 20_000), Value("REQUESTS", 1_200), Value("STATE_RECORDS", 10_000), Value("GUIDED_MESSAGES", 60_000));

    private static int Value(string name, int usual)
        => Environment.GetEnvironmentVariable("SMARTCITY_FUZZ_" + name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
