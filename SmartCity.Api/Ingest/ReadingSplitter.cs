using System.Text.Json;

namespace SmartCity.Api.Ingest;

/// <summary>Finds where each reading lies in a body: one object, an array of them, or one a line (NDJSON). The bytes themselves are not touched.</summary>
internal static class ReadingSplitter
{
    /// <summary>Deep enough that a deeply nested reading is refused by itself and does not take the others of its array with it.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1000 };

    /// <summary>The ranges of the readings, in order.</summary>
    /// <exception cref="FormatException">The body is an array that is not valid JSON, so where its readings end cannot be told.</exception>
    public static List<Range> Split(ReadOnlySpan<byte> body, bool isLines)
    {
        var (start, end) = Trim(body, 0, body.Length);
        if (start == end)
        {
            return [];
        }

        if (isLines)
        {
            return SplitLines(body);
        }

        return body[start] == '[' ? SplitArray(body[start..end], start) : IsOneValue(body[start..end]) ? [start..end] : SplitLines(body);
    }

    private static List<Range> SplitArray(ReadOnlySpan<byte> array, int offset)
    {
        var ranges = new List<Range>();
        var reader = new Utf8JsonReader(array, Options);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                ranges.Add((offset + start)..(offset + (int)reader.BytesConsumed));
            }

            if (reader.Read())
            {
                throw new FormatException("something follows the array");
            }

            return ranges;
        }
        catch (JsonException error)
        {
            throw new FormatException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}, after {ranges.Count} readings"), error);
        }
    }

    /// <summary>False when the first line alone is a whole value: then there is one a line. A broken body over several lines is one broken reading.</summary>
    private static bool IsOneValue(ReadOnlySpan<byte> body)
    {
        int length = body.IndexOf((byte)'\n');
        if (length < 0)
        {
            return true;
        }

        var reader = new Utf8JsonReader(body[..length], Options);
        try
        {
            reader.Read();
            reader.Skip();
            return reader.Read();
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static List<Range> SplitLines(ReadOnlySpan<byte> body)
    {
        var ranges = new List<Range>();
        for (int at = 0; at < body.Length;)
        {
            int length = body[at..].IndexOf((byte)'\n');
            int next = length < 0 ? body.Length : at + length;
            var (start, end) = Trim(body, at, next);
            if (start < end)
            {
                ranges.Add(start..end);
            }

            at = next + 1;
        }

        return ranges;
    }

    private static (int Start, int End) Trim(ReadOnlySpan<byte> body, int start, int end)
    {
        while (start < end && body[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }

        while (end > start && body[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            end--;
        }

        return (start, end);
    }
}
