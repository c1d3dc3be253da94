using System.Globalization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>
/// Hopping windows [start, end) on the Unix epoch's grid, as Kafka Streams' <c>TimeWindows</c>: of one size, every <see cref="Advance"/> one begins. Time is cut into
/// <em>slices</em> as long as the advance; a reading lies in one slice and a slice in <see cref="WindowsPerSlice"/> windows.
/// </summary>
public sealed record TimeWindows
{
    // The years 1 to 9999.
    private const long EarliestMs = -62_135_596_800_000;
    private const long LatestMs = 253_402_300_799_999;

    private readonly long _sizeMs;
    private readonly long _advanceMs;
    private readonly long _graceMs;

    private TimeWindows(long sizeMs, long advanceMs, long graceMs)
    {
        _sizeMs = sizeMs;
        _advanceMs = advanceMs;
        _graceMs = graceMs;
        WindowsPerSlice = (int)(sizeMs / advanceMs);
    }

    /// <summary>One window over all of time; it is never final. What an aggregate without <c>WindowedBy</c> uses.</summary>
    public static TimeWindows Unlimited { get; } = new(1, 1, 0) { IsUnlimited = true };

    /// <summary>True for <see cref="Unlimited"/>.</summary>
    public bool IsUnlimited { get; private init; }

    /// <summary>How long a window is.</summary>
    public TimeSpan Size => TimeSpan.FromMilliseconds(_sizeMs);

    /// <summary>How far the next window begins after one.</summary>
    public TimeSpan Advance => TimeSpan.FromMilliseconds(_advanceMs);

    /// <summary>How long after its end a window still takes readings, in stream time.</summary>
    public TimeSpan Grace => TimeSpan.FromMilliseconds(_graceMs);

    /// <summary>In how many windows each reading lies: size / advance.</summary>
    public int WindowsPerSlice { get; }

    /// <summary>Tumbling windows of a size that close <paramref name="grace"/> after their end. Make them hop with <see cref="AdvanceBy"/>.</summary>
    /// <exception cref="ArgumentException">A duration is not a positive whole number of milliseconds (grace may be zero).</exception>
    public static TimeWindows OfSizeAndGrace(TimeSpan size, TimeSpan grace) => new(Milliseconds(size, 1, nameof(size)), Milliseconds(size, 1, nameof(size)), Milliseconds(grace, 0, nameof(grace)));

    /// <summary>The same windows, beginning every <paramref name="advance"/>, which must divide the size (so that a slice lies wholly in or out of a window).</summary>
    /// <exception cref="ArgumentException">The advance does not divide the size, or gives more than 1,000 windows a reading.</exception>
    public TimeWindows AdvanceBy(TimeSpan advance)
    {
        var advanceMs = Milliseconds(advance, 1, nameof(advance));
        if (IsUnlimited || _sizeMs % advanceMs != 0 || _sizeMs / advanceMs > 1000)
        {
            throw new ArgumentException($"The advance ({advance}) must divide the size ({Size}) into at most 1,000 parts.", nameof(advance));
        }

        return new TimeWindows(_sizeMs, advanceMs, _graceMs);
    }

    /// <summary>The start of the slice that a time lies in, in Unix milliseconds.</summary>
    internal long SliceStart(long timeMs) => IsUnlimited ? 0 : FloorDiv(timeMs, _advanceMs) * _advanceMs;

    /// <summary>The end of the window number <paramref name="index"/> (0 ends first) over a slice.</summary>
    internal long WindowEnd(long sliceStartMs, int index) => IsUnlimited ? long.MaxValue : sliceStartMs + (_advanceMs * (index + 1));

    /// <summary>True when there can be a window that ends then. Only damaged or foreign bytes name another.</summary>
    internal bool Holds(long endMs) => IsUnlimited
        ? endMs == long.MaxValue
        : endMs <= LatestMs && endMs >= EarliestMs + _sizeMs && endMs % _advanceMs == 0;

    /// <summary>True when there can be a slice that starts then: every window over it begins and ends on a day that a calendar has.</summary>
    internal bool HoldsSlice(long sliceStartMs) => IsUnlimited
        ? sliceStartMs == 0
        : sliceStartMs >= EarliestMs + _sizeMs - _advanceMs && sliceStartMs <= LatestMs - _sizeMs && sliceStartMs % _advanceMs == 0;

    /// <summary>True for what a stream time can be: none yet, or a time that a calendar has.</summary>
    internal static bool IsStreamTime(long ms) => ms == long.MinValue || ms is >= EarliestMs and <= LatestMs;

    /// <summary>The start of the window with an end.</summary>
    internal long WindowStart(long endMs) => IsUnlimited ? 0 : endMs - _sizeMs;

    /// <summary>How many of the windows over a slice are closed at a stream time: those with end + grace ≤ stream time.</summary>
    internal int ClosedWindows(long sliceStartMs, long streamTimeMs) => IsUnlimited || streamTimeMs == long.MinValue
        ? 0
        : (int)Math.Clamp(FloorDiv(streamTimeMs - _graceMs - sliceStartMs, _advanceMs), 0, WindowsPerSlice);

    /// <summary>The largest end of a window that is closed at a stream time; <see cref="long.MinValue"/> when none is.</summary>
    internal long LastClosedEnd(long streamTimeMs) => IsUnlimited || streamTimeMs == long.MinValue
        ? long.MinValue
        : FloorDiv(streamTimeMs - _graceMs, _advanceMs) * _advanceMs;

    /// <summary>How long after the last window over a slice closed a stream time is.</summary>
    internal long LatenessMs(long sliceStartMs, long streamTimeMs) => streamTimeMs - (WindowEnd(sliceStartMs, WindowsPerSlice - 1) + _graceMs);

    /// <inheritdoc/>
    public override string ToString() => IsUnlimited ? "unlimited" : string.Create(CultureInfo.InvariantCulture, $"size {Size}, advance {Advance}, grace {Grace}");

    private static long FloorDiv(long a, long b)
    {
        var quotient = a / b;
        return a % b < 0 ? quotient - 1 : quotient;
    }

    private static long Milliseconds(TimeSpan value, long min, string name) =>
        value.Ticks % TimeSpan.TicksPerMillisecond == 0 && value.Ticks / TimeSpan.TicksPerMillisecond >= min && value < TimeSpan.FromDays(3660)
            ? value.Ticks / TimeSpan.TicksPerMillisecond
            : throw new ArgumentException($"{name} is {value} but must be a whole number of milliseconds, at least {min} and under ten years.", name);
}
