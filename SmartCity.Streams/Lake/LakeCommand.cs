using System.Globalization;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;

namespace SmartCity.Streams.Lake;

/// <summary>The verb <c>lake verify</c>: whether every reading that the sink says is written lies in the lake once, byte for byte, and nothing else does. It changes nothing, and may run beside workers.</summary>
internal static class LakeCommand
{
    // Of each kind; the last line has how many there are.
    private const int Named = 20;

    /// <summary>Returns 0 when nothing is wrong, 1 when something is or the lake or Kafka cannot be asked.</summary>
    public static async Task<int> VerifyAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var configuration = new ConfigurationManager();
        configuration.SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args);
        configuration.AddLegacyEnvironment();
        var wrong = new ConfigurationErrors();
        KafkaSettings kafka = KafkaSettings.Read(configuration, wrong);
        StreamsOptions streams = StreamsOptions.Read(configuration, wrong);
        var readings = ReadingSettings.Read(configuration, wrong);
        LakeOptions lake = LakeSettings.Read(configuration, wrong);
        wrong.ThrowIfAny();

        var faults = Enum.GetValues<LakeFault>().ToDictionary(fault => fault, _ => 0L);
        void Found(LakeFault fault, string what)
        {
            if (++faults[fault] <= Named)
            {
                output.WriteLine($"{fault.ToString().ToLowerInvariant()}: {what}");
            }
        }

        IObjectStore store = LakeStore.Create(lake);
        try
        {
            using var log = new SourceLog(kafka, kafka.Topics.Sensors, streams.ApplicationId);
            var verification = new LakeVerification(store, log, kafka.Topics.Sensors, readings, Found);
            await verification.RunAsync(output.WriteLine, cancellation);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{verification.Readings} readings in {verification.Objects} objects of {store.Description}, {verification.Compared} compared with {kafka.Topics.Sensors}: {string.Join(", ", faults.Select(fault => $"{fault.Value} {fault.Key.ToString().ToLowerInvariant()}"))}"));
            return faults.Values.All(count => count == 0) ? 0 : 1;
        }
        catch (Exception error) when (error is LakeUnavailableException or KafkaException)
        {
            await errors.WriteLineAsync($"The verification ended before its time: {error.Message}");
            return 1;
        }
        finally
        {
            (store as IDisposable)?.Dispose();
        }
    }
}
