using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.Tests.Chaos;

/// <summary>What a campaign did and found: the last line of <c>tools/chaos/run.sh</c>.</summary>
internal sealed record CampaignReport
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required int Seed { get; init; }

    public required int Faults { get; init; }

    public required IReadOnlyDictionary<string, int> FaultsByKind { get; init; }

    public required IReadOnlyList<string> KindsNotPossibleHere { get; init; }

    /// <summary>Readings in the input log, whatever they are worth.</summary>
    public required int Readings { get; init; }

    public required int Invalid { get; init; }

    public required int Late { get; init; }

    public required int Raises { get; init; }

    public required int Windows { get; init; }

    public required int FinalWindows { get; init; }

    /// <summary>Over all outputs: windows in Kafka, PostgreSQL and the lake, readings in the lake, late readings, dead letters.</summary>
    public required int Lost { get; init; }

    public required int Doubled { get; init; }

    public required int Differing { get; init; }

    /// <summary>How often a worker ended by itself and was started again.</summary>
    public required int WorkersFell { get; init; }

    /// <summary>Seconds from a worker's SIGKILL until all that lay in the logs then was committed, where no other fault was near.</summary>
    public required IReadOnlyList<double> RecoverySeconds { get; init; }

    /// <summary>The same where others were.</summary>
    public required IReadOnlyList<double> RecoverySecondsAmidOtherFaults { get; init; }

    public required int Seconds { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Options);
}
