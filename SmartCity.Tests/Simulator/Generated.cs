using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Tests.Simulator;

/// <summary>A copy of what a model emitted, with the reading where it is a valid one.</summary>
internal sealed record Generated(long DueUs, long EventMs, EmissionKind Kind, RejectReason Reason, byte[] Key, byte[] Value)
{
    public static readonly DateTimeOffset Monday = new(2026, 1, 12, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An hour that is nothing but good readings.</summary>
    public static CityOptions Calm(DateTimeOffset start) =>
        new() { Start = start, LateFraction = 0, FaultFraction = 0, DuplicateFraction = 0, SilentFraction = 0 };

    public static IEnumerable<Generated> From(CityOptions options, TimeSpan duration)
    {
        var model = new CityModel(options);
        var endUs = (options.Start + duration).ToUnixTimeMilliseconds() * 1000;
        while (model.NextDueUs < endUs)
        {
            yield return Copy(model);
        }
    }

    /// <summary>The valid readings of a time, parsed.</summary>
    public static List<Reading> Readings(CityOptions options, TimeSpan duration)
    {
        var parser = new ReadingParser(new ReadingRules());
        var readings = new List<Reading>();
        foreach (var record in From(options, duration))
        {
            Assert.That(parser.TryParse(record.Value, record.EventMs, out var reading, out var rejection), Is.True, rejection.Detail);
            readings.Add(reading);
        }

        return readings;
    }

    private static Generated Copy(CityModel model)
    {
        var emission = model.Next();
        return new Generated(emission.DueUs, emission.EventMs, emission.Kind, emission.Reason, emission.Key.ToArray(), emission.Value.ToArray());
    }
}
