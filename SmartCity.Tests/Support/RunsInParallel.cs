// Most of these tests wait (for brokers, time-outs, processes), so fixtures run beside each other, more of them than there are cores. Each takes topics,
// databases, buckets, folders and ports of its own; one that needs the machine alone says [NonParallelizable].
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(5)]
