using System.Globalization;
using System.Text.Json;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Hosting;

namespace SmartCity.Streams.Replay;

/// <summary>The verb <c>replay</c>. It may run beside workers, and be killed at any moment and run again: no reading is sent twice, whatever it is told.</summary>
internal static class ReplayCommand
{
    private const string From = "--from";
    private const string Reason = "--reason";
    private const string Since = "--since";
    private const string EvenIfLate = "--even-if-late";

    public static Verb Verb { get; } = new(
        "replay", "send refused or late readings to the sensors' topic again, as they were; each once", RunAsync,
        VerbOption.Yes,
        new VerbOption(From, "TOPIC", "dead-letters or late"),
        new VerbOption(Reason, "REASON", "only those refused for this: metric_out_of_range, …"),
        new VerbOption(Since, "TIME", "only those put aside since: 2026-01-15 or 2026-01-15T14:00:00Z"),
        new VerbOption(EvenIfLate, null, "late readings too that no window takes any more"));

    private static async Task<int> RunAsync(VerbLine line)
    {
        bool isLate = line.Text(From) switch
        {
            "late" => true,
            "dead-letters" => false,
            null => throw new UsageException($"replay needs {From}=dead-letters or {From}=late."),
            var other => throw new UsageException($"{From} is {other} but must be dead-letters or late."),
        };
        string? reason = ReasonOf(line, isLate);
        if (!isLate && line.Has(EvenIfLate))
        {
            throw new UsageException($"{EvenIfLate} is for {From}=late: refused readings are sent whether or not a window takes them.");
        }

        DateTimeOffset since = line.Time(Since) ?? DateTimeOffset.UnixEpoch;
        var (kafka, streams, rules) = line.Settings((settings, errors) => (KafkaSettings.Read(settings, errors), StreamsOptions.Read(settings, errors), ReadingSettings.Read(settings, errors)));
        string topic = isLate ? kafka.Topics.Late : kafka.Topics.DeadLetters;
        try
        {
            using var source = new ReplaySource(kafka, streams.ApplicationId, topic);

            // Before the ledger is read: a run that still goes on elsewhere is stopped by this, so that the ledger is whole.
            using ReplaySender? sender = line.Yes ? new ReplaySender(kafka, streams.ApplicationId, source.Begins.Count) : null;
            var ledger = new ReplayLedger(kafka, streams.ApplicationId);
            if (!ledger.Read() && line.Yes)
            {
                await ledger.CreateAsync(streams.ReplicationFactor);
            }

            var judge = new ReplayJudge(rules, streams.Window, StreamTimes.Committed(streams.ToEngine(kafka, TimeProvider.System), source.Begins.Count), source.Begins, ledger, TimeProvider.System);
            var run = new ReplayRun(source, judge, isLate, line.Has(EvenIfLate));
            long sent = 0;
            run.Run(reason, since, batch =>
            {
                sent += batch.Count;
                if (sender is not null)
                {
                    sender.Send(batch, topic, ledger);
                    line.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sent} sent so far"));
                }
            });
            foreach (string said in run.Summary(line.Yes))
            {
                await line.Output.WriteLineAsync(said);
            }

            await line.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{topic} -> {kafka.Topics.Sensors}: {(line.Yes ? $"sent {sent}." : $"would send {sent}. Nothing was sent. To do it, add {VerbOption.Yes.Name}")}"));
            return 0;
        }
        catch (Exception error) when (error is KafkaException or StreamsException or JsonException)
        {
            await line.Errors.WriteLineAsync($"{error.Message.TrimEnd('.')}. What was said to be sent is sent; run it again to go on, and nothing goes twice.");
            return 1;
        }
    }

    private static string? ReasonOf(VerbLine line, bool isLate)
    {
        if (line.Text(Reason) is not { } reason)
        {
            return null;
        }

        var reasons = Enum.GetValues<RejectReason>().Where(known => known != RejectReason.None).Select(known => known.Code()).ToList();
        return isLate ? throw new UsageException($"{Reason} is for {From}=dead-letters: late readings have no other reason.")
            : reasons.Contains(reason) ? reason
            : throw new UsageException($"{Reason} is {reason} but must be one of {string.Join(", ", reasons)}.");
    }
}
