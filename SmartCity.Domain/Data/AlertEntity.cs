namespace SmartCity.Domain.Data;

/// <summary>
/// One row of <c>alerts</c>: one time that a rule was broken, from the first window that broke it (or from when a sensor was last heard of) until it was well again. The sink
/// keeps it in the transaction that writes the windows it judges.
/// </summary>
public sealed class AlertEntity
{
    /// <summary>Broken, but not yet for as many windows as the rule asks for: nobody is told.</summary>
    public const string Pending = "pending";

    /// <summary>Broken.</summary>
    public const string Firing = "firing";

    /// <summary>Over.</summary>
    public const string Resolved = "resolved";

    /// <summary>Rule, place and beginning: the key, and what receivers know doubles by.</summary>
    public string Id { get; set; } = "";

    /// <summary>The rule's id.</summary>
    public string Rule { get; set; } = "";

    /// <summary>The sensor type's name on the wire.</summary>
    public string SensorType { get; set; } = "";

    /// <summary>The city.</summary>
    public string City { get; set; } = "";

    /// <summary>The district; <c>""</c> is the whole city, or a sensor that names none.</summary>
    public string District { get; set; } = "";

    /// <summary>The sensor; <c>""</c> for a rule about windows.</summary>
    public string SensorId { get; set; } = "";

    /// <summary>The window column that is judged; null for a rule about sensors.</summary>
    public string? Metric { get; set; }

    /// <summary><c>above</c> or <c>below</c>; null for a rule about sensors.</summary>
    public string? Direction { get; set; }

    /// <summary>Where the rule breaks.</summary>
    public double Threshold { get; set; }

    /// <summary>Where it is well again; null for a rule about sensors.</summary>
    public double? Clear { get; set; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>.</summary>
    public string Severity { get; set; } = "";

    /// <summary><see cref="Pending"/>, <see cref="Firing"/> or <see cref="Resolved"/>.</summary>
    public string State { get; set; } = "";

    /// <summary>How many windows in a row have broken it while it is pending.</summary>
    public int Windows { get; set; }

    /// <summary>The value judged last.</summary>
    public double Value { get; set; }

    /// <summary>The worst value.</summary>
    public double Peak { get; set; }

    /// <summary>The start of the first window that broke it, or when the sensor was last heard of; UTC.</summary>
    public DateTime Since { get; set; }

    /// <summary>The start of the window that was well again, or when the sensor was heard of again; null until then.</summary>
    public DateTime? Until { get; set; }

    /// <summary>When the row changed last, UTC.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>The state that the webhook has been told; <c>""</c> for none.</summary>
    public string Notified { get; set; } = "";
}
