namespace SmartCity.Domain.Readings;

/// <summary>Why a reading went to the dead letters. A fixed list: its <see cref="RejectReasons.Code"/> stands in headers, metrics and API answers.</summary>
public enum RejectReason : byte
{
    /// <summary>The reading is valid.</summary>
    None = 0,

    /// <summary><c>empty</c>: the value has no bytes (a tombstone is no reading).</summary>
    Empty,

    /// <summary><c>too_large</c>: more than <see cref="ReadingParser.MaxBytes"/> bytes.</summary>
    TooLarge,

    /// <summary><c>invalid_json</c>: not one JSON value, or not UTF-8.</summary>
    InvalidJson,

    /// <summary><c>not_an_object</c>: JSON, but not an object.</summary>
    NotAnObject,

    /// <summary><c>missing_field</c>: a required field is absent or null.</summary>
    MissingField,

    /// <summary><c>wrong_type</c>: a field has another JSON type than the contract's.</summary>
    WrongType,

    /// <summary><c>unknown_sensor_type</c></summary>
    UnknownSensorType,

    /// <summary><c>bad_name</c>: a sensor, city or district name breaks the rules for names.</summary>
    BadName,

    /// <summary><c>bad_timestamp</c>: not RFC 3339.</summary>
    BadTimestamp,

    /// <summary><c>timestamp_without_offset</c>: RFC 3339 but for its missing offset, where those are rejected.</summary>
    TimestampWithoutOffset,

    /// <summary><c>timestamp_in_future</c>: further ahead of its record timestamp than allowed.</summary>
    TimestampInFuture,

    /// <summary><c>bad_location</c>: latitude or longitude missing, not numbers, or off the globe.</summary>
    BadLocation,

    /// <summary><c>no_metrics</c>: none of the type's metrics is there.</summary>
    NoMetrics,

    /// <summary><c>metric_not_a_number</c>: a known metric is not a finite number.</summary>
    MetricNotANumber,

    /// <summary><c>metric_out_of_range</c></summary>
    MetricOutOfRange,
}
