using System.Text.Json;

namespace SmartCity.Tests.Golden;

/// <summary>One metric of a window: what both Kafka Streams and we say of it.</summary>
internal sealed record GoldenMetric(long Count, double? Sum, double? Min, double? Max);

/// <summary>One window, read from either side's JSON.</summary>
internal sealed record GoldenWindow(long Count, IReadOnlyDictionary<string, GoldenMetric> Metrics)
{
    /// <summary>Reads a line of a golden file, or a row of the aggregates topic: they share the names that matter here.</summary>
    public static (string Key, GoldenWindow Window) Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var key = string.Join(
            '\t',
            root.GetProperty("sensor_type").GetString(),
            root.GetProperty("city").GetString(),
            root.GetProperty("district").GetString(),
            root.GetProperty("window_start").GetDateTimeOffset().ToUnixTimeMilliseconds());
        var count = (root.TryGetProperty("count", out var golden) ? golden : root.GetProperty("reading_count")).GetInt64();
        var metrics = root.GetProperty("metrics").EnumerateObject()
            .ToDictionary(metric => metric.Name, metric => new GoldenMetric(
                metric.Value.GetProperty("count").GetInt64(), Number(metric.Value, "sum"), Number(metric.Value, "min"), Number(metric.Value, "max")));
        return (key, new GoldenWindow(count, metrics));
    }

    /// <summary>What is different between the two, in words; null when nothing is. Directions are averaged on a circle by us and summed by Kafka Streams: only their count compares.</summary>
    public string? Difference(GoldenWindow ours)
    {
        if (ours.Count != Count)
        {
            return $"count {ours.Count} instead of {Count}";
        }

        if (!Metrics.Keys.Order(StringComparer.Ordinal).SequenceEqual(ours.Metrics.Keys.Order(StringComparer.Ordinal)))
        {
            return $"metrics {string.Join(',', ours.Metrics.Keys)} instead of {string.Join(',', Metrics.Keys)}";
        }

        foreach (var (name, expected) in Metrics)
        {
            var actual = ours.Metrics[name];
            if (actual.Count != expected.Count)
            {
                return $"{name}: count {actual.Count} instead of {expected.Count}";
            }

            if (name != "wind_direction" && (actual.Min != expected.Min || actual.Max != expected.Max || !SumsAgree(actual.Sum, expected.Sum)))
            {
                return $"{name}: {actual} instead of {expected}";
            }
        }

        return null;
    }

    private static bool SumsAgree(double? actual, double? expected) =>
        actual is { } a && expected is { } e && Math.Abs(a - e) <= Math.Max(1e-9 * Math.Abs(e), 1e-8);

    private static double? Number(JsonElement metric, string name) =>
        metric.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
