using SmartCity.Domain.Configuration;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Configuration;

/// <summary>Section <c>Streams:Window</c>: hopping windows of <see cref="Size"/> that start every <see cref="Advance"/>, open to late readings for <see cref="Grace"/>.</summary>
public sealed record WindowOptions
{
    private const string Section = StreamsOptions.Section + ":Window";

    /// <summary>How many windows at most a moment may lie in: each reading costs that many merges.</summary>
    private const int MaxWindowsOfAReading = 60;

    /// <summary>Default five minutes.</summary>
    public TimeSpan Size { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Default one minute.</summary>
    public TimeSpan Advance { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Default ten minutes.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What the engine is given.</summary>
    internal TimeWindows ToEngine() => TimeWindows.OfSizeAndGrace(Size, Grace).AdvanceBy(Advance);

    internal static WindowOptions Read(SettingsReader reader)
    {
        var defaults = new WindowOptions();
        var options = new WindowOptions
        {
            Size = reader.Duration($"{Section}:Size", defaults.Size, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Advance = reader.Duration($"{Section}:Advance", defaults.Advance, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Grace = reader.Duration($"{Section}:Grace", defaults.Grace, TimeSpan.Zero, TimeSpan.FromDays(7)),
        };
        CheckMilliseconds(reader.Errors, "Size", options.Size);
        CheckMilliseconds(reader.Errors, "Advance", options.Advance);
        CheckMilliseconds(reader.Errors, "Grace", options.Grace);
        if (options.Size.Ticks % options.Advance.Ticks != 0)
        {
            reader.Errors.Add(
                $"{Section}:Advance", Durations.Format(options.Advance), $"must divide Size ({Durations.Format(options.Size)})",
                Durations.Format(LargestDivisor(options.Size, options.Advance)));
        }
        else if (options.Size.Ticks / options.Advance.Ticks > MaxWindowsOfAReading)
        {
            reader.Errors.Add(
                $"{Section}:Advance", Durations.Format(options.Advance), $"must be at least a {MaxWindowsOfAReading}th of Size ({Durations.Format(options.Size)})",
                Durations.Format(options.Size / 5));
        }

        return options;
    }

    private static void CheckMilliseconds(ConfigurationErrors errors, string name, TimeSpan value)
    {
        if (value.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            errors.Add($"{Section}:{name}", Durations.Format(value), "must be whole milliseconds", Durations.Format(TimeSpan.FromMilliseconds(Math.Ceiling(value.TotalMilliseconds))));
        }
    }

    /// <summary>
    /// The longest advance that divides the size and is no longer than the one asked for, in whole minutes where that one was: what the person most likely wants.
    /// </summary>
    private static TimeSpan LargestDivisor(TimeSpan size, TimeSpan advance)
    {
        var unit = advance.Ticks % TimeSpan.TicksPerMinute == 0 ? TimeSpan.TicksPerMinute : TimeSpan.TicksPerSecond;
        for (var ticks = Math.Min(advance.Ticks, size.Ticks) / unit * unit; ticks > 0; ticks -= unit)
        {
            if (size.Ticks % ticks == 0)
            {
                return new TimeSpan(ticks);
            }
        }

        return size;
    }
}
