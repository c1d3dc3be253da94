using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Tests.Fuzz;

/// <summary>Found while looking for memory that hostile input could fill: the list of known sensors grew with every id that somebody made up.</summary>
internal sealed class SensorFloodTests
{
    [Test]
    public void Made_up_sensor_ids_do_not_fill_the_memory_and_each_still_gets_its_status()
    {
        const int Ids = 3 * SensorStatusProcessor.MostSensors, PerCommit = 10_000;
        var clock = new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
        var context = new Context();
        var processor = new SensorStatusProcessor();
        processor.Init(context);
        MetricValues values = default;
        values.Set(0, 1);
        for (int id = 0; id < Ids; id++)
        {
            var reading = new Reading(SensorType.Traffic, $"made-up-{id}", "c", "", clock.ToUnixTimeMilliseconds(), double.NaN, double.NaN, values);
            processor.Process(new Record<Unit, Reading>(default, reading, reading.TimestampMs));
            if (id % PerCommit == PerCommit - 1)
            {
                clock = clock.AddSeconds(1);
                processor.Punctuate(clock);
                Assert.That(processor.Known, Is.LessThanOrEqualTo(SensorStatusProcessor.MostSensors));
            }
        }

        Assert.That(context.Statuses, Is.EqualTo(Ids));
    }

    private sealed class Context : IProcessorContext<string, SensorStatus>
    {
        public int Statuses { get; private set; }

        public int Partition => 0;

        public long Offset => 0;

        public long RecordTimestampMs => 0;

        public DateTimeOffset WallClock => default;

        public void Forward(in Record<string, SensorStatus> record) => Statuses++;
    }
}
