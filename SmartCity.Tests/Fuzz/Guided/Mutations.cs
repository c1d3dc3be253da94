using System.Text;

namespace SmartCity.Tests.Fuzz.Guided;

/// <summary>Changes a message in a few places, as fuzzers do: bits, bytes, pieces of it and of others, and words that parsers have trouble with.</summary>
internal sealed class Mutations(Random dice)
{
    private static readonly byte[][] Words =
    [
        .. ((string[])
        [
            "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "{", "}", "[", "]", ":", ",", "null", "true", "-0", "1e400", "1e-400", "0.1", "-", "1E5", "00", "\"value\"", "\"value\":1", "\"timestamp\":", "\"metrics\":{", "\"pm25\":", "\"location\":{\"lat\":", "\"lon\":",
            "\"sensor_type\":\"traffic\"", "\"sensor_type\":\"weather\"", "\"sensor_type\":\"energy\"", "\"sensor_type\":\"parking\"", "\"district\":null", "\"wind_direction\":360", "\"average_speed\":1", "+24:00", "-00:00", "Z", "0001-01-02T00:00:00Z", "9999-12-30T23:59:59.999999999Z",
            "2024-02-29", "T24:00:00", ":60", ".", "\u00e9", "\U0001F984", "\u200b", "\ufeff", "__HIVE_DEFAULT_PARTITION__", "%", "/", "..",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0],
    ];

    public byte[] Of(byte[] message, byte[] other)
    {
        var bytes = new List<byte>(message);
        for (int changes = 1 << dice.Next(4); changes > 0; changes--)
        {
            Change(bytes, other);
        }

        return [.. bytes.Take(4_000)];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        int at = dice.Next(bytes.Count + 1);
        int length = Math.Min(1 + dice.Next(1 << dice.Next(1, 7)), bytes.Count - at);
        switch (dice.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << dice.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)dice.Next(256);
                break;
            case 2 when at < bytes.Count && char.IsAsciiDigit((char)bytes[at]):
                bytes[at] = (byte)('0' + dice.Next(10));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(dice.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 5 when other.Length > 0:
                int from = dice.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(1 + dice.Next(80), other.Length - from)).ToArray());
                break;
            default:
                bytes.InsertRange(at, Words[dice.Next(Words.Length)]);
                break;
        }
    }
}
