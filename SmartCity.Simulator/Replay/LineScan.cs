using System.Text.Json;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Replay;

/// <summary>What a replay needs of a line, valid or not: whose it is and where its timestamp stands.</summary>
/// <param name="SensorId">The sensor's id, or null where there is none.</param>
/// <param name="TimestampAt">Where the timestamp's text begins, after its quote; 0 where there is none that can be read.</param>
/// <param name="TimestampLength">How long that text is.</param>
/// <param name="TimestampMs">What it says, ms since the Unix epoch.</param>
internal readonly record struct LineScan(string? SensorId, int TimestampAt, int TimestampLength, long TimestampMs)
{
    public bool HasTimestamp => TimestampAt > 0;

    /// <summary>Looks at the members of the outermost object; of members that stand twice the last one counts.</summary>
    public static LineScan Of(ReadOnlySpan<byte> line)
    {
        string? sensor = null;
        var (at, length, timestamp) = (0, 0, 0L);
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                if (reader is not { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName })
                {
                    continue;
                }

                if (reader.ValueTextEquals("sensor_id"u8) && reader.Read())
                {
                    sensor = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("timestamp"u8) && reader.Read())
                {
                    // One without an offset stays as it is: moved, it would no longer be the fault that it was.
                    var isTime = reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false }
                        && Rfc3339.TryParse(reader.ValueSpan, out timestamp) == TimestampFormat.WithOffset;
                    (at, length) = isTime ? ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length) : (0, 0);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Cut off or not JSON at all: what was found up to there will do.
        }

        return new LineScan(sensor, at, length, timestamp);
    }

    /// <summary>The line with its timestamp moved; unchanged where it has none.</summary>
    public ReadOnlySpan<byte> Moved(ReadOnlySpan<byte> line, long byMs)
    {
        if (!HasTimestamp || TimestampMs + byMs < Rfc3339.MinMs || TimestampMs + byMs > Rfc3339.MaxMs)
        {
            return line;
        }

        var moved = new byte[line.Length - TimestampLength + Timestamps.Length];
        line[..TimestampAt].CopyTo(moved);
        Timestamps.Write(moved.AsSpan(TimestampAt), TimestampMs + byMs);
        line[(TimestampAt + TimestampLength)..].CopyTo(moved.AsSpan(TimestampAt + Timestamps.Length));
        return moved;
    }
}
