using System.Globalization;
using System.Text;

using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>Writes readings as JSON into one buffer that it reuses.</summary>
internal sealed class ReadingWriter
{
    // Decimals shown, by type and metric.
    private static readonly int[][] Decimals = [[1, 1, 1, 0, 1, 1], [0, 1, 2], [0, 0, 0, 1], [1, 1, 1, 1, 0, 1], [2, 1, 2, 3]];
    private static readonly long[] Scales = [1, 10, 100, 1000];
    private static readonly byte[][][] Names = [.. SensorTypes.All.Select(t => t.Metrics.Select((m, i) => Encoding.UTF8.GetBytes($"{(i == 0 ? "" : ",")}\"{m.Name}\":")).ToArray())];

    private readonly byte[] _buffer = new byte[2048];
    private int _length;

    /// <summary>The reading's bytes, good until the next call.</summary>
    public ReadOnlySpan<byte> Write(Sensor sensor, long timestampMs, ReadOnlySpan<double> values)
    {
        _length = 0;
        Append(sensor.Head);
        _length += Timestamps.Write(_buffer.AsSpan(_length), timestampMs);
        Append(sensor.Middle);
        var names = Names[(int)sensor.Type];
        var decimals = Decimals[(int)sensor.Type];
        for (var i = 0; i < names.Length; i++)
        {
            Append(names[i]);
            AppendNumber(values[i], decimals[i]);
        }

        Append("}}"u8);
        return _buffer.AsSpan(0, _length);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>A number rounded half up to that many decimals, all of them shown.</summary>
    private void AppendNumber(double value, int decimals)
    {
        var scale = Scales[decimals];
        var scaled = (long)Math.Floor((value * scale) + 0.5);
        if (scaled < 0)
        {
            _buffer[_length++] = (byte)'-';
            scaled = -scaled;
        }

        (scaled / scale).TryFormat(_buffer.AsSpan(_length), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
        if (decimals == 0)
        {
            return;
        }

        _buffer[_length++] = (byte)'.';
        for (var (rest, digit) = (scaled % scale, scale / 10); digit > 0; digit /= 10)
        {
            _buffer[_length++] = (byte)('0' + (rest / digit % 10));
        }
    }
}
