using System.Buffers;

using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>How records are grouped.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <typeparam name="TGroup">The type of the groups; compared by its own equality, which must agree with its serde's bytes.</typeparam>
public sealed record Grouped<TKey, TValue, TGroup>
{
    /// <summary>Which groups a record counts in.</summary>
    public required GroupSelector<TKey, TValue, TGroup> Selector { get; init; }

    /// <summary>
    /// Which larger groups hold all of a group: what counts in it counts in each of those too, but is added up once and merged into them when a commit is due. Null (default): none.
    /// The selector must not name a larger group together with one it holds.
    /// </summary>
    public Action<TGroup, GroupCollector<TGroup>>? HeldBy { get; init; }

    /// <summary>The canonical bytes of a group.</summary>
    public required ISerde<TGroup> Serde { get; init; }

    /// <summary>The part of a group whose murmur2 hash picks the repartition partition; null (default): all of its bytes. Groups with the same part stay together.</summary>
    public Action<TGroup, IBufferWriter<byte>>? PartitionBy { get; init; }
}
