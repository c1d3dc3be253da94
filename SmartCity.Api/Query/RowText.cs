using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

using SmartCity.Api.Json;

namespace SmartCity.Api.Query;

/// <summary>A format whose rows stand for themselves, so that each can be sent as it comes.</summary>
internal abstract class RowText
{
    /// <summary>The text of a query's rows, where its format has one.</summary>
    public static RowText? Of(WindowQuery query) => query.Format switch
    {
        AnswerFormat.Csv => new CsvText(query),
        AnswerFormat.Ndjson => new NdjsonText(query),
        _ => null,
    };

    /// <summary>Writes what comes ahead of the rows.</summary>
    public abstract void WriteHead(IBufferWriter<byte> output);

    /// <summary>Writes one row.</summary>
    public abstract void WriteRow(IBufferWriter<byte> output, ResultRow row);

    /// <summary>One JSON object a line.</summary>
    private sealed class NdjsonText(WindowQuery query) : RowText
    {
        public override void WriteHead(IBufferWriter<byte> output)
        {
        }

        public override void WriteRow(IBufferWriter<byte> output, ResultRow row)
        {
            using (var json = new Utf8JsonWriter(output, JsonForms.WriterOptions))
            {
                AnswerWriter.WriteRow(json, row, query.Columns);
            }

            output.Write("\n"u8);
        }
    }

    /// <summary>RFC 4180, with a header.</summary>
    private sealed class CsvText(WindowQuery query) : RowText
    {
        private readonly StringBuilder _line = new();

        public override void WriteHead(IBufferWriter<byte> output)
        {
            _line.Append("window_start,window_end,city,district,reading_count,is_final,revision,processing_time");
            foreach (var column in query.Columns)
            {
                _line.Append(',').Append(column.Name);
            }

            EndLine(output);
        }

        public override void WriteRow(IBufferWriter<byte> output, ResultRow row)
        {
            _line.Append(JsonForms.Time(row.Key.Start)).Append(',').Append(JsonForms.Time(row.End)).Append(',');
            AppendText(row.Key.City).Append(',');
            AppendText(row.Key.District).Append(',');
            _line.Append(CultureInfo.InvariantCulture, $"{row.ReadingCount},{(row.IsFinal ? "true" : "false")},{row.Revision},{JsonForms.Time(row.ProcessingTime)}");
            foreach (double? value in row.Values)
            {
                _line.Append(',');
                if (value is { } number)
                {
                    _line.Append(CultureInfo.InvariantCulture, $"{number:R}");
                }
            }

            EndLine(output);
        }

        /// <summary>A text cell: quoted where RFC 4180 asks for it, and with an apostrophe in front where a spreadsheet would take it for a formula.</summary>
        private StringBuilder AppendText(string text)
        {
            string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
            return safe.AsSpan().ContainsAny(",\"\r\n") ? _line.Append('"').Append(safe.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"') : _line.Append(safe);
        }

        private void EndLine(IBufferWriter<byte> output)
        {
            _line.Append("\r\n");
            foreach (var chunk in _line.GetChunks())
            {
                Encoding.UTF8.GetBytes(chunk.Span, output);
            }

            _line.Clear();
        }
    }
}
