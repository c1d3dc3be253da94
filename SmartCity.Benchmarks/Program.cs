using BenchmarkDotNet.Running;

using SmartCity.Benchmarks.Drain;
using SmartCity.Benchmarks.Live;
using SmartCity.Benchmarks.Recovery;

namespace SmartCity.Benchmarks;

internal static class Program
{
    private const string Usage = """
        usage: SmartCity.Benchmarks VERB [--NAME VALUE …]

          fill     fill a topic: --bootstrap-servers --prefix --readings --sensors --cities --districts --minutes --late-per-mille --partitions --seed
          consume  a bare consumer; parse: one that reads and judges every reading; bytes: one as in Confluent's examples
          engine   the engine with the city's topology, exactly once: --threads --advance --guarantee
          worker   the whole worker as a process: --worker DLL --database CONNECTION --lake FOLDER
          live     how soon a reading is seen at a steady rate, and what worker and API take meanwhile: --rate --seconds --worker DLL --api DLL --database CONNECTION
          query    /query and its CSV over many rows with writes beside: --rows --seconds --requests-per-second --worker DLL --api DLL --database CONNECTION
          scale    several workers on one topic: --workers; rebalance: how long partitions stand still when workers come and go: --rate --rounds --partitions
          restore  what a killed worker and one without its state restore: --bootstrap-servers --windows --tail --partitions --threads
          recovery how long the others take to go on after a worker's SIGKILL: --bootstrap-servers --kills --workers --rate --session --transaction
          table    the table of results read from standard input, and a last line of JSON: --least-ratio --most-allocated
          micro    BenchmarkDotNet, with its own options, e.g. --filter '*' --job short
        """;

    private static async Task<int> Main(string[] arguments)
    {
        var options = new Options(arguments.Length > 0 ? arguments[1..] : []);
        switch (arguments.FirstOrDefault())
        {
            case "fill":
                await new Filling(options).RunAsync();
                return 0;
            case "consume" or "parse" or "bytes":
                await BareConsumer.RunAsync(options, arguments[0]);
                return 0;
            case "engine":
                await EngineRun.RunAsync(options);
                return 0;
            case "worker":
                await WorkerRun.RunAsync(options);
                return 0;
            case "live":
                await LiveRun.RunAsync(options);
                return 0;
            case "query":
                await new QueryRun(options).RunAsync();
                return 0;
            case "scale":
                await new ScaleRun(options).DrainAsync();
                return 0;
            case "rebalance":
                await new ScaleRun(options).RebalanceAsync();
                return 0;
            case "scale-worker":
                await ScaleRun.WorkAsync(options);
                return 0;
            case "restore":
                await RestoreRun.RunAsync(options);
                return 0;
            case "recovery":
                await RecoveryRun.RunAsync(options);
                return 0;
            case "restore-worker":
                await RestoreRun.WorkAsync(options);
                return 0;
            case "table":
                return Table.Print(Console.In, options);
            case "micro":
                // In this process: otherwise each run builds the whole solution once more.
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. arguments[1..], "--inProcess"]);
                return 0;
            default:
                await Console.Error.WriteLineAsync(Usage);
                return 2;
        }
    }
}
