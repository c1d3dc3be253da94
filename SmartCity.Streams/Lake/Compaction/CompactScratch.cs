namespace SmartCity.Streams.Lake.Compaction;

/// <summary>A folder for files that outgrow memory. One process has it at a time, and what a killed one left in it is removed by the next.</summary>
internal sealed class CompactScratch : IDisposable
{
    private readonly FileStream _lock;

    /// <summary>Throws <see cref="IOException"/> when another process has it, or it cannot be written.</summary>
    public CompactScratch(string parent)
    {
        Folder = Path.Combine(parent, "smart-city-compact");
        Directory.CreateDirectory(Folder);
        _lock = new FileStream(Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Clear();
    }

    public string Folder { get; }

    public void Clear()
    {
        foreach (string file in Directory.GetFiles(Folder).Where(file => file != _lock.Name))
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        Clear();
        _lock.Dispose();
    }
}
