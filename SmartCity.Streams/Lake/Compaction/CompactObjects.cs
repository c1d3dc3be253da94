using System.Globalization;
using System.Runtime.InteropServices;

using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>Writes sorted readings to local files in the form of raw objects, beginning the next one when a file has reached the target. Holds one row group in memory.</summary>
internal static class CompactObjects
{
    /// <summary>Returns the files in order; the same readings and target give the same files.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(IEnumerable<StoredReading> sorted, SensorType type, string folder, long targetBytes, CancellationToken cancellation)
    {
        var files = new List<string>();
        var group = new CompactGroup();
        using IEnumerator<StoredReading> readings = sorted.GetEnumerator();
        bool more = readings.MoveNext();
        while (more)
        {
            files.Add(Path.Combine(folder, files.Count.ToString("D3", CultureInfo.InvariantCulture)));
            await using var output = new FileStream(files[^1], FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20);
            await using ParquetColumns file = await RawParquet.CreateAsync(type, output, cancellation);
            while (more && output.Position < targetBytes)
            {
                group.Clear();
                for (; more && !group.IsFull; more = readings.MoveNext())
                {
                    group.Add(readings.Current);
                }

                await RawParquet.WriteGroupAsync(file, type, group, cancellation);
            }

            await file.FinishAsync();
        }

        return files;
    }

    private sealed class CompactGroup : IRawGroup
    {
        private readonly List<StoredReading> _readings = [];

        public int Count => _readings.Count;

        public long PayloadBytes { get; private set; }

        public bool IsFull => Count >= RawParquet.RowsPerGroup || PayloadBytes >= RawParquet.PayloadPerGroup;

        public ref readonly Reading Reading(int index) => ref CollectionsMarshal.AsSpan(_readings)[index].Reading;

        public long ReceivedAtMs(int index) => _readings[index].ReceivedAtMs;

        public int Partition(int index) => _readings[index].Partition;

        public long Offset(int index) => _readings[index].Offset;

        public ReadOnlyMemory<byte> Payload(int index) => _readings[index].Payload;

        public void Add(in StoredReading reading)
        {
            _readings.Add(reading);
            PayloadBytes += reading.Payload.Length;
        }

        public void Clear()
        {
            _readings.Clear();
            PayloadBytes = 0;
        }
    }
}
