namespace SmartCity.Domain.Data;

/// <summary>
/// One row of <c>stream_progress</c>: the greatest watermark that any row of a type and city has carried, or, of a city that has fallen silent, that its window
/// task has told of itself. The sink raises it, never lowers it, in the transaction that writes those rows: <c>watermark = greatest(old, new)</c>.
/// </summary>
public sealed class StreamProgressEntity
{
    /// <summary>The type's name on the wire, e.g. <c>air_quality</c>.</summary>
    public string SensorType { get; set; } = "";

    /// <summary>The city.</summary>
    public string City { get; set; } = "";

    /// <summary>The watermark, UTC: every window whose end + grace is not after it is final.</summary>
    public DateTime Watermark { get; set; }

    /// <summary>Processing time of what carried it, UTC.</summary>
    public DateTime ProcessingTime { get; set; }
}
