using System.Globalization;

using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Chaos;

/// <summary>
/// The wall clock of one worker process, which can be stepped: Debian's libfaketime stands between the process and the C library. Monotonic time stays true, as it does when an
/// administrator or NTP steps a clock.
/// </summary>
internal sealed class WallClock : IDisposable
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    private readonly string _folder = Scratch.Folder("clock");

    public WallClock() => Step(TimeSpan.Zero);

    /// <summary>False where libfaketime is not installed.</summary>
    public static bool CanBeStepped { get; } = File.Exists(Library);

    /// <summary>What the process must have in its environment.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = Path.Combine(_folder, "offset"),
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };

    /// <summary>From now on the clock is wrong by this much.</summary>
    public void Step(TimeSpan by)
    {
        string file = Path.Combine(_folder, "offset");
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{by.TotalSeconds:+0;-0;+0}"));
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Dispose() => Scratch.Remove(_folder);
}
