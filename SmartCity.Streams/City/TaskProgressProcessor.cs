using System.Globalization;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.City;

/// <summary>Tells now and then how far a window task is. A city that has fallen silent has no rows that would say it.</summary>
internal sealed class TaskProgressProcessor : IProcessor<Windowed<GroupKey>, WindowUpdate<CityAggregate>, string, ReadingCounts>
{
    private const long Step = 60_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly long[] Nothing = new long[SensorTypes.All.Count];

    private IProcessorContext<string, ReadingCounts> _context = null!;
    private long _told = long.MinValue;
    private DateTimeOffset _toldAt;

    public void Init(IProcessorContext<string, ReadingCounts> context) => _context = context;

    public void Process(in Record<Windowed<GroupKey>, WindowUpdate<CityAggregate>> record)
    {
        // Rows speak for themselves.
    }

    public void Punctuate(DateTimeOffset wallClock)
    {
        // The clock may be set back: then it is told once more than needed.
        if (_context.Progress is not { } progress || progress.WatermarkMs / Step <= _told / Step || (wallClock - _toldAt).Duration() < Pause)
        {
            return;
        }

        (_told, _toldAt) = (progress.WatermarkMs, wallClock);
        long now = wallClock.ToUnixTimeMilliseconds();
        var record = new ReadingCounts(ReadingCounts.HourOf(now), Nothing) { Progress = new TaskProgress(progress.Task, progress.Tasks, progress.WatermarkMs, now) };
        _context.Forward(new Record<string, ReadingCounts>(string.Create(CultureInfo.InvariantCulture, $"windows-{progress.Task}"), record, now));
    }
}
