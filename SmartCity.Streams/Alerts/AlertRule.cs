using System.Text.Json;

using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Alerts;

/// <summary>A rule about the aligned whole-city windows of a type.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Type">The type it is about.</param>
/// <param name="Column">The window column that it judges.</param>
/// <param name="CountColumn">The column that says how many values went into that one.</param>
/// <param name="IsAbove">True when it breaks above the threshold, false below.</param>
/// <param name="Threshold">Where it breaks.</param>
/// <param name="Clear">Where it is well again: at the threshold or on its good side.</param>
/// <param name="ForWindows">After how many windows in a row it fires.</param>
/// <param name="MinReadings">A window with fewer values is not judged.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c> or <c>critical</c>.</param>
/// <param name="Cities">The cities it is for; empty for all.</param>
internal sealed record AlertRule(
    string Id, SensorTypeDefinition Type, string Column, string CountColumn, bool IsAbove, double Threshold, double Clear, int ForWindows, long MinReadings, string Severity,
    IReadOnlyList<string> Cities)
{
    public string Direction => IsAbove ? "above" : "below";

    public bool Breaks(double value) => IsAbove ? value > Threshold : value < Threshold;

    public bool IsWell(double value) => IsAbove ? value <= Clear : value >= Clear;

    /// <summary>The worse of two values.</summary>
    public double Worse(double one, double other) => IsAbove ? Math.Max(one, other) : Math.Min(one, other);

    public bool IsFor(string type, string city) => Type.Name == type && (Cities.Count == 0 || Cities.Contains(city));

    /// <summary>The rule as it is told to others.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(new Dictionary<string, object>
    {
        ["id"] = Id,
        ["type"] = Type.Name,
        ["metric"] = Column,
        ["direction"] = Direction,
        ["threshold"] = Threshold,
        ["clear"] = Clear,
        ["for_windows"] = ForWindows,
        ["min_readings"] = MinReadings,
        ["severity"] = Severity,
        ["cities"] = Cities,
    });

    /// <summary>
    /// Judges one more window. <paramref name="open"/> is the alert of this rule and city that is not over, if there is one, and becomes the one after this window.
    /// Returns the alert that was changed, made or (when it was pending and is well again) is to be forgotten; null when nothing changed.
    /// </summary>
    public AlertEntity? Judge(string city, DateTime windowStart, double? value, long count, DateTime now, ref AlertEntity? open)
    {
        if (value is not { } figure || count < MinReadings)
        {
            return null;
        }

        if (open is null)
        {
            return Breaks(figure) ? open = Begin(city, windowStart, figure, now) : null;
        }

        var alert = open;
        (alert.Value, alert.UpdatedAt) = (figure, now);
        if (alert.State == AlertEntity.Pending)
        {
            if (!Breaks(figure))
            {
                alert.Windows = 0;
                open = null;
                return alert;
            }

            alert.Windows++;
            alert.State = alert.Windows >= ForWindows ? AlertEntity.Firing : AlertEntity.Pending;
        }
        else if (IsWell(figure))
        {
            (alert.State, alert.Until) = (AlertEntity.Resolved, windowStart);
            open = null;
        }

        alert.Peak = Worse(alert.Peak, figure);
        return alert;
    }

    private AlertEntity Begin(string city, DateTime windowStart, double value, DateTime now) => new()
    {
        Id = $"{Id}|{city}|{windowStart:yyyy-MM-dd'T'HH:mm:ss'Z'}",
        Rule = Id,
        SensorType = Type.Name,
        City = city,
        Metric = Column,
        Direction = Direction,
        Threshold = Threshold,
        Clear = Clear,
        Severity = Severity,
        State = ForWindows <= 1 ? AlertEntity.Firing : AlertEntity.Pending,
        Windows = 1,
        Value = value,
        Peak = value,
        Since = windowStart,
        UpdatedAt = now,
    };
}
