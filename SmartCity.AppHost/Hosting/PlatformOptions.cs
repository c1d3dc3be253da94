using SmartCity.Simulator.City;

namespace SmartCity.AppHost.Hosting;

/// <summary>What a run of the embedded platform is told.</summary>
internal sealed record PlatformOptions
{
    /// <summary>The port of dashboard and API that is tried first; 0 takes any free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>A folder that stays, with database, lake and log; null for a temporary one that goes with the run.</summary>
    public string? Keep { get; init; }

    /// <summary>False leaves the platform without a city: readings come from elsewhere.</summary>
    public bool Simulate { get; init; } = true;

    /// <summary>Readings per second.</summary>
    public double Rate { get; init; } = 20;

    /// <summary>How many sensors there are.</summary>
    public int Sensors { get; init; } = 200;

    /// <summary>How much past comes first.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromHours(2);

    /// <summary>What the simulated city is to be at that moment.</summary>
    public CityOptions City(DateTimeOffset now) => new() { Start = now - History, Rate = Rate, Sensors = Sensors };

    /// <summary>What is wrong with these options, each as a sentence; empty when they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>(City(DateTimeOffset.UnixEpoch).Errors());
        if (Port is < 0 or > 65_535)
        {
            errors.Add($"--port is {Port} but must be 0 to 65535.");
        }

        if (History > TimeSpan.FromDays(30))
        {
            errors.Add($"--history is {History} but must be at most 30 days.");
        }

        if (Keep is { } folder && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            errors.Add($"--keep is {folder} but must be a new or empty folder: the broker forgets, so each run starts empty.");
        }

        return errors;
    }
}
