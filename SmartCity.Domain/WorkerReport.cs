using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Domain;

/// <summary>
/// What a worker says of itself every few seconds on the topic <see cref="Topics.Workers"/>, so that whoever can reach Kafka knows how every worker stands: the API
/// needs no address of theirs, and one that has vanished is missed. Key = <see cref="Worker"/>; a tombstone when it stops in good order.
/// </summary>
/// <param name="Worker">Host and process.</param>
/// <param name="StartedAt">When the process began.</param>
/// <param name="ReportedAt">When this was written.</param>
/// <param name="ApplicationId">The application it belongs to.</param>
/// <param name="Status"><c>healthy</c> or <c>degraded</c>.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Parts">How each of its parts stands.</param>
/// <param name="Sinks">How each of its sinks stands.</param>
/// <param name="Warnings">What a person should know.</param>
/// <param name="Rules">The alert rules it evaluates, each as a JSON object.</param>
public sealed record WorkerReport(
    string Worker,
    DateTimeOffset StartedAt,
    DateTimeOffset ReportedAt,
    string ApplicationId,
    string Status,
    IReadOnlyList<string> Roles,
    IReadOnlyList<WorkerReport.Part> Parts,
    IReadOnlyList<WorkerReport.Sink> Sinks,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<JsonElement> Rules)
{
    /// <summary>How often a worker reports.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>One of the things a worker does.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="State">What it does now.</param>
    /// <param name="Error">The fault that stopped it; null while none has.</param>
    public sealed record Part(string Name, string State, string? Error);

    /// <summary>A sink as one worker runs it.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="State">What it does now.</param>
    /// <param name="DelaySeconds">The age of the oldest record that it has taken and not made safe.</param>
    /// <param name="LastError">Its last failure; null when there was none.</param>
    /// <param name="LastErrorAt">When that was.</param>
    public sealed record Sink(string Name, string State, double DelaySeconds, string? LastError, DateTimeOffset? LastErrorAt);

    /// <summary>The report as JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WorkerReportJson.Default.WorkerReport);

    /// <summary>Reads a report; null when it is none.</summary>
    public static WorkerReport? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, WorkerReportJson.Default.WorkerReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WorkerReport))]
internal sealed partial class WorkerReportJson : JsonSerializerContext;
