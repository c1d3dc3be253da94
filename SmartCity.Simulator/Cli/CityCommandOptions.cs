using System.CommandLine;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Cli;

/// <summary>The options that decide what is generated, for <c>run</c> and <c>generate</c>.</summary>
internal sealed class CityCommandOptions
{
    private readonly Option<double> _rate = Parsers.Number("--rate", "Readings per second; 0 = flat out", 10);
    private readonly Option<TimeSpan?> _duration = Parsers.Duration("--duration", "How long, e.g. 30, 30s, 5m (default: until stopped)");
    private readonly Option<int> _sensors = new("--sensors") { Description = "How many sensors", DefaultValueFactory = _ => 200 };
    private readonly Option<IReadOnlyList<CityPlace>> _cities = Parsers.Cities();
    private readonly Option<IReadOnlyList<SensorType>> _types = Parsers.Types();
    private readonly Option<long> _seed = new("--seed") { Description = "Same seed and start: the same bytes", DefaultValueFactory = _ => 1 };
    private readonly Option<DateTimeOffset?> _start = Parsers.Moment("--start", "When the simulated city starts (default: now)");
    private readonly Option<TimeSpan?> _history = Parsers.Duration("--history", "Readings of so long before the start come first, flat out");
    private readonly Option<double> _late = Parsers.Number("--late-fraction", "The share of readings delivered late", 0.02);
    private readonly Option<TimeSpan?> _lateMax = Parsers.Duration("--late-max", "The longest such delay (default: 15m)");
    private readonly Option<double> _faults = Parsers.Number("--fault-fraction", "The share of faulty readings", 0.005);
    private readonly Option<double> _duplicates = Parsers.Number("--duplicate-fraction", "The share of readings sent twice", 0.001);
    private readonly Option<double> _silent = Parsers.Number("--silent-fraction", "The share of sensors that fall silent within the first hour", 0.01);
    private readonly Option<Profile> _profile = Parsers.Profiles();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_rate, _duration, _sensors, _cities, _types, _seed, _start, _history, _late, _lateMax, _faults, _duplicates, _silent, _profile])
        {
            command.Options.Add(option);
        }
    }

    public TimeSpan? Duration(ParseResult result) => result.GetValue(_duration);

    public bool IsFlatOut(ParseResult result) => result.GetValue(_rate) == 0;

    /// <summary>The moment that stands for now, to whole milliseconds.</summary>
    public DateTimeOffset LiveFrom(ParseResult result, TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds((result.GetValue(_start) ?? clock.GetUtcNow()).ToUnixTimeMilliseconds());

    /// <summary>What to generate. Throws <see cref="ConfigurationException"/> with everything that is wrong.</summary>
    public CityOptions City(ParseResult result, DateTimeOffset liveFrom)
    {
        var options = new CityOptions
        {
            Seed = result.GetValue(_seed),
            Start = liveFrom - (result.GetValue(_history) ?? TimeSpan.Zero),
            Rate = IsFlatOut(result) ? CityOptions.FlatOutRate : result.GetValue(_rate),
            Sensors = result.GetValue(_sensors),
            Cities = result.GetValue(_cities) is { Count: > 0 } cities ? cities : Atlas.Cities,
            Types = result.GetValue(_types) is { Count: > 0 } types ? types : [.. SensorTypes.All.Select(t => t.Type)],
            LateFraction = result.GetValue(_late),
            LateMax = result.GetValue(_lateMax) ?? TimeSpan.FromMinutes(15),
            FaultFraction = result.GetValue(_faults),
            DuplicateFraction = result.GetValue(_duplicates),
            SilentFraction = result.GetValue(_silent),
            Profile = result.GetValue(_profile),
        };
        var errors = options.Errors();
        if (IsFlatOut(result) && options.Start != liveFrom)
        {
            errors = [.. errors, "--history needs a --rate above 0: it says how many readings the past has."];
        }

        return errors.Count == 0 ? options : throw new ConfigurationException(errors);
    }
}
