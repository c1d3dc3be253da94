using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary>How an answer is laid out.</summary>
internal enum AnswerFormat
{
    Json,
    Columns,
    Csv,
    Ndjson,
}

/// <summary>A query for windows, understood and within its limits.</summary>
internal sealed record WindowQuery
{
    public required SensorTypeDefinition Type { get; init; }

    /// <summary>The cities wanted; empty for all.</summary>
    public required IReadOnlyList<string> Cities { get; init; }

    /// <summary>A district's name, "" for whole-city rows, or null for every district.</summary>
    public required string? District { get; init; }

    /// <summary>The range of window starts, half-open; a null <see cref="To"/> leaves it open towards the future.</summary>
    public required DateTime From { get; init; }

    public required DateTime? To { get; init; }

    public required Resolution Resolution { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    public required bool FinalOnly { get; init; }

    public required IReadOnlyList<MetricColumn> Columns { get; init; }

    public required bool Ascending { get; init; }

    public required int Limit { get; init; }

    /// <summary>The last row of the page before; null for the first page.</summary>
    public required RowKey? After { get; init; }

    public required AnswerFormat Format { get; init; }

    /// <summary>True for one page that a cursor may follow: same rows, same order.</summary>
    public string Identity => string.Join(
        '\u001f',
        [Type.Name, Resolution.Name, Zone.Id, District ?? "*\u0001", FinalOnly ? "final" : "any", Ascending ? "asc" : "desc", .. Cities.Order(StringComparer.Ordinal)]);
}

/// <summary>What identifies a row of an answer.</summary>
internal readonly record struct RowKey(DateTime Start, string City, string District);
