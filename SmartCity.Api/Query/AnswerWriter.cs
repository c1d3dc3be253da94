using System.Globalization;
using System.Text;
using System.Text.Json;

using SmartCity.Api.Json;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>Writes a page of rows in the format asked for.</summary>
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
        switch (query.Format)
        {
            case AnswerFormat.Csv:
                WriteCsv(output, query, page);
                break;
            case AnswerFormat.Ndjson:
                WriteNdjson(output, query, page);
                break;
            case AnswerFormat.Columns:
                WriteColumns(output, query, page);
                break;
            default:
                WriteJson(output, query, page);
                break;
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

    private static void WriteNdjson(PooledBuffer output, WindowQuery query, ResultPage page)
    {
        using var json = new Utf8JsonWriter(output, JsonForms.WriterOptions);
        foreach (var row in page.Rows)
        {
            WriteRow(json, row, query.Columns);
            json.Flush();
            json.Reset();
            output.GetSpan(1)[0] = (byte)'\n';
            output.Advance(1);
        }
    }

    private static void WriteCsv(PooledBuffer output, WindowQuery query, ResultPage page)
    {
        var line = new StringBuilder();
        line.Append("window_start,window_end,city,district,reading_count,is_final,revision,processing_time");
        foreach (var column in query.Columns)
        {
            line.Append(',').Append(column.Name);
        }

        EndLine(output, line);
        foreach (var row in page.Rows)
        {
            line.Append(JsonForms.Time(row.Key.Start)).Append(',').Append(JsonForms.Time(row.End)).Append(',');
            AppendText(line, row.Key.City).Append(',');
            AppendText(line, row.Key.District).Append(',');
            line.Append(CultureInfo.InvariantCulture, $"{row.ReadingCount},{(row.IsFinal ? "true" : "false")},{row.Revision},{JsonForms.Time(row.ProcessingTime)}");
            foreach (double? value in row.Values)
            {
                line.Append(',');
                if (value is { } number)
                {
                    line.Append(CultureInfo.InvariantCulture, $"{number:R}");
                }
            }

            EndLine(output, line);
        }
    }

    /// <summary>A text cell: quoted where RFC 4180 asks for it, and with an apostrophe in front where a spreadsheet would take it for a formula.</summary>
    private static StringBuilder AppendText(StringBuilder line, string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? line.Append('"').Append(safe.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"') : line.Append(safe);
    }

    private static void EndLine(PooledBuffer output, StringBuilder line)
    {
        line.Append("\r\n");
        foreach (var chunk in line.GetChunks())
        {
            var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(chunk.Length));
            output.Advance(Encoding.UTF8.GetBytes(chunk.Span, span));
        }

        line.Clear();
    }
}
