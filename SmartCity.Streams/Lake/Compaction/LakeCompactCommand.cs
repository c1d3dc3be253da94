using System.Globalization;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Hosting;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>The verb <c>lake compact</c>. It may run beside workers, and be killed at any moment and run again; one at a time.</summary>
internal static class LakeCompactCommand
{
    private const string OlderThan = "--older-than";
    private const string Target = "--target-mib";
    private const string Scratch = "--scratch";

    private static readonly CompactOptions Defaults = new();

    public static Verb Verb { get; } = new(
        "lake compact", "merge the raw lake's many small objects of closed days into few large ones under raw-compact/; raw-data/ stays as it is", RunAsync,
        VerbOption.Yes,
        new VerbOption(OlderThan, "DURATION", "merge days that ended so long ago (1d)"),
        new VerbOption(Target, "N", "end an object at so many MiB (256; 1 to 4096)"),
        new VerbOption(Scratch, "FOLDER", "sort on this disk (the system's temporary folder); it needs the room of the largest day, uncompressed"));

    /// <summary>Returns 0 when every closed day is merged, 1 when one could not be or the lake does not answer.</summary>
    private static async Task<int> RunAsync(VerbLine line)
    {
        var options = new CompactOptions
        {
            Apply = line.Yes,
            OlderThan = line.Duration(OlderThan, Defaults.OlderThan),
            TargetBytes = (long)line.Number(Target, (int)(Defaults.TargetBytes >> 20), 1, 4096) << 20,
        };
        var (kafka, readings, lake) = line.Settings((settings, wrong) => (KafkaSettings.Read(settings, wrong), ReadingSettings.Read(settings, wrong), LakeSettings.Read(settings, wrong)));
        IObjectStore store = LakeStore.Create(lake);
        try
        {
            using var scratch = new CompactScratch(line.Text(Scratch) ?? Path.GetTempPath());
            var compactor = new Compactor(store, scratch, kafka.Topics.Sensors, readings, options, TimeProvider.System, line.Output.WriteLine);
            await compactor.RunAsync(CancellationToken.None);
            await line.Output.WriteLineAsync(Summary(compactor, store, options.Apply));
            return compactor.Failed == 0 ? 0 : 1;
        }
        catch (Exception error) when (error is LakeUnavailableException or IOException or UnauthorizedAccessException)
        {
            await line.Errors.WriteLineAsync($"{error.Message.TrimEnd('.')}. What was merged so far stands; run it again to go on.");
            return 1;
        }
        finally
        {
            (store as IDisposable)?.Dispose();
        }
    }

    private static string Summary(Compactor done, IObjectStore store, bool applied)
    {
        string others = string.Create(CultureInfo.InvariantCulture, $"{done.Young} days are too young, {done.Failed} failed, {done.Strays} objects are not ours");
        return applied
            ? string.Create(CultureInfo.InvariantCulture, $"{store.Description}: merged {done.Sources} objects of {done.Days} days into {done.Objects}, {done.Readings} readings; {others}.")
            : string.Create(CultureInfo.InvariantCulture, $"{store.Description}: would merge {done.Sources} objects of {done.Days} days; {others}. Nothing was changed. To do it: lake compact {VerbOption.Yes.Name}");
    }
}
