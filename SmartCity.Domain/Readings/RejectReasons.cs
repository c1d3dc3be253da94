namespace SmartCity.Domain.Readings;

/// <summary>The snake_case codes of <see cref="RejectReason"/>.</summary>
public static class RejectReasons
{
    private static readonly string[] Codes =
    [
        "none", "empty", "too_large", "invalid_json", "not_an_object", "missing_field", "wrong_type", "unknown_sensor_type", "bad_name", "bad_timestamp",
        "timestamp_without_offset", "timestamp_in_future", "bad_location", "no_metrics", "metric_not_a_number", "metric_out_of_range",
    ];

    /// <summary>The code of a reason, as it stands in headers, metrics and answers.</summary>
    public static string Code(this RejectReason reason) => Codes[(int)reason];
}
