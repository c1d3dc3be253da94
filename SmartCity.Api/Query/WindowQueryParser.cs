using SmartCity.Api.Configuration;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary>Reads a <see cref="WindowQuery"/> from a request.</summary>
internal sealed class WindowQueryParser(TimeProvider clock, WindowTimes windows)
{
    public const int MaxCities = 50;
    public const int MaxLimit = 10_000;
    public const int MaxHours = 8784;

    public static readonly IReadOnlyList<Parameter> Parameters =
    [
        new("city", $"A city's exact name. May be repeated, {MaxCities} times at most. Every city when it is not given.") { Repeatable = true },
        new("district", "A district's exact name, or * for every district. Whole-city rows (district \"\") when it is not given."),
        Parameter.Number("hours", 24, 1, MaxHours, "How many hours back from the anchor. Not together with from or to."),
        new("from", "The first window_start wanted (included), RFC 3339 with an offset. With resolutions above 1m it is rounded down to a bucket and echoed."),
        new("to", "The end of the range of window_start (excluded), RFC 3339 with an offset. Open when it is not given. With resolutions above 1m the last bucket that starts before it is told whole."),
        Parameter.OneOf("anchor", "now", ["now", "latest"], "What hours counts back from: the clock, or the newest window there is (for replays of old data)."),
        Parameter.OneOf("resolution", "1m", [.. Resolution.All.Select(resolution => resolution.Name)],
            "1m: every sliding window as it is. Others: disjoint buckets merged from aligned windows."),
        new("tz", "An IANA time zone, e.g. Europe/Warsaw, whose days resolution=1d follows. UTC when it is not given."),
        Parameter.OneOf("final", "any", ["any", "true"], "true: only rows that never change again."),
        new("metrics", "The metrics wanted, by name, comma-separated or repeated: pm25,no2. Every metric when it is not given.") { Repeatable = true },
        Parameter.OneOf("order", "desc", ["desc", "asc"], "By window_start; rows of one start are always in the order of city and district."),
        Parameter.Number("limit", 100, 1, MaxLimit, "The most rows in an answer."),
        new("cursor", "next_cursor of the page before. The other parameters must stay as they were."),
        Parameter.OneOf("format", null, ["json", "columns", "csv", "ndjson"],
            "json unless the Accept header prefers text/csv or application/x-ndjson. columns: one array per column, window_start in Unix seconds."),
    ];

    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(24);

    /// <summary>Reads the query; null when something is wrong, which <paramref name="reader"/> then knows. With <c>anchor=latest</c> the range is not known yet:
    /// <paramref name="hoursBackFromLatest"/> says how long it is.</summary>
    public WindowQuery? Parse(ParameterReader reader, SensorTypeDefinition type, string? accept, out TimeSpan? hoursBackFromLatest)
    {
        var resolution = Resolution.All.First(one => one.Name == reader.Choice("resolution"));
        if (!resolution.IsSliding && resolution.Width.Ticks % windows.Size.Ticks != 0)
        {
            reader.Errors.Add("resolution", $"must be a multiple of the windows' size, {windows.Size}");
        }

        var query = new WindowQuery
        {
            Type = type,
            Cities = reader.Names("city", MaxCities),
            District = District(reader),
            From = default,
            To = null,
            Resolution = resolution,
            Zone = Zone(reader, resolution),
            FinalOnly = reader.Choice("final") == "true",
            Columns = Columns(reader, type),
            Ascending = reader.Choice("order") == "asc",
            Limit = reader.Number("limit"),
            After = null,
            Format = Format(reader, accept),
        };
        query = WithRange(query, reader, out hoursBackFromLatest);
        if (reader.Text("cursor") is { } text)
        {
            if (Cursor.Decode(text, query.Identity) is { } cursor)
            {
                query = query with { After = cursor.After, From = cursor.From, To = cursor.To };
                hoursBackFromLatest = null;
            }
            else
            {
                reader.Errors.Add("cursor", "is none of this query's: take next_cursor as it came and leave the other parameters as they were");
            }
        }

        return reader.Errors.Any ? null : query;
    }

    /// <summary>The query over the hours before the newest window, once that is known.</summary>
    public static WindowQuery BackFromLatest(WindowQuery query, DateTime newestStart, TimeSpan back)
        => WholeBuckets(query with { From = Back(newestStart.AddTicks(1), back), To = newestStart.AddTicks(TimeSpan.TicksPerMillisecond) });

    private WindowQuery WithRange(WindowQuery query, ParameterReader reader, out TimeSpan? hoursBackFromLatest)
    {
        hoursBackFromLatest = null;
        var hours = TimeSpan.FromHours(reader.Number("hours"));
        var from = reader.Time("from");
        var to = reader.Time("to");
        bool isLatest = reader.Choice("anchor") == "latest";
        if (!reader.Has("from") && !reader.Has("to"))
        {
            hoursBackFromLatest = isLatest ? hours : null;
            return WholeBuckets(query with { From = Back(clock.GetUtcNow().UtcDateTime, hours) });
        }

        if (reader.Has("hours"))
        {
            reader.Errors.Add("hours", "cannot be given together with from or to");
        }

        if (reader.Has("anchor"))
        {
            reader.Errors.Add("anchor", "cannot be given together with from or to");
        }

        if (from >= to)
        {
            reader.Errors.Add("from", "must be before to");
        }

        return WholeBuckets(query with { From = from ?? (to is { } end ? Back(end, DefaultRange) : default), To = to });
    }

    /// <summary>The range is one of buckets' starts: it begins with a bucket, and takes the last one that starts in it whole.</summary>
    private static WindowQuery WholeBuckets(WindowQuery query)
    {
        if (query.Resolution.IsSliding)
        {
            return query;
        }

        var buckets = new Buckets(query.Resolution, query.Zone);
        return query with
        {
            From = query.From.Year <= 1 ? query.From : buckets.StartOf(query.From),
            To = query.To is not { } to || to.Year is <= 1 or >= 9999 ? query.To : buckets.EndOf(buckets.StartOf(to.AddTicks(-1))),
        };
    }

    private static DateTime Back(DateTime time, TimeSpan by) => time.Ticks > by.Ticks ? time - by : DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    /// <summary>A district's name, "" for whole-city rows, or null for every district.</summary>
    public static string? District(ParameterReader reader)
    {
        string? text = reader.Text("district");
        switch (text)
        {
            case null or "":
                return "";
            case "*":
                return null;
            default:
                return reader.Names("district", 1) is [var name] ? name : "";
        }
    }

    private static TimeZoneInfo Zone(ParameterReader reader, Resolution resolution)
    {
        if (reader.Text("tz") is not { } id)
        {
            return TimeZoneInfo.Utc;
        }

        if (!resolution.IsDaily)
        {
            reader.Errors.Add("tz", "is for resolution=1d only");
        }

        // Windows names and local aliases would be found as well; only IANA names mean the same everywhere.
        if (id is "UTC" || (id.Contains('/', StringComparison.Ordinal) && ParameterReader.IsName(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out _)))
        {
            return TimeZoneInfo.FindSystemTimeZoneById(id);
        }

        reader.Errors.Add("tz", "must be an IANA time zone, e.g. Europe/Warsaw");
        return TimeZoneInfo.Utc;
    }

    private static IReadOnlyList<MetricColumn> Columns(ParameterReader reader, SensorTypeDefinition type)
    {
        var all = MetricColumns.Of(type);
        string[] wanted = [.. reader.Names("metrics", 50).SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        if (wanted.Length == 0)
        {
            if (reader.Has("metrics"))
            {
                reader.Errors.Add("metrics", "names no metric");
            }

            return all;
        }

        foreach (string name in wanted)
        {
            if (!all.Any(column => Answers(column, name, type)))
            {
                reader.Errors.Add("metrics", $"{name} is no metric of {type.Name}; known are {string.Join(", ", type.Metrics.Select(metric => metric.Name))}");
            }
        }

        return [.. all.Where(column => wanted.Any(name => Answers(column, name, type)))];
    }

    /// <summary>A metric may be asked for by its name, its columns' stem, or one column.</summary>
    private static bool Answers(MetricColumn column, string wanted, SensorTypeDefinition type)
        => type.Metrics[column.MetricIndex] is var metric && (wanted == metric.Name || wanted == metric.Stem || wanted == column.Name);

    private static AnswerFormat Format(ParameterReader reader, string? accept) => reader.Choice("format") switch
    {
        "json" => AnswerFormat.Json,
        "columns" => AnswerFormat.Columns,
        "csv" => AnswerFormat.Csv,
        "ndjson" => AnswerFormat.Ndjson,
        _ => AcceptedFormat(accept),
    };

    private static AnswerFormat AcceptedFormat(string? accept)
    {
        foreach (string part in (accept ?? "").Split(','))
        {
            switch (part.Split(';')[0].Trim().ToLowerInvariant())
            {
                case "text/csv":
                    return AnswerFormat.Csv;
                case "application/x-ndjson" or "application/jsonl":
                    return AnswerFormat.Ndjson;
                case "application/json" or "*/*":
                    return AnswerFormat.Json;
            }
        }

        return AnswerFormat.Json;
    }
}
