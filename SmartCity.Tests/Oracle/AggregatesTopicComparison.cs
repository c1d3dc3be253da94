using System.Text.Json;

namespace SmartCity.Tests.Oracle;

/// <summary>
/// Holds the topic of rows against the oracle: the last row of every window must say, value by value, what the oracle says; no row of a window may be older than the one
/// before it; and a window whose time is over has exactly one final row, its last.
/// </summary>
internal static class AggregatesTopicComparison
{
    public static Differences Rows(string bootstrapServers, string topic, OracleVerdict verdict, OracleTimes times)
    {
        var last = new Dictionary<OracleWindowKey, Row>();
        var differences = new Differences();
        LogReader.Visit(bootstrapServers, topic, record =>
        {
            Row row = Read(record.Value);
            if (last.TryGetValue(row.Key, out Row? before))
            {
                if (before.IsFinal)
                {
                    differences.AddSurplus($"{row.Key}: a row at {record.Place} after the final one");
                }
                else if (row.Revision.CompareTo(before.Revision) < 0)
                {
                    differences.AddDifferent($"{row.Key}: revision {row.Revision} at {record.Place} after {before.Revision}");
                }
            }

            last[row.Key] = row;
        });

        foreach ((OracleWindowKey key, OracleWindow window) in verdict.Windows)
        {
            if (!last.Remove(key, out Row? row))
            {
                differences.AddLost(key);
            }
            else if (DifferenceOf(row, window, verdict, times) is { } difference)
            {
                differences.AddDifferent($"{key}: {difference}");
            }
        }

        foreach (OracleWindowKey key in last.Keys)
        {
            differences.AddSurplus(key);
        }

        return differences;
    }

    private static string? DifferenceOf(Row row, OracleWindow window, OracleVerdict verdict, OracleTimes times)
    {
        bool isFinal = row.Key.StartMs + times.SizeMs + times.GraceMs <= verdict.WatermarkMs;
        if (row.ReadingCount != window.ReadingCount || row.IsFinal != isFinal)
        {
            return $"reading_count is {row.ReadingCount}, not {window.ReadingCount}; is_final is {row.IsFinal}, not {isFinal}";
        }

        using JsonDocument json = JsonDocument.Parse(row.Json);
        JsonElement metrics = json.RootElement.GetProperty("metrics");
        return ColumnComparison.DifferenceOf(window, row.Key.Type, column => Figure(metrics, row.Key.Type, column));
    }

    // Column count_pm25 is member count of metric pm25; a metric without values is left out.
    private static double? Figure(JsonElement metrics, string type, string column)
    {
        string figure = column[..column.IndexOf('_', StringComparison.Ordinal)];
        string stem = column[(figure.Length + 1)..];
        string name = OracleCatalogue.Types[type].Single(metric => metric.Stem == stem).Name;
        return metrics.TryGetProperty(name, out JsonElement metric)
            ? metric.TryGetProperty(figure, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null
            : figure == "count" ? 0 : null;
    }

    private static Row Read(byte[] bytes)
    {
        using JsonDocument json = JsonDocument.Parse(bytes);
        JsonElement root = json.RootElement;
        var key = new OracleWindowKey(
            root.GetProperty("sensor_type").GetString()!, root.GetProperty("city").GetString()!, root.GetProperty("district").GetString()!,
            root.GetProperty("window_start").GetDateTimeOffset().ToUnixTimeMilliseconds());
        return new Row(
            key, root.GetProperty("reading_count").GetInt64(), root.GetProperty("is_final").GetBoolean(),
            (root.GetProperty("epoch").GetInt32(), root.GetProperty("revision").GetInt64()), bytes);
    }

    private sealed record Row(OracleWindowKey Key, long ReadingCount, bool IsFinal, (int Epoch, long Number) Revision, byte[] Json);
}
