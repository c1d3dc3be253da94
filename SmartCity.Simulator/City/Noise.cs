namespace SmartCity.Simulator.City;

/// <summary>
/// Chance and curves that come out the same to the last bit on every machine: hashes of what they belong to, and plain arithmetic (sine and exponential
/// functions differ between C libraries, so none is used).
/// </summary>
internal static class Noise
{
    /// <summary>SplitMix64's finalizer over two values.</summary>
    public static ulong Hash(ulong seed, ulong value)
    {
        var z = seed + (value * 0x9E3779B97F4A7C15UL) + 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>A hash as a number in [0, 1).</summary>
    public static double Uniform(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    /// <summary>A hash as a number with mean 0 and deviation 1, bell-shaped, within ±3.5: the sum of its four 16-bit parts.</summary>
    public static double Bell(ulong hash)
    {
        var sum = (hash & 0xFFFF) + ((hash >> 16) & 0xFFFF) + ((hash >> 32) & 0xFFFF) + (hash >> 48);
        return ((sum / 65535.0) - 2.0) * 1.7320508075688772;
    }

    /// <summary>A smooth random walk through [-1, 1] that turns about once a period.</summary>
    public static double Smooth(ulong seed, double timeMs, double periodMs)
    {
        var position = timeMs / periodMs;
        var floor = Math.Floor(position);
        var step = position - floor;
        var eased = step * step * (3 - (2 * step));
        var from = Uniform(Hash(seed, (ulong)(long)floor));
        var to = Uniform(Hash(seed, (ulong)((long)floor + 1)));
        return (2 * (from + ((to - from) * eased))) - 1;
    }

    /// <summary>A wave through [-1, 1] like a sine, one turn per unit: 0 at 0, 1 at ¼, -1 at ¾.</summary>
    public static double Wave(double turns)
    {
        var half = 2 * (turns - Math.Floor(turns + 0.5));
        return 4 * half * (1 - Math.Abs(half));
    }

    /// <summary>A hill of height 1 in the day: how near an hour (0–24) is to its middle, round the clock.</summary>
    public static double Hill(double hour, double middle, double width)
    {
        var distance = Math.Abs(hour - middle);
        distance = Math.Min(distance, 24 - distance) / width;
        var square = 1 + (distance * distance);
        return 1 / (square * square);
    }
}

/// <summary>A throw after another, each decided by the seed alone (SplitMix64).</summary>
internal struct Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next() => Noise.Hash(_state += 0x9E3779B97F4A7C15UL, 0);

    public double Uniform() => Noise.Uniform(Next());

    public double Bell() => Noise.Bell(Next());

    /// <summary>A number from 0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Uniform() * count);
}
