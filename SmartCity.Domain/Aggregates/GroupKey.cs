using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>What readings are grouped by: a sensor type in a city, or in one of its districts. <see cref="District"/> "" is the whole city.</summary>
public readonly record struct GroupKey(SensorType Type, string City, string District);
