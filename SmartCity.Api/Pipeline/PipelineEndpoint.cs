using System.Text.Json;

using SmartCity.Api.Configuration;
using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Security;
using SmartCity.Domain;

namespace SmartCity.Api.Pipeline;

/// <summary><c>GET /pipeline</c>.</summary>
internal static class PipelineEndpoint
{
    public static void MapPipeline(this IEndpointRouteBuilder routes) => routes.MapGet("/pipeline", AnswerAsync)
        .RequireScope(ApiScopes.Ops)
        .Describe("pipeline", "Operations", "How the stream stands", """
            Stream time, lag and idleness of each input partition, the watermark and who holds it back, how far each sink has written and what it fails at, and every
            worker's latest report. What cannot be found out at the moment is null. Needs a key with the scope `ops` except on a developer's own machine.
            """, [])
        .Answers(AnswerSchemas.Pipeline)
        .NeedsNoPart();

    private static async Task<IResult> AnswerAsync(HttpContext context, PipelineReader pipeline, WorkerReports workers, ApiSettings settings)
    {
        var reader = new ParameterReader(context.Request.Query, []);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var state = await pipeline.ReadAsync(context.RequestAborted);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("timestamp", JsonForms.Time(state.Time));
            json.WriteTime("watermark", state.Watermark);
            json.WriteSeconds("watermark_delay_seconds", state.Time - state.Watermark);
            json.WriteStartArray("held_back_by");
            foreach (var input in state.Inputs.Where(input => state.Watermark is not null ? input.StreamTime == state.Watermark : input.StreamTime is null))
            {
                json.WriteNumberValue(input.Partition);
            }

            json.WriteEndArray();
            json.WriteBoolean("kafka", state.Kafka);
            json.WriteBoolean("database", state.Database);
            WriteInput(json, settings.Kafka.Topics.Sensors, state.Inputs);
            WriteSinks(json, state);
            json.WriteStartArray("workers");
            foreach (var report in state.Workers)
            {
                WriteWorker(json, report, workers.IsAlive(report));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteInput(Utf8JsonWriter json, string topic, IReadOnlyList<InputPartition> inputs)
    {
        json.WriteStartObject("input");
        json.WriteString("topic", topic);
        json.WriteWhole("lag", inputs.Count > 0 && inputs.All(input => input.Lag is not null) ? inputs.Sum(input => input.Lag) : null);
        json.WriteStartArray("partitions");
        foreach (var input in inputs)
        {
            json.WriteStartObject();
            json.WriteNumber("partition", input.Partition);
            json.WriteNumber("start", input.Start);
            json.WriteNumber("end", input.End);
            json.WriteWhole("position", input.Position);
            json.WriteWhole("lag", input.Lag);
            json.WriteTime("stream_time", input.StreamTime);
            json.WriteTime("last_record_at", input.LastRecordAt);
            json.WriteBoolean("idle", input.IsIdle);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSinks(Utf8JsonWriter json, PipelineState state)
    {
        json.WriteStartArray("sinks");
        foreach (string name in (string[])[SinkNames.Database, SinkNames.RawLake, SinkNames.AggregateLake])
        {
            // Several workers may run one sink, each with some of its partitions: the one in trouble is the one to tell of.
            var reports = state.Workers.SelectMany(worker => worker.Sinks.Where(sink => sink.Name == name)).ToList();
            var worst = reports.MaxBy(sink => Array.IndexOf(FromBadToWorse, sink.State));
            var failed = reports.Where(sink => sink.LastError is not null).MaxBy(sink => sink.LastErrorAt);
            var place = state.Sinks.FirstOrDefault(sink => sink.Name == name);
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("state", worst is null ? "unknown" : FromBadToWorse.Contains(worst.State) ? worst.State : "waiting");
            json.WriteWhole("lag", place is not null && place.Partitions.All(one => one.Lag is not null) ? place.Partitions.Sum(one => one.Lag) : null);
            json.WriteSeconds("delay_seconds", place is null || place.Partitions.Any(one => !one.WaitingIsKnown) ? null : place.Partitions.Min(one => one.WaitingSince) is { } since ? state.Time - since : TimeSpan.Zero);
            json.WriteText("error", worst?.State is "retrying" or "failed" ? worst.LastError : null);
            json.WriteText("last_error", failed?.LastError);
            json.WriteTime("last_error_at", failed?.LastErrorAt?.UtcDateTime);
            json.WriteStartArray("partitions");
            foreach (var one in place?.Partitions ?? [])
            {
                json.WriteStartObject();
                json.WriteString("topic", one.Partition.Topic);
                json.WriteNumber("partition", one.Partition.Partition.Value);
                json.WriteNumber("end", one.End);
                json.WriteWhole("position", one.Position);
                json.WriteWhole("lag", one.Lag);
                json.WriteTime("waiting_since", one.WaitingSince);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static readonly string[] FromBadToWorse = ["stopped", "running", "starting", "retrying", "failed"];

    private static void WriteWorker(Utf8JsonWriter json, WorkerReport report, bool isAlive)
    {
        json.WriteStartObject();
        json.WriteString("worker", report.Worker);
        json.WriteString("started_at", JsonForms.Time(report.StartedAt.UtcDateTime));
        json.WriteString("reported_at", JsonForms.Time(report.ReportedAt.UtcDateTime));
        json.WriteBoolean("alive", isAlive);
        json.WriteString("status", report.Status);
        json.WriteTexts("roles", report.Roles);
        json.WriteStartArray("parts");
        foreach (var part in report.Parts)
        {
            json.WriteStartObject();
            json.WriteString("name", part.Name);
            json.WriteString("state", part.State);
            json.WriteText("error", part.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteTexts("warnings", report.Warnings);
        json.WriteEndObject();
    }
}
