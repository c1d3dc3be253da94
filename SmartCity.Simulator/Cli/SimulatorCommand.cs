using System.CommandLine;

using SmartCity.Domain.Configuration;
using SmartCity.Simulator.City;
using SmartCity.Simulator.Feed;

namespace SmartCity.Simulator.Cli;

/// <summary>The program's verbs. Without one it runs: <c>--rate 5 --duration 30</c> is <c>run --rate 5 --duration 30</c>.</summary>
internal static class SimulatorCommand
{
    /// <summary>Runs a command line and returns the exit code: 0 done, 1 a file holds invalid readings, 2 wrong usage, 3 something was not delivered.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var root = Build();
        var result = root.Parse(arguments);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            return Publication.UsageError;
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancellationToken);
        }
        catch (ConfigurationException e)
        {
            e.WriteTo(Console.Error);
            return Publication.UsageError;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Publication.UsageError;
        }
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("Simulates the sensors of a few European cities and publishes their readings to Kafka.");
        var city = new CityCommandOptions();
        var kafka = new KafkaOptions();
        var run = new Command("run", "Publish readings as they come (default)");
        foreach (var command in (Command[])[root, run])
        {
            city.AddTo(command);
            kafka.AddTo(command);
            command.SetAction((result, cancellationToken) => PublishAsync(city, kafka, result, cancellationToken));
        }

        root.Subcommands.Add(run);
        root.Subcommands.Add(new ReplayCommand(kafka));
        root.Subcommands.Add(new GenerateCommand(city));
        root.Subcommands.Add(new ValidateCommand());
        return root;
    }

    private static Task<int> PublishAsync(CityCommandOptions city, KafkaOptions kafka, ParseResult result, CancellationToken cancellationToken)
    {
        var liveFrom = city.LiveFrom(result, TimeProvider.System);
        var model = new CityModel(city.City(result, liveFrom));
        var options = new FeedOptions { LiveFrom = liveFrom, Duration = city.Duration(result), FlatOut = city.IsFlatOut(result) };
        return Publication.RunAsync(
            kafka.Read(result),
            kafka.IsQuiet(result),
            (sink, statistics, stopping) => new CityFeed(model, sink, statistics, options, TimeProvider.System).RunAsync(stopping),
            cancellationToken);
    }
}
