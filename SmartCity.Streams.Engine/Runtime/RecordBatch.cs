using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Takes many records from a consumer's queue in one call, and gives their bytes where the client has them. The .NET client takes one at a time and makes two objects for
/// each; below it is librdkafka's <c>rd_kafka_consume_batch_queue</c>, which serves rebalances and errors like the consumer's own <c>Consume</c>.
/// </summary>
/// <remarks>
/// The client does not show its native handle, so it is looked for by name; where a later version has hidden it elsewhere, <see cref="Of"/> gives null and records are
/// taken one by one. It never waits: waiting ends only when a whole batch is there.
/// </remarks>
internal sealed unsafe class RecordBatch : IDisposable
{
    private const int EndOfPartition = (int)ErrorCode.Local_PartitionEOF;

    private readonly Calls _calls;
    private readonly nint _queue;
    private readonly NativeMessage*[] _messages;
    private int _count;
    private bool _disposed;

    private RecordBatch(Calls calls, nint queue, int most)
    {
        _calls = calls;
        _queue = queue;
        _messages = new NativeMessage*[most];
    }

    /// <summary>Batches of at most so many records of a consumer; null where its queue cannot be reached.</summary>
    public static RecordBatch? Of(Handle consumer, int most)
    {
        var handle = typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(consumer) as SafeHandle;
        if (handle is null || Calls.Find() is not { } calls)
        {
            return null;
        }

        var queue = calls.QueueOf(handle.DangerousGetHandle());
        return queue == 0 ? null : new RecordBatch(calls, queue, most);
    }

    /// <summary>Takes what is there, at most <paramref name="most"/>; what was taken before must be released.</summary>
    public int Take(int most)
    {
        fixed (NativeMessage** messages = _messages)
        {
            _count = (int)Math.Max(0, _calls.Consume(_queue, 0, messages, (nuint)Math.Min(most, _messages.Length)));
        }

        return _count;
    }

    /// <summary>The partition of a record, an error, or an end of partition.</summary>
    public int Partition(int index) => _messages[index]->Partition;

    public long Offset(int index) => _messages[index]->Offset;

    public bool IsEnd(int index) => _messages[index]->Error == EndOfPartition;

    /// <summary>What the client has to say instead of a record; null for a record.</summary>
    public Error? Error(int index)
    {
        var message = _messages[index];
        return message->Error is 0 or EndOfPartition
            ? null
            : new Error((ErrorCode)message->Error, Encoding.UTF8.GetString(Bytes(message->Value, message->ValueLength)), message->Error == (int)ErrorCode.Local_Fatal);
    }

    public long TimestampMs(int index)
    {
        int type;
        return _calls.Timestamp(_messages[index], &type);
    }

    /// <summary>Its bytes, until <see cref="Release"/>; default for null.</summary>
    public ReadOnlySpan<byte> Key(int index) => Bytes(_messages[index]->Key, _messages[index]->KeyLength);

    public ReadOnlySpan<byte> Value(int index) => Bytes(_messages[index]->Value, _messages[index]->ValueLength);

    public bool HasKey(int index) => _messages[index]->Key is not null;

    public bool HasValue(int index) => _messages[index]->Value is not null;

    /// <summary>The bytes of its last header of a name (a literal, which ends with a zero), until <see cref="Release"/>; empty for none. Asking costs the client a parse of the headers of a record that has any.</summary>
    public ReadOnlySpan<byte> Header(int index, ReadOnlySpan<byte> name)
    {
        nint headers;
        byte* value;
        nuint length;
        fixed (byte* terminated = name)
        {
            return _calls.Headers(_messages[index], &headers) == 0 && _calls.LastHeader(headers, terminated, &value, &length) == 0 ? Bytes(value, length) : default;
        }
    }

    /// <summary>Gives everything taken back to the client.</summary>
    public void Release()
    {
        for (var i = 0; i < _count; i++)
        {
            _calls.Destroy(_messages[i]);
        }

        _count = 0;
    }

    /// <summary>To be called before the consumer is closed.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Release();
            _calls.DestroyQueue(_queue);
        }
    }

    private static ReadOnlySpan<byte> Bytes(byte* at, nuint length) => at is null ? default : new ReadOnlySpan<byte>(at, (int)length);

    /// <summary><c>rd_kafka_message_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct NativeMessage
    {
        public readonly int Error;
        public readonly nint Topic;
        public readonly int Partition;
        public readonly byte* Value;
        public readonly nuint ValueLength;
        public readonly byte* Key;
        public readonly nuint KeyLength;
        public readonly long Offset;
        public readonly nint Private;
    }

    /// <summary>The functions of the very library that the .NET client has loaded: which of those it brings that is depends on the system.</summary>
    private sealed class Calls(nint library)
    {
        public readonly delegate* unmanaged[Cdecl]<nint, nint> QueueOf = (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(library, "rd_kafka_queue_get_consumer");

        public readonly delegate* unmanaged[Cdecl]<nint, void> DestroyQueue = (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "rd_kafka_queue_destroy");

        public readonly delegate* unmanaged[Cdecl]<nint, int, NativeMessage**, nuint, nint> Consume =
            (delegate* unmanaged[Cdecl]<nint, int, NativeMessage**, nuint, nint>)NativeLibrary.GetExport(library, "rd_kafka_consume_batch_queue");

        public readonly delegate* unmanaged[Cdecl]<NativeMessage*, void> Destroy = (delegate* unmanaged[Cdecl]<NativeMessage*, void>)NativeLibrary.GetExport(library, "rd_kafka_message_destroy");

        public readonly delegate* unmanaged[Cdecl]<NativeMessage*, nint*, int> Headers = (delegate* unmanaged[Cdecl]<NativeMessage*, nint*, int>)NativeLibrary.GetExport(library, "rd_kafka_message_headers");

        public readonly delegate* unmanaged[Cdecl]<nint, byte*, byte**, nuint*, int> LastHeader =
            (delegate* unmanaged[Cdecl]<nint, byte*, byte**, nuint*, int>)NativeLibrary.GetExport(library, "rd_kafka_header_get_last");

        // It only looks into the message.
        public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<NativeMessage*, int*, long> Timestamp =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<NativeMessage*, int*, long>)NativeLibrary.GetExport(library, "rd_kafka_message_timestamp");

        public static Calls? Find()
        {
            var client = typeof(Handle).Assembly;
            var poll = client.GetType("Confluent.Kafka.Impl.Librdkafka")?.GetField("_consumer_poll", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null) as Delegate;
            return poll?.Method.DeclaringType?.GetField("DllName", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)?.GetRawConstantValue() is string name
                && NativeLibrary.TryLoad(name, client, null, out var library)
                ? new Calls(library)
                : null;
        }
    }
}
