using System.Globalization;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.City;

/// <summary>
/// Counts valid readings by the hour in which Kafka took them and their type, and sends what it counted with every commit: the counts are in the transaction that moves the
/// input offset, so each reading is counted once.
/// </summary>
internal sealed class ReadingCountProcessor : IProcessor<Unit, Reading, string, ReadingCounts>
{
    private readonly Dictionary<long, long[]> _counts = [];
    private IProcessorContext<string, ReadingCounts> _context = null!;
    private long _hourMs = long.MinValue;
    private long[] _ofHour = [];

    public void Init(IProcessorContext<string, ReadingCounts> context) => _context = context;

    public void Process(in Record<Unit, Reading> record)
    {
        long hourMs = ReadingCounts.HourOf(_context.RecordTimestampMs);
        if (hourMs != _hourMs)
        {
            (_hourMs, _ofHour) = (hourMs, CountsOf(hourMs));
        }

        _ofHour[(int)record.Value.Type]++;
    }

    public void Punctuate(DateTimeOffset wallClock)
    {
        if (_counts.Count == 0)
        {
            return;
        }

        string key = _context.Partition.ToString(CultureInfo.InvariantCulture);
        foreach (var (hourMs, counts) in _counts)
        {
            _context.Forward(new Record<string, ReadingCounts>(key, new ReadingCounts(hourMs, counts), hourMs));
        }

        _counts.Clear();
        _hourMs = long.MinValue;
    }

    private long[] CountsOf(long hourMs)
    {
        if (!_counts.TryGetValue(hourMs, out long[]? counts))
        {
            counts = new long[SensorTypes.All.Count];
            _counts.Add(hourMs, counts);
        }

        return counts;
    }
}
