using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

using SmartCity.AppHost.Broker;
using SmartCity.Streams.Engine;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

[TestFixture]
internal sealed class StreamsMetricsTests
{
    [Test]
    public async Task The_meter_says_how_much_was_read_how_far_behind_it_is_and_what_the_tasks_do()
    {
        var measured = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var broker = EmbeddedBroker.Start();
        await using var run = AtLeastOnceTests.On(broker, partitions: 3);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "SmartCity.Streams.Engine" && instrument.Name.StartsWith($"{run.Application}.", StringComparison.Ordinal))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Take(i, value, tags));
        listener.Start();

        await run.StartAsync(AtLeastOnceTests.Config(run) with { MetricPrefix = run.Application });
        run.Say(900);
        await run.CountsComeOutRightAsync();
        await Eventually.IsTrueAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return measured.GetValueOrDefault("readings") == 900 && measured.GetValueOrDefault("input.lag/topic,partition", -1) == 0 && measured.GetValueOrDefault("rows") > 0
                    && measured.GetValueOrDefault("commit.duration/stage") > 0 && measured.GetValueOrDefault("state.size") > 0;
            },
            "every record is counted, none is left, rows came out, commits took time and the state room");

        Assert.Multiple(() =>
        {
            Assert.That(measured["tasks/state"], Is.Zero.Or.EqualTo(5), "3 input and 2 repartition partitions run; none restores");
            Assert.That(measured["restore.remaining"], Is.Zero);
            Assert.That(measured["input.stream_time.delay/topic,partition"], Is.LessThan(3600));
            Assert.That(measured["partials_for_final"], Is.Zero);
        });

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = instrument.Name[(run.Application.Length + 1)..] + (tags.Length > 0 ? $"/{string.Join(',', tags.ToArray().Select(t => t.Key))}" : "");
            measured.AddOrUpdate(name, value, (_, before) => instrument is Counter<long> ? before + value : value);
        }
    }
}
