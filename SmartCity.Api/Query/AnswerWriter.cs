using System.Text.Json;

using SmartCity.Api.Json;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>Writes a page of rows as JSON or as columns, which both say things about the whole page and so need it whole. (Rows by themselves: <see cref="RowText"/>.)</summary>
internal static class AnswerWriter
{
    public static string ContentType(AnswerFormat format) => format switch
    {
        AnswerFormat.Csv => "text/csv; charset=utf-8",
        AnswerFormat.Ndjson => "application/x-ndjson",
        _ => "application/json",
    };

    public static void Write(PooledBuffer output, WindowQuery query, ResultPage page)
    {
        if (query.Format == AnswerFormat.Columns)
        {
            WriteColumns(output, query, page);
        }
        else
        {
            WriteJson(output, query, page);
        }
    }

    /// <summary>Writes one row as a JSON object.</summary>
    public static void WriteRow(Utf8JsonWriter json, ResultRow row, IReadOnlyList<MetricColumn> columns)
    {
        json.WriteStartObject();
        WriteRowMembers(json, row, columns);
        json.WriteEndObject();
    }

    public static void WriteRowMembers(Utf8JsonWriter json, ResultRow row, IReadOnlyList<MetricColumn> columns)
    {
        json.WriteString("window_start", JsonForms.Time(row.Key.Start));
        json.WriteString("window_end", JsonForms.Time(row.End));
        json.WriteString("city", row.Key.City);
        json.WriteString("district", row.Key.District);
        json.WriteNumber("reading_count", row.ReadingCount);
        json.WriteBoolean("is_final", row.IsFinal);
        json.WriteNumber("revision", row.Revision);
        json.WriteString("processing_time", JsonForms.Time(row.ProcessingTime));
        for (int index = 0; index < columns.Count; index++)
        {
            json.WritePropertyName(columns[index].Name);
            json.WriteNumberOrNull(row.Values[index]);
        }
    }

    private static void WriteJson(PooledBuffer output, WindowQuery query, ResultPage page)
    {
        using var json = new Utf8JsonWriter(output, JsonForms.WriterOptions);
        json.WriteStartObject();
        WriteHead(json, query, page);
        json.WriteStartArray("results");
        foreach (var row in page.Rows)
        {
            WriteRow(json, row, query.Columns);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, WindowQuery query, ResultPage page)
    {
        json.WriteString("aggregation_type", query.Type.Name);
        json.WriteString("resolution", query.Resolution.Name);
        if (!query.Resolution.IsSliding)
        {
            json.WriteTime("from", query.From);
        }

        json.WriteNumber("count", page.Rows.Count);
        json.WriteTime("watermark", page.Watermark);
        json.WriteText("next_cursor", page.NextCursor);
    }

    /// <summary>One array per column, as plotting libraries want them: <c>data[i]</c> holds the values of <c>columns[i]</c>; window_start in Unix seconds.</summary>
    private static void WriteColumns(PooledBuffer output, WindowQuery query, ResultPage page)
    {
        using var json = new Utf8JsonWriter(output, JsonForms.WriterOptions);
        json.WriteStartObject();
        WriteHead(json, query, page);
        json.WriteStartArray("columns");
        foreach (string name in (string[])["window_start", "city", "district", "reading_count", "is_final", .. query.Columns.Select(column => column.Name)])
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("data");
        WriteColumn(json, page, row => json.WriteNumberValue((row.Key.Start - DateTime.UnixEpoch).TotalSeconds));
        WriteColumn(json, page, row => json.WriteStringValue(row.Key.City));
        WriteColumn(json, page, row => json.WriteStringValue(row.Key.District));
        WriteColumn(json, page, row => json.WriteNumberValue(row.ReadingCount));
        WriteColumn(json, page, row => json.WriteBooleanValue(row.IsFinal));
        for (int index = 0; index < query.Columns.Count; index++)
        {
            int column = index;
            WriteColumn(json, page, row => json.WriteNumberOrNull(row.Values[column]));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteColumn(Utf8JsonWriter json, ResultPage page, Action<ResultRow> write)
    {
        json.WriteStartArray();
        foreach (var row in page.Rows)
        {
            write(row);
        }

        json.WriteEndArray();
    }
}
