using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Telemetry;
using SmartCity.Simulator.Feed;

namespace SmartCity.Simulator.Cli;

/// <summary>What <c>run</c> and <c>replay</c> share: a client that has a broker, progress, and an end that says whether all was delivered.</summary>
internal static class Publication
{
    public const int Success = 0;
    public const int UsageError = 2;
    public const int DeliveryError = 3;

    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(30);

    /// <summary>Runs a feed and returns the exit code.</summary>
    public static async Task<int> RunAsync(
        (KafkaSettings Settings, string Topic) kafka, bool quiet, Func<IReadingSink, FeedStatistics, CancellationToken, Task> feed, CancellationToken cancellationToken)
    {
        if (NoAnswer(kafka.Settings, kafka.Topic) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return DeliveryError;
        }

        var telemetry = KafkaOptions.ReadTelemetry(Environment.GetEnvironmentVariables());
        using var traces = OpenTelemetrySetup.StartTraces("smart-city-simulator", telemetry, Samplers.Begins(telemetry.TraceRatio), KafkaSink.TraceSource);
        var statistics = new FeedStatistics();
        using var sink = new KafkaSink(kafka.Settings.ClientProperties, kafka.Topic, statistics);
        var display = new ProgressDisplay(statistics, Console.Out, !Console.IsOutputRedirected, TimeProvider.System);
        using var shown = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = quiet ? Task.CompletedTask : display.RunAsync(shown.Token);
        var code = Success;
        try
        {
            // A thread of its own: sending waits where the broker is slower than the city.
            await Task.Run(() => feed(sink, statistics, cancellationToken), CancellationToken.None);
        }
        catch (DeliveryException e)
        {
            await Console.Error.WriteLineAsync($"Kafka takes no more: {e.Message}");
            code = DeliveryError;
        }

        var missing = code == Success ? sink.Flush(LastAnswer) : 0;
        await shown.CancelAsync();
        await showing;
        if (!quiet)
        {
            display.Finish();
        }

        if (missing > 0)
        {
            await Console.Error.WriteLineAsync($"{missing} records had no answer from {kafka.Settings.BootstrapServers} within {LastAnswer.TotalSeconds:0} s: {statistics.LastError ?? "no error was reported"}");
        }

        return missing > 0 || statistics.Failed > 0 ? DeliveryError : code;
    }

    /// <summary>Why nothing can be published there, or null. Asks for the topic, which also creates it where brokers create topics by themselves.</summary>
    private static string? NoAnswer(KafkaSettings settings, string topic)
    {
        try
        {
            using var client = new AdminClientBuilder(settings.ClientProperties).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
            var metadata = client.GetMetadata(topic, FirstAnswer).Topics.Find(t => t.Topic == topic);
            return metadata is null || !metadata.Error.IsError || metadata.Error.Code == ErrorCode.LeaderNotAvailable
                ? null
                : $"{settings.BootstrapServers} has no topic {topic} ({metadata.Error.Reason}). Start the worker, which creates it, or create it.";
        }
        catch (KafkaException e)
        {
            return $"No Kafka broker answers at {settings.BootstrapServers}: {e.Error.Reason}. Set --bootstrap-servers.";
        }
    }
}
