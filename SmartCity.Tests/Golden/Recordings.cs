using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace SmartCity.Tests.Golden;

/// <summary>
/// Recorded and made-up readings with what Kafka Streams made of them. <c>small-21</c> lies beside the tests; the larger ones are taken from the folder
/// in SMARTCITY_GOLDENS, or from a folder <c>shared</c> beside the project, where there is one.
/// </summary>
internal static class Recordings
{
    /// <summary>The lines of a file of readings, byte for byte and without their line ends; the test is skipped where the file is not.</summary>
    public static List<byte[]> Readings(string name) => Lines(Require(name + ".ndjson.gz"));

    /// <summary>What Kafka Streams made of it with this many input partitions, one JSON line a window.</summary>
    public static List<byte[]> Windows(string name, int partitions) => Lines(Require($"{name}.{partitions}p.ndjson.gz"));

    /// <summary>The key a producer would give the reading: its sensor id, where it has one.</summary>
    public static byte[]? SensorId(byte[] reading)
    {
        try
        {
            using var document = JsonDocument.Parse(reading);
            return document.RootElement.TryGetProperty("sensor_id", out var id) && id.GetString() is { } text ? Encoding.UTF8.GetBytes(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Require(string file)
    {
        if (Folders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists) is { } path)
        {
            return path;
        }

        // The one place that decides whether the larger recordings exist.
        Assert.Ignore($"{file} is not here: set SMARTCITY_GOLDENS to a folder with the recordings, or put a folder 'shared' beside the project.");
        throw new InvalidOperationException("Ignore throws.");
    }

    private static IEnumerable<string> Folders()
    {
        yield return Path.Combine(AppContext.BaseDirectory, "Golden");
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("SMARTCITY_GOLDENS") is { Length: > 0 } set)
        {
            roots.Add(set);
        }

        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            roots.Add(Path.Combine(above.FullName, "shared"));
        }

        foreach (var root in roots)
        {
            yield return root;
            yield return Path.Combine(root, "golden");
            yield return Path.Combine(root, "data");
        }
    }

    private static List<byte[]> Lines(string path)
    {
        using var text = new MemoryStream();
        using (var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        {
            file.CopyTo(text);
        }

        var lines = new List<byte[]>();
        var rest = text.GetBuffer().AsSpan(0, (int)text.Length);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            lines.Add(rest[..(end < 0 ? rest.Length : end)].ToArray());
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return lines;
    }
}
