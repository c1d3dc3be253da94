namespace SmartCity.Streams.Engine;

/// <summary>The folders that workers keep their stores in, for whoever tidies a machine up.</summary>
public static class StateFolders
{
    private const string LockName = ".lock";

    /// <summary>
    /// The folders below a state directory, of any application, that no worker has and that nothing has been written to since <paramref name="before"/>. What is in them is held by changelog topics too:
    /// removing it costs whoever needs it a restore.
    /// </summary>
    public static IReadOnlyList<string> Abandoned(string stateDirectory, DateTimeOffset before)
    {
        var found = new List<string>();
        foreach (var folder in Instances(stateDirectory))
        {
            var files = new DirectoryInfo(folder).GetFiles("*", SearchOption.AllDirectories).Where(file => file.Name != LockName).ToList();
            if (files.Count > 0 && files.TrueForAll(file => file.LastWriteTimeUtc < before.UtcDateTime) && TryLock(folder) is { } held)
            {
                held.Dispose();
                found.Add(folder);
            }
        }

        return found;
    }

    /// <summary>Removes what is in a folder; false when a worker has taken it. The folder and its lock stay, so that whoever takes it meanwhile has it whole.</summary>
    public static bool Clear(string folder)
    {
        using var held = TryLock(folder);
        if (held is null)
        {
            return false;
        }

        foreach (var directory in Directory.GetDirectories(folder))
        {
            Directory.Delete(directory, recursive: true);
        }

        foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetFileName(file) != LockName))
        {
            File.Delete(file);
        }

        return true;
    }

    private static IEnumerable<string> Instances(string stateDirectory)
        => Directory.Exists(stateDirectory)
            ? Directory.GetDirectories(stateDirectory).SelectMany(application => Directory.GetDirectories(application, "instance-*")).Where(folder => File.Exists(Path.Combine(folder, LockName))).Order(StringComparer.Ordinal)
            : [];

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null; // A worker has it.
        }
    }
}
