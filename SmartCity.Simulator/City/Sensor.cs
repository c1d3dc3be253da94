using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>One sensor: what never changes about it, and the little it carries from one reading to the next.</summary>
internal sealed class Sensor
{
    public required SensorType Type { get; init; }

    public required string Id { get; init; }

    /// <summary>The index of its city in the options.</summary>
    public required int City { get; init; }

    public required District District { get; init; }

    /// <summary>Where it stands, degrees, to five decimals.</summary>
    public required double Latitude { get; init; }

    public required double Longitude { get; init; }

    /// <summary>Its own chance.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How busy its place is: about 1.25 in the middle of the city, 0.7 at the edge.</summary>
    public required double Activity { get; init; }

    /// <summary>Its size against others of its kind, 0.6–1.4: lanes of a road, spots of a garage, homes on a meter.</summary>
    public required double Size { get; init; }

    /// <summary>Its own steady error, about ±1.</summary>
    public required double Bias { get; init; }

    /// <summary>Simulated time between two of its readings, microseconds.</summary>
    public double IntervalUs { get; set; }

    /// <summary>From when on it is silent, microseconds since the Unix epoch.</summary>
    public long SilentFromUs { get; set; } = long.MaxValue;

    /// <summary>The readings it has made.</summary>
    public long Sequence { get; set; }

    /// <summary>The cars that ever drove into its garage, those that stood there at first among them (parking only).</summary>
    public double CarsIn { get; set; }

    /// <summary>The cars that ever drove out of it (parking only).</summary>
    public double CarsOut { get; set; }

    /// <summary>The cars that are in it: what came and has not left.</summary>
    public double Cars => CarsIn - CarsOut;

    /// <summary>When they were last counted, ms (parking only).</summary>
    public long CarsAtMs { get; set; }

    /// <summary>The record key: its id.</summary>
    public required byte[] Key { get; init; }

    /// <summary>Its readings' JSON before the timestamp, and between timestamp and metrics.</summary>
    public required byte[] Head { get; init; }

    public required byte[] Middle { get; init; }

    /// <summary>The spots of a garage.</summary>
    public int TotalSpots => (int)(Size * 400);
}
