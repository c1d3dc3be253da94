using System.Globalization;
using System.Text;
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

namespace SmartCity.Api.Quality;

/// <summary><c>GET /quality/dead-letters</c> and <c>/quality/late</c>: the newest records of those topics, read from Kafka when asked for.</summary>
internal static class SideTopicEndpoints
{
    private const int PreviewBytes = 4096;

    /// <summary>How many offsets of each partition are looked at, at the most: marks of transactions lie between the records, and a reason may be rare.</summary>
    private const int Depth = 2000;

    private static readonly Parameter Limit = Parameter.Number("limit", 20, 1, 100, "The most records in an answer.");

    private static readonly IReadOnlyList<Parameter> DeadLetterParameters =
    [
        Limit,
        Parameter.OneOf("reason", null, [.. Enum.GetValues<RejectReason>().Where(reason => reason != RejectReason.None).Select(reason => reason.Code())],
            "Only records with this reason, among the newest 2,000 of each partition."),
    ];

    private static readonly IReadOnlyList<Parameter> LateParameters = [Limit];

    // As they are written before anything else is: a text that ends within a character is cut there.
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static void MapSideTopics(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/quality/dead-letters", (HttpContext context, LogReader log, ApiSettings settings)
                => AnswerAsync(context, log, settings.Kafka.Topics.DeadLetters, DeadLetterParameters))
            .Describe("dead-letters", "Quality", "The newest dead letters", """
                Readings that broke a rule, with the reason, where they lie and the first 4 KiB. Previews and keys need a key with the scope `ops`, except on a developer's own
                machine; without one they are null.
                """, DeadLetterParameters)
            .Answers(AnswerSchemas.SideTopic(("reason", Shape.TextOrNull()), ("detail", Shape.TextOrNull())));
        routes.MapGet("/quality/late", (HttpContext context, LogReader log, ApiSettings settings)
                => AnswerAsync(context, log, settings.Kafka.Topics.Late, LateParameters))
            .Describe("late", "Quality", "The newest late readings", "Valid readings that counted in no window any more. They are in the lake all the same.", LateParameters)
            .Answers(AnswerSchemas.SideTopic(("lateness_seconds", Shape.NumberOrNull("How far stream time was past the end and grace of the last window it lies in."))));
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, LogReader log, string topic, IReadOnlyList<Parameter> parameters)
    {
        var reader = new ParameterReader(context.Request.Query, parameters);
        int limit = reader.Number("limit");
        string? reason = parameters == DeadLetterParameters ? reader.Choice("reason") : null;
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        bool isLate = parameters == LateParameters;
        bool showsAll = context.Allows(ApiScopes.Ops);
        var partitions = await log.PartitionsAsync(topic, context.RequestAborted);
        var records = await log.NewestAsync(partitions, limit, Depth, headers => reason is null || Text(headers, "reason") == reason, context.RequestAborted);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", records.Count);
            json.WriteString("topic", topic);
            json.WriteBoolean("previews", showsAll);
            json.WriteStartArray("results");
            foreach (var record in records)
            {
                WriteRecord(json, record, isLate, showsAll);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteRecord(Utf8JsonWriter json, LogRecord record, bool isLate, bool showsAll)
    {
        var headers = record.Headers;
        json.WriteStartObject();
        if (isLate)
        {
            json.WriteSeconds("lateness_seconds", Number(headers, "lateness.ms") is { } lateness ? TimeSpan.FromMilliseconds(lateness) : null);
        }
        else
        {
            json.WriteText("reason", Text(headers, "reason"));
            json.WriteText("detail", Text(headers, "detail"));
        }

        json.WriteNumber("partition", record.Partition);
        json.WriteNumber("offset", record.Offset);
        json.WriteTime("time", record.Time);
        json.WriteText("source_topic", Text(headers, "source.topic"));
        json.WriteWhole("source_partition", Number(headers, "source.partition"));
        json.WriteWhole("source_offset", Number(headers, "source.offset"));
        json.WriteTime("source_time", Time(Number(headers, "source.timestamp.ms")));
        json.WriteText("key", showsAll && record.Key is { } key ? Encoding.UTF8.GetString(key) : null);
        json.WriteNumber("size", record.Value?.Length ?? 0);
        WritePreview(json, showsAll ? record.Value : null, (record.Value?.Length ?? 0) > PreviewBytes);
        json.WriteEndObject();
    }

    private static void WritePreview(Utf8JsonWriter json, byte[]? value, bool isTruncated)
    {
        if (value is null)
        {
            json.WriteNull("preview");
            json.WriteNull("preview_encoding");
        }
        else if (AsText(value) is { } text)
        {
            json.WriteString("preview", text);
            json.WriteString("preview_encoding", "utf-8");
        }
        else
        {
            json.WriteString("preview", Convert.ToBase64String(value.AsSpan(0, Math.Min(PreviewBytes, value.Length))));
            json.WriteString("preview_encoding", "base64");
        }

        json.WriteBoolean("truncated", isTruncated);
    }

    /// <summary>The beginning of a value as text, cut between characters; null when it is not UTF-8.</summary>
    private static string? AsText(byte[] value)
    {
        int length = Math.Min(PreviewBytes, value.Length);
        while (length > 0 && length < value.Length && length > PreviewBytes - 4 && (value[length] & 0xC0) == 0x80)
        {
            length--;
        }

        try
        {
            return Strict.GetString(value, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string? Text(Headers headers, string name) => headers.TryGetLastBytes(name, out byte[] bytes) ? Encoding.UTF8.GetString(bytes) : null;

    private static long? Number(Headers headers, string name)
        => Text(headers, name) is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static DateTime? Time(long? unixMs) => unixMs is >= -62_135_596_800_000 and <= 253_402_300_799_999 and not -1 ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs.Value).UtcDateTime : null;
}
