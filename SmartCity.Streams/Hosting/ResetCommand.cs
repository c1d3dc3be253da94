using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Hosting;

/// <summary>
/// The verb <c>reset</c>: windows are computed again from the readings that Kafka still holds, and the new rows replace the former ones. It only says what it
/// would do unless <c>--yes</c> is given.
/// </summary>
internal static class ResetCommand
{
    public static Verb Verb { get; } = new(
        "reset", "with every worker stopped: compute all windows again from the readings that Kafka still holds", RunAsync, VerbOption.Yes);

    private static async Task<int> RunAsync(VerbLine line)
    {
        var (kafka, streams, readings) = line.Settings((settings, errors)
            => (KafkaSettings.Read(settings, errors), StreamsOptions.Read(settings, errors), ReadingSettings.Read(settings, errors)));
        try
        {
            var topology = CityTopology.Build(streams.Window.ToEngine(), readings, kafka.Topics);
            foreach (var step in await StreamsReset.RunAsync(topology, streams.ToEngine(kafka, TimeProvider.System), line.Yes, CancellationToken.None))
            {
                await line.Output.WriteLineAsync($"{(line.Yes ? "done" : "would")}: {step}");
            }

            await line.Output.WriteLineAsync(line.Yes
                ? "Start the workers: they read the sensors' topic from its beginning."
                : $"Nothing was changed. To do it, stop every worker and run: reset {VerbOption.Yes.Name}");
            return 0;
        }
        catch (StreamsException error)
        {
            await line.Errors.WriteLineAsync(error.Message);
            return 1;
        }
    }
}
