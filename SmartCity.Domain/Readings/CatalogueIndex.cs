using System.Text;

namespace SmartCity.Domain.Readings;

/// <summary>
/// The catalogue's names as bytes. A metric's sensor type may stand after it in the JSON, so each distinct metric name of all types has a slot of its
/// own, and a type says which slots are its metrics.
/// </summary>
internal static class CatalogueIndex
{
    /// <summary>The most distinct metric names there may be: one bit each.</summary>
    public const int MaxSlots = 32;

    // Open addressing; few enough names for almost every probe to hit at once.
    private const int TableSize = 128;

    private static readonly byte[][] SlotNames = [.. SensorTypes.All.SelectMany(type => type.Metrics).Select(metric => metric.Name).Distinct().Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] TypeNames = [.. SensorTypes.All.Select(type => Encoding.UTF8.GetBytes(type.Name))];

    private static readonly sbyte[] Table = BuildTable();

    private static readonly TypeSlot[][] SlotsByType = [.. SensorTypes.All.Select(type => type.Metrics.Select(TypeSlotOf).ToArray())];

    /// <summary>The slots of a type's metrics, in the order of its definition.</summary>
    public static ReadOnlySpan<TypeSlot> SlotsOf(SensorType type) => SlotsByType[(int)type];

    /// <summary>The slot of a metric name, or -1 when no type has it.</summary>
    public static int SlotOf(ReadOnlySpan<byte> name)
    {
        for (var i = Hash(name); ; i = (i + 1) % TableSize)
        {
            var slot = Table[i];
            if (slot < 0 || name.SequenceEqual(SlotNames[slot]))
            {
                return slot;
            }
        }
    }

    /// <summary>Finds a sensor type by its name on the wire.</summary>
    public static bool TryFindType(ReadOnlySpan<byte> name, out SensorType type)
    {
        for (var i = 0; i < TypeNames.Length; i++)
        {
            if (name.SequenceEqual(TypeNames[i]))
            {
                type = (SensorType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    private static TypeSlot TypeSlotOf(MetricDefinition metric) => new(SlotOf(Encoding.UTF8.GetBytes(metric.Name)), metric.Min, metric.Max);

    private static int Hash(ReadOnlySpan<byte> name)
        => name.IsEmpty ? 0 : ((name.Length * 7) + (name[0] * 3) + (name[^1] * 5) + name[name.Length / 2]) % TableSize;

    private static sbyte[] BuildTable()
    {
        if (SlotNames.Length > MaxSlots)
        {
            throw new InvalidOperationException("The catalogue has more distinct metric names than there are slots.");
        }

        var table = new sbyte[TableSize];
        Array.Fill(table, (sbyte)-1);
        for (var slot = 0; slot < SlotNames.Length; slot++)
        {
            var i = Hash(SlotNames[slot]);
            while (table[i] >= 0)
            {
                i = (i + 1) % TableSize;
            }

            table[i] = (sbyte)slot;
        }

        return table;
    }

    /// <summary>Where the value of a type's metric is found, and what it may be, both ends included.</summary>
    public readonly record struct TypeSlot(int Slot, double Min, double Max);
}
