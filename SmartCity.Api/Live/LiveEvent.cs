namespace SmartCity.Api.Live;

/// <summary>An event for those who watch <c>/live</c>: ready to send, with what it may be filtered by.</summary>
/// <param name="Id">Its place in the feed; greater is later.</param>
/// <param name="Name"><c>window</c>, <c>alert</c> or <c>progress</c>.</param>
/// <param name="Data">One line of JSON.</param>
/// <param name="SensorType">The type of a window; null for progress.</param>
/// <param name="City">The city of a window; null for progress.</param>
/// <param name="District">The district of a window, "" for a whole city; null for progress.</param>
internal sealed record LiveEvent(long Id, string Name, byte[] Data, string? SensorType, string? City, string? District);
