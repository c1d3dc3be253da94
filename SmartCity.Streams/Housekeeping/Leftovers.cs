using SmartCity.Domain.Lake;
using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Housekeeping;

/// <summary>Something that nobody needs any more.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Remove">Removes it; false when somebody has come to need it since.</param>
internal sealed record Leftover(string What, Func<bool> Remove);

/// <summary>Finds what killed processes have left on this machine.</summary>
internal static class Leftovers
{
    /// <summary>Stores of workers that have not run here for long.</summary>
    public static IEnumerable<Leftover> OfWorkers(string stateDirectory, DateTimeOffset before)
        => StateFolders.Abandoned(stateDirectory, before).Select(folder => new Leftover($"state of a worker in {folder}", () => StateFolders.Clear(folder)));

    /// <summary>Uploads into a folder that is the lake which were never finished. In a bucket there are none: an object is one PUT, which a server forgets when it is cut short.</summary>
    public static IEnumerable<Leftover> OfUploads(LakeOptions lake, DateTimeOffset before)
        => Files(string.IsNullOrEmpty(lake.Folder) ? null : Path.Combine(lake.Folder, ".uploads"), before).Select(file => new Leftover($"unfinished upload {file}", () => Delete(file)));

    /// <summary>What the verbs have left in the system's temporary folder.</summary>
    public static IEnumerable<Leftover> OfVerbs(string temporary, DateTimeOffset before)
        => Directory.GetDirectories(temporary, "smart-city-verify-*").Where(folder => Directory.GetLastWriteTimeUtc(folder) < before.UtcDateTime).Order(StringComparer.Ordinal)
            .Select(folder => new Leftover($"temporary folder {folder}", () =>
            {
                Directory.Delete(folder, recursive: true);
                return true;
            }));

    private static IEnumerable<string> Files(string? folder, DateTimeOffset before)
        => folder is not null && Directory.Exists(folder) ? Directory.GetFiles(folder).Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime).Order(StringComparer.Ordinal) : [];

    private static bool Delete(string file)
    {
        File.Delete(file);
        return true;
    }
}
