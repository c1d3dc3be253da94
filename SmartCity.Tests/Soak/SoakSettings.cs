using System.Globalization;

namespace SmartCity.Tests.Soak;

/// <summary>How long and under which load. <c>tools/soak/run.sh</c> sets them; as they stand they only show that the soak works.</summary>
/// <param name="Folder">Where samples and plot go; null for nowhere.</param>
internal sealed record SoakSettings(TimeSpan Time, int Rate, TimeSpan RestartEvery, TimeSpan SampleEvery, string? Folder)
{
    public static SoakSettings FromEnvironment() => new(
        TimeSpan.FromSeconds(Value("SECONDS", 15)), Value("RATE", 2000), TimeSpan.FromSeconds(Value("RESTART_SECONDS", 6)), TimeSpan.FromSeconds(Value("SAMPLE_SECONDS", 2)), Text("FOLDER"));

    private static int Value(string name, int normal) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : normal;

    private static string? Text(string name) => Environment.GetEnvironmentVariable($"SMARTCITY_SOAK_{name}") is { Length: > 0 } text ? text : null;
}
