using Microsoft.AspNetCore.Connections;

using SmartCity.Domain.Configuration;

namespace SmartCity.Api;

internal static class Program
{
    /// <summary>What sysexits.h calls EX_CONFIG.</summary>
    private const int BadConfiguration = 78;

    private static async Task<int> Main(string[] args)
    {
        try
        {
            await using var app = ApiHost.Build(args);
            await app.RunAsync();
            return 0;
        }
        catch (ConfigurationException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return BadConfiguration;
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{error.Message} Set Api__Port to a free one.");
            return BadConfiguration;
        }
    }
}
