namespace SmartCity.Benchmarks;

internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["drain", ..])
        {
            await Console.Error.WriteLineAsync("Usage: SmartCity.Benchmarks drain [--NAME VALUE …]");
            return 2;
        }

        await Drain.RunAsync(Options(arguments[1..]));
        return 0;
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
