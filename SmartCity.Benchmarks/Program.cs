using BenchmarkDotNet.Running;

namespace SmartCity.Benchmarks;

internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["drain", ..])
        {
            await Drain.RunAsync(Options(arguments[1..]));
            return 0;
        }

        if (arguments is ["micro", ..])
        {
            // In this process: otherwise each run builds the whole solution once more.
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. arguments[1..], "--inProcess"]);
            return 0;
        }

        await Console.Error.WriteLineAsync("Usage: SmartCity.Benchmarks drain [--NAME VALUE …]\n       SmartCity.Benchmarks micro [BenchmarkDotNet's own options, e.g. --filter '*' --job short]");
        return 2;
    }

    // --name value, or --name alone.
    private static Dictionary<string, string> Options(string[] arguments)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i].TrimStart('-');
            options[name] = i + 1 < arguments.Length && !arguments[i + 1].StartsWith('-') ? arguments[++i] : "";
        }

        return options;
    }
}
