using System.Globalization;

using DuckDB.NET.Data;

using SmartCity.Domain.Lake;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Oracle;

/// <summary>
/// Holds the lake against the oracle: it is downloaded as it is and read by DuckDB. Every valid reading must be there once, byte for byte, in the folder of its type, city
/// and hour; every final window once, with all its figures.
/// </summary>
internal static class LakeComparison
{
    /// <summary>Copies every object to a local folder, key by key.</summary>
    public static async Task<string> DownloadAsync(IObjectStore lake)
    {
        string folder = Scratch.Folder("lake");
        await foreach (LakeObject item in lake.ListAsync("", null, CancellationToken.None))
        {
            string file = Path.Combine(folder, item.Key);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, await lake.GetAsync(item.Key, CancellationToken.None) ?? []);
        }

        return folder;
    }

    public static Differences Readings(string folder, IReadOnlyList<IReadOnlyList<LogRecord>> input, OracleVerdict verdict)
    {
        var differences = new Differences();
        var missing = new HashSet<LogPlace>(verdict.Valid.Keys);
        Dictionary<LogPlace, byte[]> sent = input.SelectMany(partition => partition).ToDictionary(record => record.Place, record => record.Value);
        foreach (string type in OracleCatalogue.Types.Keys)
        {
            foreach (DuckDBDataReader row in Rows(
                folder, $"raw-data/sensor_type={type}",
                "kafka_partition, kafka_offset, encode(payload), sensor_id, coalesce(district, ''), city, epoch_ms(timestamp), year, month, day, hour"))
            {
                var place = new LogPlace(row.GetInt32(0), row.GetInt64(1));
                if (!missing.Remove(place))
                {
                    differences.AddSurplus($"{place} in {type}");
                }
                else if (DifferenceOf(row, type, verdict.Valid[place], sent[place]) is { } difference)
                {
                    differences.AddDifferent($"{place}: {difference}");
                }
            }
        }

        foreach (LogPlace place in missing)
        {
            differences.AddLost(place);
        }

        return differences;
    }

    public static Differences FinalWindows(string folder, OracleVerdict verdict, OracleTimes times)
    {
        var differences = new Differences();
        var missing = new HashSet<OracleWindowKey>(verdict.Windows.Keys.Where(key => key.StartMs + times.SizeMs + times.GraceMs <= verdict.WatermarkMs));
        foreach (string type in OracleCatalogue.Types.Keys)
        {
            foreach (DuckDBDataReader row in Rows(
                folder, $"aggregated-data/sensor_type={type}", "city, coalesce(district, ''), epoch_ms(window_start), *"))
            {
                var key = new OracleWindowKey(type, row.GetString(0), row.GetString(1), row.GetInt64(2));
                if (!missing.Remove(key))
                {
                    differences.AddSurplus(key);
                }
                else if (DifferenceOf(row, type, verdict.Windows[key]) is { } difference)
                {
                    differences.AddDifferent($"{key}: {difference}");
                }
            }
        }

        foreach (OracleWindowKey key in missing)
        {
            differences.AddLost(key);
        }

        return differences;
    }

    private static string? DifferenceOf(DuckDBDataReader row, string type, OracleWindow window)
        => Convert.ToInt64(row["reading_count"], CultureInfo.InvariantCulture) is var count && count != window.ReadingCount
            ? $"reading_count is {count}, not {window.ReadingCount}"
            : ColumnComparison.DifferenceOf(window, type, column => row[column] is var value and not DBNull ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null);

    private static string? DifferenceOf(DuckDBDataReader row, string type, OracleReading reading, byte[] sent)
    {
        using var payload = new MemoryStream();
        row.GetStream(2).CopyTo(payload);
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(reading.TimestampMs);
        return (type, row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt64(6)) != (reading.Type, reading.SensorId, reading.District, reading.City, reading.TimestampMs)
            ? $"it is {row.GetString(3)} of {row.GetString(5)}/{row.GetString(4)} at {row.GetInt64(6)}, not {reading}"
            : (row.GetInt32(7), row.GetInt32(8), row.GetInt32(9), row.GetInt32(10)) != (time.Year, time.Month, time.Day, time.Hour) ? "it lies in another hour's folder"
            : payload.ToArray().AsSpan().SequenceEqual(sent) ? null : "other bytes";
    }

    private static IEnumerable<DuckDBDataReader> Rows(string folder, string prefix, string columns)
    {
        if (!Directory.Exists(Path.Combine(folder, prefix)))
        {
            yield break;
        }

        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"""
            SET TimeZone = 'UTC';
            SELECT {columns} FROM read_parquet('{folder}/{prefix}/**/*.parquet', union_by_name = true, hive_partitioning = true,
                hive_types = {HiveTypes(prefix)})
            """;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader;
        }
    }

    private static string HiveTypes(string prefix)
        => "{'city': VARCHAR, 'year': INT, 'month': INT, 'day': INT" + (prefix.StartsWith("raw-data", StringComparison.Ordinal) ? ", 'hour': INT}" : "}");
}
