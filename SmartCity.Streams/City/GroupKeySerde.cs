using System.Buffers;
using System.Text;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.City;

/// <summary>The bytes of a group: type (1), city, 0xFF, district. 0xFF never occurs in UTF-8, so the form is canonical and a city's groups lie together.</summary>
internal sealed class GroupKeySerde : ISerde<GroupKey>
{
    private const byte Separator = 0xFF;

    public static GroupKeySerde Instance { get; } = new();

    public void Write(GroupKey value, IBufferWriter<byte> output)
    {
        WriteCity(value, output);
        Encoding.UTF8.GetBytes(value.District, output);
    }

    /// <summary>The part that is the same for all groups of a type and city: what the shuffle goes by.</summary>
    public static void WriteCity(GroupKey value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = (byte)value.Type;
        output.Advance(1);
        Encoding.UTF8.GetBytes(value.City, output);
        output.GetSpan(1)[0] = Separator;
        output.Advance(1);
    }

    /// <summary>The window task of a type and city, out of so many.</summary>
    public static int TaskOf(SensorType type, string city, int tasks)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WriteCity(new GroupKey(type, city, ""), bytes);
        return WindowProgress.TaskOf(bytes.WrittenSpan, tasks);
    }

    public GroupKey Read(ReadOnlySpan<byte> bytes)
    {
        var separator = bytes.IndexOf(Separator);
        if (separator < 1 || bytes[0] >= SensorTypes.All.Count)
        {
            throw new FormatException("The bytes are no group of a sensor type, city and district.");
        }

        return new GroupKey((SensorType)bytes[0], Encoding.UTF8.GetString(bytes[1..separator]), Encoding.UTF8.GetString(bytes[(separator + 1)..]));
    }
}
