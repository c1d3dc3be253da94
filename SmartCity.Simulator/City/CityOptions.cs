using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>Everything that decides what is generated: the same options give the same bytes.</summary>
internal sealed record CityOptions
{
    /// <summary>The simulated rate that stands for "as fast as possible": no client publishes as many. So a run that is flat out is always behind its own clock and never waits, nor is any reading ahead of time.</summary>
    public const double FlatOutRate = 1_000_000;

    /// <summary>Where all chance comes from.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The moment of the first reading.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Readings per simulated second over all sensors, faulty and late ones included; duplicates come on top.</summary>
    public double Rate { get; init; } = 10;

    /// <summary>How many sensors there are.</summary>
    public int Sensors { get; init; } = 200;

    /// <summary>The cities they stand in.</summary>
    public IReadOnlyList<CityPlace> Cities { get; init; } = Atlas.Cities;

    /// <summary>The kinds of sensors.</summary>
    public IReadOnlyList<SensorType> Types { get; init; } = [.. SensorTypes.All.Select(t => t.Type)];

    /// <summary>The share of readings that are delivered later than measured.</summary>
    public double LateFraction { get; init; } = 0.02;

    /// <summary>The longest such delay.</summary>
    public TimeSpan LateMax { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The share of readings that break a rule of the contract.</summary>
    public double FaultFraction { get; init; } = 0.005;

    /// <summary>The share of readings that are sent twice.</summary>
    public double DuplicateFraction { get; init; } = 0.001;

    /// <summary>The share of sensors that fall silent for good within the first hour.</summary>
    public double SilentFraction { get; init; } = 0.01;

    /// <summary>What kind of day it is.</summary>
    public Profile Profile { get; init; } = Profile.Steady;

    /// <summary>What is wrong with these options, each as a sentence that names the option; empty when they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        if (!(Rate > 0 && Rate <= 1e6))
        {
            errors.Add($"--rate is {Rate} but must be above 0 and at most 1000000 readings/s.");
        }

        if (Sensors is < 1 or > 1_000_000)
        {
            errors.Add($"--sensors is {Sensors} but must be 1 to 1000000.");
        }

        if (Cities.Count == 0)
        {
            errors.Add("--cities names no city.");
        }

        if (Types.Count == 0)
        {
            errors.Add("--types names no sensor type.");
        }

        Fraction(errors, "--late-fraction", LateFraction);
        Fraction(errors, "--fault-fraction", FaultFraction);
        Fraction(errors, "--duplicate-fraction", DuplicateFraction);
        Fraction(errors, "--silent-fraction", SilentFraction);
        if (errors.Count == 0 && LateFraction + FaultFraction + DuplicateFraction > 1)
        {
            errors.Add("--late-fraction, --fault-fraction and --duplicate-fraction add up to more than 1.");
        }

        if (LateMax < TimeSpan.Zero || LateMax > TimeSpan.FromDays(7))
        {
            errors.Add($"--late-max is {LateMax} but must be 0 to 7 days.");
        }

        return errors;
    }

    private static void Fraction(List<string> errors, string name, double value)
    {
        if (!(value is >= 0 and <= 1))
        {
            errors.Add($"{name} is {value} but must be 0 to 1.");
        }
    }
}
