using System.Runtime.InteropServices;

namespace SmartCity.AppHost;

/// <summary>
/// glibc gives the threads of a process up to eight heaps a core, and each keeps what it once held. With the many threads of a broker, its clients and
/// RocksDB that is some 50 MB of nothing.
/// </summary>
internal static partial class NativeMemory
{
    private const int MaxArenas = -8;

    /// <summary>Must be called before other threads allocate. Does nothing where there is no glibc.</summary>
    public static void UseFewArenas()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetAllocatorOption(MaxArenas, 2);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with another allocator.
        }
        catch (DllNotFoundException)
        {
            // The same.
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetAllocatorOption(int option, int value);
}
