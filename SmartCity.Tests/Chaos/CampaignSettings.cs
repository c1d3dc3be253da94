using System.Globalization;

namespace SmartCity.Tests.Chaos;

/// <summary>How many faults, drawn from which seed, over which time, under which load. <c>tools/chaos/run.sh</c> sets them; as they stand they make the short campaign.</summary>
/// <param name="Folder">Where the log of the campaign and of the workers and the report go; null for nowhere.</param>
internal sealed record CampaignSettings(int Faults, int Seed, TimeSpan Time, int Rate, string? Folder)
{
    public static CampaignSettings FromEnvironment()
    {
        int faults = Value("FAULTS", 32);
        int seconds = Value("SECONDS", (int)(faults * 3.5));
        return new(faults, Value("SEED", 1), TimeSpan.FromSeconds(seconds), Value("RATE", 2000), Text("FOLDER"));
    }

    private static int Value(string name, int normal) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : normal;

    private static string? Text(string name) => Environment.GetEnvironmentVariable($"SMARTCITY_CHAOS_{name}") is { Length: > 0 } text ? text : null;
}
