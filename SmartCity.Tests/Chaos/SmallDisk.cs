using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Chaos;

/// <summary>A file system of its own for one worker's state, so small that it can be filled. Only root on Linux can have one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Makes one, or returns null where that is not allowed.</summary>
    public static async Task<SmallDisk?> TryMakeAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        string folder = Scratch.Folder("disk");
        try
        {
            await ChildProcess.RunAsync(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder]);
            return new SmallDisk(folder);
        }
        catch (InvalidOperationException)
        {
            Scratch.Remove(folder);
            return null;
        }
    }

    /// <summary>Writes until nothing more fits.</summary>
    public async Task FillAsync()
    {
        await using FileStream ballast = new(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (byte[] block = new byte[1 << 20]; block.Length > 0;)
        {
            try
            {
                await ballast.WriteAsync(block);
            }
            catch (IOException)
            {
                block = new byte[block.Length / 4];
            }
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync(["umount", "-l", Folder]);
        Scratch.Remove(Folder);
    }

    private string Ballast => Path.Combine(Folder, "ballast");
}
