using System.Text;

using SmartCity.AppHost.Cli;

namespace SmartCity.AppHost;

internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        NativeMemory.UseFewArenas();
        Console.OutputEncoding = Encoding.UTF8;
        return await AppHostCommand.RunAsync(arguments, Console.Out, Console.Error, CancellationToken.None);
    }
}
