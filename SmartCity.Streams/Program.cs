using SmartCity.Streams.Hosting;

namespace SmartCity.Streams;

internal static class Program
{
    private static Task<int> Main(string[] args) => WorkerCommand.RunAsync(args);
}
