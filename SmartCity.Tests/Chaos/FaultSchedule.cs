namespace SmartCity.Tests.Chaos;

/// <summary>Draws the faults of a campaign. The same seed, number, time and kinds give the same faults.</summary>
internal static class FaultSchedule
{
    public static IReadOnlyList<Fault> Draw(int seed, int count, TimeSpan time, IReadOnlyList<FaultKind> kinds, int seats)
    {
        var dice = new Random(seed);
        var order = new List<FaultKind>();
        while (order.Count < count)
        {
            // Each kind once before any comes twice.
            order.AddRange(Shuffled(kinds, dice));
        }

        var faults = new List<Fault>();
        TimeSpan gap = time / count;
        TimeSpan at = TimeSpan.Zero;
        for (int number = 0; number < count; number++)
        {
            // One in six strikes together with the one before it.
            at = number > 0 && dice.Next(6) == 0 ? at : gap * (number + dice.NextDouble());
            FaultKind kind = order[number];
            double seconds = kind.ShortestSeconds + (dice.NextDouble() * (kind.LongestSeconds - kind.ShortestSeconds));
            faults.Add(new Fault(number + 1, kind, at, TimeSpan.FromSeconds(seconds), dice.Next(seats + 1), dice.Next()));
        }

        return faults;
    }

    private static FaultKind[] Shuffled(IReadOnlyList<FaultKind> kinds, Random dice)
    {
        FaultKind[] shuffled = [.. kinds];
        dice.Shuffle(shuffled);
        return shuffled;
    }
}
