using SmartCity.Simulator.Cli;

namespace SmartCity.Simulator;

internal static class Program
{
    private static Task<int> Main(string[] arguments) => SimulatorCommand.RunAsync(arguments, CancellationToken.None);
}
