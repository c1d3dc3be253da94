using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Which topic a lake sink keeps, and how.</summary>
internal interface ILakeContent
{
    /// <summary>The sink's name.</summary>
    string Name { get; }

    /// <summary>The topic.</summary>
    string Topic { get; }

    /// <summary>An empty batch of a partition.</summary>
    LakeRows NewRows(int partition);
}

/// <summary>What a batch holds: the records worth keeping, and the objects they become.</summary>
internal abstract class LakeRows
{
    /// <summary>How many records are kept.</summary>
    public int Count { get; protected set; }

    /// <summary>The memory they take, about.</summary>
    public long Bytes { get; protected set; }

    /// <summary>Keeps a record, or passes it over when it is none for the lake. Records come in order of offset.</summary>
    public abstract void Add(in SinkRecord record);

    /// <summary>
    /// The objects of the batch that begins at <paramref name="first"/>. Keys and contents follow from the records alone, so that making them again
    /// after a crash gives the same bytes under the same keys. Made one after the other, as they are asked for.
    /// </summary>
    public abstract IEnumerable<LakeDraft> Drafts(long first);
}

/// <summary>An object to be written.</summary>
/// <param name="Key">Its key.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Rows">The records in it.</param>
/// <param name="MakeAsync">Makes its bytes. Drafts of one batch may be made at the same time.</param>
internal sealed record LakeDraft(string Key, string ContentType, int Rows, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> MakeAsync);
