using System.Globalization;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Lake.Compaction;

namespace SmartCity.Streams.Lake;

/// <summary>The verb <c>lake verify</c>: whether every reading that the sink says is written lies in the lake once, byte for byte, and nothing else does. It changes nothing, and may run beside workers.</summary>
internal static class LakeVerifyCommand
{
    // Of each kind; the last line has how many there are.
    private const int Named = 20;

    public static Verb Verb { get; } = new(
        "lake verify", "compare the raw lake with the sensors' topic, and the merged one with it, reading by reading, and name what is missing, doubled, changed, misplaced or damaged; changes nothing", RunAsync);

    /// <summary>Returns 0 when nothing is wrong, 1 when something is or the lake or Kafka cannot be asked.</summary>
    private static async Task<int> RunAsync(VerbLine line)
    {
        var (kafka, streams, readings, lake) = line.Settings((settings, wrong)
            => (KafkaSettings.Read(settings, wrong), StreamsOptions.Read(settings, wrong), ReadingSettings.Read(settings, wrong), LakeSettings.Read(settings, wrong)));

        var faults = Enum.GetValues<LakeFault>().ToDictionary(fault => fault, _ => 0L);
        void Found(LakeFault fault, string what)
        {
            if (++faults[fault] <= Named)
            {
                line.Output.WriteLine($"{fault.ToString().ToLowerInvariant()}: {what}");
            }
        }

        IObjectStore store = LakeStore.Create(lake);
        try
        {
            using var log = new SourceLog(kafka, kafka.Topics.Sensors, streams.ApplicationId);
            var verification = new LakeVerification(store, log, kafka.Topics.Sensors, readings, Found);
            await verification.RunAsync(line.Output.WriteLine, CancellationToken.None);
            await line.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{verification.Readings} readings in {verification.Objects} objects of {store.Description}, {verification.Compared} compared with {kafka.Topics.Sensors}"));
            var merged = new CompactVerification(store, kafka.Topics.Sensors, Found);
            await merged.RunAsync(CancellationToken.None);
            await line.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{merged.Readings} readings in {merged.Objects} merged objects, {merged.Compared} compared with the raw ones{(merged.Gone > 0 ? $", of which {merged.Gone} are gone" : "")}"));
            await line.Output.WriteLineAsync($"in all: {string.Join(", ", faults.Select(fault => string.Create(CultureInfo.InvariantCulture, $"{fault.Value} {fault.Key.ToString().ToLowerInvariant()}")))}");
            return faults.Values.All(count => count == 0) ? 0 : 1;
        }
        catch (Exception error) when (error is LakeUnavailableException or KafkaException)
        {
            await line.Errors.WriteLineAsync($"The verification ended before its time: {error.Message}");
            return 1;
        }
        finally
        {
            (store as IDisposable)?.Dispose();
        }
    }
}
