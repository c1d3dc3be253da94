using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.City;

/// <summary>Reads sensor readings off the log: the contract's rules decide, by the record and its timestamp alone. The key is not looked at.</summary>
internal sealed class ReadingRecordParser(ReadingRules rules) : IRecordParser<Unit, Reading>
{
    private readonly ReadingParser _parser = new(rules);

    public bool TryParse(in RawRecord record, out Unit key, out Reading value, out long eventTimeMs, out RecordRejection rejection)
    {
        key = default;
        if (_parser.TryParse(record.Value, record.TimestampMs, out value, out var why))
        {
            eventTimeMs = value.TimestampMs;
            rejection = default;
            return true;
        }

        eventTimeMs = 0;
        rejection = new RecordRejection(why.Reason.Code(), why.Field.Length > 0 ? $"{why.Field}: {why.Detail}" : why.Detail);
        return false;
    }
}
