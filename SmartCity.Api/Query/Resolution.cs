namespace SmartCity.Api.Query;

/// <summary>How wide the buckets of an answer are: <see cref="Sliding"/> is every window as it is; the others are made of aligned windows only.</summary>
internal sealed record Resolution(string Name, TimeSpan Width)
{
    /// <summary>Every sliding window.</summary>
    public static readonly Resolution Sliding = new("1m", TimeSpan.Zero);

    public static readonly IReadOnlyList<Resolution> All =
    [
        Sliding, new("5m", TimeSpan.FromMinutes(5)), new("15m", TimeSpan.FromMinutes(15)), new("1h", TimeSpan.FromHours(1)), new("6h", TimeSpan.FromHours(6)),
        new("1d", TimeSpan.FromDays(1)),
    ];

    public bool IsSliding => Width == TimeSpan.Zero;

    /// <summary>True for buckets that follow a place's calendar, and so may have 23 or 25 hours.</summary>
    public bool IsDaily => Width == TimeSpan.FromDays(1);
}
