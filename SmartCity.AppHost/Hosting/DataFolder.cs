using System.Security.Cryptography;

namespace SmartCity.AppHost.Hosting;

/// <summary>Where one run keeps its data: database, lake, state and log. A temporary one goes when the run ends.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly bool _isKept;

    private DataFolder(string path, bool isKept)
    {
        (Path, _isKept) = (path, isKept);
        Directory.CreateDirectory(Lake);
        Directory.CreateDirectory(State);
    }

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "smartcity.db");

    public string Lake => System.IO.Path.Combine(Path, "lake");

    public string State => System.IO.Path.Combine(Path, "state");

    public string Log => System.IO.Path.Combine(Path, "smartcity.log");

    /// <summary>Makes the folder that is to be kept, or a temporary one of a name of its own.</summary>
    public static DataFolder Create(string? keep)
    {
        if (keep is not null)
        {
            return new DataFolder(System.IO.Path.GetFullPath(keep), isKept: true);
        }

        while (true)
        {
            var name = $"smartcity-{RandomNumberGenerator.GetHexString(4, lowercase: true)}";
            var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), name);
            if (!Directory.Exists(path))
            {
                return new DataFolder(path, isKept: false);
            }
        }
    }

    public void Dispose()
    {
        if (_isKept)
        {
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{Path} could not be removed: {e.Message}");
        }
    }
}
