using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>A group in a window: the key of an aggregate's rows.</summary>
/// <param name="Group">The group.</param>
/// <param name="StartMs">The window's start (included), Unix milliseconds.</param>
/// <param name="EndMs">The window's end (excluded), Unix milliseconds; <see cref="long.MaxValue"/> for the unlimited window.</param>
/// <typeparam name="TGroup">The type of the groups.</typeparam>
public readonly record struct Windowed<TGroup>(TGroup Group, long StartMs, long EndMs);

/// <summary>An aggregate as it stands at a revision.</summary>
/// <param name="Aggregate">The aggregate; the engine's own object, to be read during the call and not kept.</param>
/// <param name="IsFinal">True once the watermark has passed the window's end + grace: it is emitted for the last time.</param>
/// <param name="Epoch">Raised when an application is reset, so that the rows of a reprocessing win.</param>
/// <param name="Revision">Orders the rows of one window within an epoch: the repartition offset of the last block merged, or, for a final row, of the block that moved the watermark.</param>
/// <param name="WatermarkMs">The watermark at emission, Unix milliseconds; null while some input partition has none.</param>
/// <typeparam name="TAggregate">The type of the aggregate.</typeparam>
public readonly record struct WindowUpdate<TAggregate>(TAggregate Aggregate, bool IsFinal, int Epoch, long Revision, long? WatermarkMs);

/// <summary>Which rows an aggregate emits.</summary>
public enum EmitStrategy
{
    /// <summary>Rows of open windows as they change (at most one in the emission interval) and the final one. Default.</summary>
    OnWindowUpdate,

    /// <summary>Only the final row (Kafka Streams' <c>Suppressed.untilWindowCloses</c> and <c>EmitStrategy.onWindowClose</c>, KIP-825).</summary>
    OnWindowClose,
}
