using System.Collections.Concurrent;
using System.Text.Json;

using Confluent.Kafka;

using SmartCity.Api.Configuration;
using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.Kafka;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Security;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Ingest;

/// <summary>
/// <c>POST /ingest</c>: judges readings as the worker would, and publishes the valid ones to Kafka byte for byte. From there they reach lake and aggregates
/// like any other.
/// </summary>
internal sealed class IngestEndpoint(ApiSettings settings, ReadingPublisher publisher, KafkaLink kafka, IngestMetrics metrics, TimeProvider clock)
{
    /// <summary>The most readings in a request.</summary>
    public const int MaxReadings = 5000;

    private readonly ConcurrentBag<ReadingParser> _parsers = [];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/ingest", (HttpContext context, IngestEndpoint endpoint) => endpoint.AnswerAsync(context))
        .Describe("ingest", "Ingest", "Publish readings", $"""
            One reading, an array of readings, or NDJSON (one a line); Content-Encoding: gzip is understood. At most {MaxReadings} readings and 5 MiB inflated.
            202 means that every reading in `records` is in Kafka, on all in-sync replicas; what is in `rejected` broke a rule. 400 when every reading did.
            """, [])
        .WithMetadata(new BodyDescription(AnswerSchemas.Reading, ["application/json", "application/x-ndjson"])) // whatever the type says, the body is looked at
        .Answers(AnswerSchemas.IngestAnswer, 202)
        .RequireScope(ApiScopes.Ingest);

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        var unknown = new ParameterReader(context.Request.Query, []);
        if (unknown.Errors.Any)
        {
            return Problems.BadParameters(unknown.Errors);
        }

        using var body = new PooledBuffer();
        if (await IngestBody.ReadAsync(context.Request, body, context.RequestAborted) is { } problem)
        {
            return problem;
        }

        List<Range> ranges;
        try
        {
            ranges = ReadingSplitter.Split(body.WrittenSpan, IsLines(context.Request));
        }
        catch (FormatException error)
        {
            return Problems.BadRequest($"The body is an array that is not valid JSON: {error.Message}. Nothing was published.");
        }

        if (ranges.Count == 0)
        {
            return Problems.BadRequest("The body has no reading in it.");
        }

        if (ranges.Count > MaxReadings)
        {
            return Problems.TooLarge($"The body has {ranges.Count} readings; {MaxReadings} are allowed at a time. Nothing was published.");
        }

        var (valid, rejected) = Judge(body.WrittenSpan, ranges);
        if (valid.Count == 0)
        {
            return AllRejected(rejected);
        }

        if (!kafka.State.IsUp)
        {
            return Problems.KafkaDown("Kafka does not answer, so nothing was published. Try again later.");
        }

        if (!kafka.State.HasTopic)
        {
            return Problems.KafkaDown($"Kafka has no topic {kafka.Topic} yet, so nothing was published. The worker makes it when it starts.");
        }

        await publisher.PublishAsync(valid, context.RequestAborted);
        metrics.Accepted(valid.Count(reading => reading.Position is not null));
        metrics.Failed(valid.Count(reading => reading.Position is null));
        return Answer(valid, rejected);
    }

    private (List<Outgoing> Valid, List<(int Index, Rejection Rejection)> Rejected) Judge(ReadOnlySpan<byte> body, List<Range> ranges)
    {
        var valid = new List<Outgoing>(ranges.Count);
        var rejected = new List<(int, Rejection)>();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_parsers.TryTake(out var parser))
        {
            parser = new ReadingParser(settings.Readings);
        }

        for (int index = 0; index < ranges.Count; index++)
        {
            var json = body[ranges[index]];
            if (parser.TryParse(json, now, out var reading, out var rejection))
            {
                valid.Add(new Outgoing(index, reading.SensorId, json.ToArray()));
            }
            else
            {
                rejected.Add((index, rejection));
                metrics.Rejected(rejection.Reason);
            }
        }

        _parsers.Add(parser);
        return (valid, rejected);
    }

    private static ApiProblem AllRejected(List<(int Index, Rejection Rejection)> rejected)
    {
        var errors = new ParameterErrors();
        foreach (var (index, rejection) in rejected)
        {
            errors.Add(rejection.Field.Length == 0 ? $"[{index}]" : $"[{index}].{rejection.Field}", rejection.Detail);
        }

        return new ApiProblem(400, "Bad request", rejected.Count == 1 ? "The reading is not valid." : $"None of the {rejected.Count} readings is valid.")
        {
            Errors = errors.ByName,
            Extensions = json => WriteRejected(json, rejected),
        };
    }

    private static IResult Answer(List<Outgoing> readings, List<(int Index, Rejection Rejection)> rejected)
    {
        foreach (var reading in readings.Where(reading => reading.Error?.Code == ErrorCode.MsgSizeTooLarge))
        {
            rejected.Add((reading.Index, new Rejection(RejectReason.TooLarge, "", "Kafka does not take a message of this size.")));
        }

        var failed = readings.FindAll(reading => reading.Position is null && reading.Error?.Code != ErrorCode.MsgSizeTooLarge);
        var records = readings.FindAll(reading => reading.Position is not null);
        if (failed.Count > 0)
        {
            string detail = records.Count == 0
                ? "Kafka took none of the readings. Try again later."
                : $"Kafka took {records.Count} of the readings, in records; send those in failed again.";
            return new ApiProblem(503, "Kafka unavailable", detail)
            {
                RetryAfter = TimeSpan.FromSeconds(5),
                Extensions = json =>
                {
                    WriteRecords(json, records);
                    WriteFailed(json, failed);
                },
            };
        }

        if (records.Count == 0)
        {
            return AllRejected(rejected);
        }

        return new JsonAnswer(202, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "accepted");
            json.WriteNumber("accepted", records.Count);
            WriteRecords(json, records);
            WriteRejected(json, rejected);
            json.WriteEndObject();
        });
    }

    private static void WriteRecords(Utf8JsonWriter json, List<Outgoing> records)
    {
        json.WriteStartArray("records");
        foreach (var record in records)
        {
            json.WriteStartObject();
            json.WriteNumber("index", record.Index);
            json.WriteString("sensor_id", record.SensorId);
            json.WriteString("topic", record.Position!.Topic);
            json.WriteNumber("partition", record.Position.Partition.Value);
            json.WriteNumber("offset", record.Position.Offset.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFailed(Utf8JsonWriter json, List<Outgoing> failed)
    {
        json.WriteStartArray("failed");
        foreach (var reading in failed)
        {
            json.WriteStartObject();
            json.WriteNumber("index", reading.Index);
            json.WriteString("sensor_id", reading.SensorId);
            json.WriteText("reason", reading.Error?.Code.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRejected(Utf8JsonWriter json, List<(int Index, Rejection Rejection)> rejected)
    {
        json.WriteStartArray("rejected");
        foreach (var (index, rejection) in rejected)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("reason", rejection.Reason.Code());
            json.WriteString("field", rejection.Field);
            json.WriteString("detail", rejection.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static bool IsLines(HttpRequest request) => request.ContentType is { } type
        && (type.StartsWith("application/x-ndjson", StringComparison.OrdinalIgnoreCase) || type.StartsWith("application/ndjson", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/jsonl", StringComparison.OrdinalIgnoreCase));
}
