namespace SmartCity.Tests.Soak;

/// <summary>What one worker holds, in MiB; null while it is being restarted.</summary>
/// <param name="Resident">All of the process: managed memory, librdkafka, RocksDB and code.</param>
/// <param name="Managed">The heap after the last collection.</param>
/// <param name="Stores">Its RocksDB stores, files and memtables.</param>
internal sealed record WorkerSample(double Resident, double Managed, double Stores);

/// <summary>What was seen at one moment.</summary>
/// <param name="Blocks">The repartition topic on the broker's disk, MiB; it is purged.</param>
/// <param name="Changelog">The changelog there, MiB; it is compacted.</param>
/// <param name="Lag">Readings not yet read by the combine stage.</param>
/// <param name="RowDelay">How far the database is behind the rows, s.</param>
internal sealed record SoakSample(TimeSpan At, IReadOnlyList<WorkerSample?> Workers, double Blocks, double Changelog, double Lag, double RowDelay);
