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
    private const string Consent = "--yes";

    public static async Task<int> RunAsync(string[] args)
    {
        var apply = args.Contains(Consent);
        var configuration = new ConfigurationManager();
        configuration.SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables()
            .AddCommandLine([.. args.Where(argument => argument != Consent)]);
        configuration.AddLegacyEnvironment();
        var errors = new ConfigurationErrors();
        var kafka = KafkaSettings.Read(configuration, errors);
        var streams = StreamsOptions.Read(configuration, errors);
        var readings = ReadingSettings.Read(configuration, errors);
        errors.ThrowIfAny();

        try
        {
            var topology = CityTopology.Build(streams.Window.ToEngine(), readings, kafka.Topics);
            foreach (var step in await StreamsReset.RunAsync(topology, streams.ToEngine(kafka, TimeProvider.System), apply, CancellationToken.None))
            {
                Console.WriteLine($"{(apply ? "done" : "would")}: {step}");
            }

            Console.WriteLine(apply
                ? "Start the workers: they read the sensors' topic from its beginning."
                : $"Nothing was changed. To do it, stop every worker and run: reset {Consent}");
            return 0;
        }
        catch (StreamsException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
