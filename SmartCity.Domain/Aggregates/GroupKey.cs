using System.IO.Hashing;
using System.Runtime.InteropServices;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>What readings are grouped by: a sensor type in a city, or in one of its districts. <see cref="District"/> "" is the whole city.</summary>
public readonly record struct GroupKey(SensorType Type, string City, string District)
{
    private static readonly long Seed = Random.Shared.NextInt64();

    /// <inheritdoc/>
    public bool Equals(GroupKey other) => Type == other.Type && City == other.City && District == other.District;

    /// <summary>Asked for once a reading, and so quicker than what the compiler makes.</summary>
    public override int GetHashCode()
    {
        var city = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(City.AsSpan()), Seed + (long)Type);
        return (int)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(District.AsSpan()), (long)city);
    }
}
