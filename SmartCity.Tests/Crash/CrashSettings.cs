using System.Globalization;

namespace SmartCity.Tests.Crash;

/// <summary>
/// How hard and how long the crash test goes on. To run it longer by hand: <c>SMARTCITY_CRASH_SECONDS=600 SMARTCITY_CRASH_KILLS=100 SMARTCITY_CRASH_RATE=5000
/// SMARTCITY_CRASH_SEED=7 dotnet test --filter "FullyQualifiedName~Crash"</c>.
/// </summary>
internal sealed record CrashSettings(int Rate, int Seconds, int Kills, int Seed)
{
    public static CrashSettings FromEnvironment() => new(Value("RATE", 2000), Value("SECONDS", 60), Value("KILLS", 10), Value("SEED", 1));

    private static int Value(string name, int normal)
        => Environment.GetEnvironmentVariable($"SMARTCITY_CRASH_{name}") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : normal;
}
