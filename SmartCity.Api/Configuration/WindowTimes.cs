namespace SmartCity.Api.Configuration;

/// <summary>How the worker's windows lie in time (<c>Streams:Window</c>): the API needs it to know what is final and what may be added up.</summary>
internal sealed record WindowTimes(TimeSpan Size, TimeSpan Grace);
