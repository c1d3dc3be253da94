using System.Security.Cryptography;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// This worker's own folder: the first free <c>instance-N</c> below the application's, held by an exclusive lock. A random id in it names the worker
/// across hosts, so that its transactional ids stay the same from run to run and are nobody else's.
/// </summary>
internal sealed class InstanceFolder : IDisposable
{
    private readonly FileStream _lock;

    private InstanceFolder(string path, FileStream held, string id)
    {
        FullPath = path;
        _lock = held;
        Id = id;
    }

    public string FullPath { get; }

    /// <summary>Sixteen hexadecimal digits.</summary>
    public string Id { get; }

    public static InstanceFolder Take(string stateDirectory, string applicationId)
    {
        var root = Path.Combine(Path.GetFullPath(stateDirectory), applicationId);
        try
        {
            return FirstFree(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StreamsException($"The state directory {root} cannot be used: {e.Message}. Let the worker's user write there, or set another StateDirectory.", e);
        }
    }

    private static InstanceFolder FirstFree(string root)
    {
        for (var n = 0; n < 1000; n++)
        {
            var folder = Path.Combine(root, $"instance-{n}");
            Directory.CreateDirectory(folder);
            if (TryLock(Path.Combine(folder, ".lock")) is { } held)
            {
                return new InstanceFolder(folder, held, ReadOrMakeId(Path.Combine(folder, "id")));
            }
        }

        throw new StreamsException($"All of instance-0 … instance-999 in {root} are in use. Stop some workers, or give this one another StateDirectory.");
    }

    /// <summary>Lets the next worker take the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null; // Another worker has it.
        }
    }

    private static string ReadOrMakeId(string path)
    {
        var id = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        if (id.Length != 16)
        {
            id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(path, id);
        }

        return id;
    }
}
