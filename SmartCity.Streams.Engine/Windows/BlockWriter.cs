using System.Buffers;

using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>Gathers the entries for one repartition partition and sends them as the chunks of one block.</summary>
internal sealed class BlockWriter(string topic, int partition, IRecordCollector output)
{
    /// <summary>A chunk is sent once it holds this many bytes: well under a broker's default limit of 1 MB a batch.</summary>
    private const int ChunkBytes = 512 * 1024;

    private readonly ArrayBufferWriter<byte> _entries = new(4096);
    private readonly ArrayBufferWriter<byte> _message = new(4096);
    private BlockHeader _header;
    private int _count;

    /// <summary>Begins a block; the header's chunk, last and entries are filled in as it goes.</summary>
    public void Begin(in BlockHeader header)
    {
        _header = header with { Chunk = 0 };
        _entries.ResetWrittenCount();
        _count = 0;
    }

    public void Add(ReadOnlySpan<byte> group, long sliceStartMs, int closed, ReadOnlySpan<byte> aggregate)
    {
        if (_count > 0 && _entries.WrittenCount + group.Length + aggregate.Length > ChunkBytes)
        {
            Send(isLast: false);
            _header = _header with { Chunk = _header.Chunk + 1 };
        }

        VarInt.WriteBytes(_entries, group);
        VarInt.WriteSigned(_entries, sliceStartMs);
        VarInt.Write(_entries, (ulong)closed);
        VarInt.WriteBytes(_entries, aggregate);
        _count++;
    }

    public void End() => Send(isLast: true);

    private void Send(bool isLast)
    {
        _message.ResetWrittenCount();
        BlockFormat.WriteHeader(_message, _header with { IsLast = isLast, Entries = _count });
        _message.Write(_entries.WrittenSpan);
        output.Send(topic, partition, null, _message.WrittenSpan.ToArray(), _count > 0 ? output.Trace : null);
        _entries.ResetWrittenCount();
        _count = 0;
    }
}
