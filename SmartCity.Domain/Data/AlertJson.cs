using System.Globalization;
using System.Text.Json;

namespace SmartCity.Domain.Data;

/// <summary>An alert as everybody outside sees it: the same in the API's answers, in its events, and in what the webhook is sent.</summary>
public static class AlertJson
{
    /// <summary>Writes it as an object.</summary>
    public static void Write(Utf8JsonWriter json, AlertEntity alert)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(alert);
        json.WriteStartObject();
        json.WriteString("id", alert.Id);
        json.WriteString("rule", alert.Rule);
        json.WriteString("state", alert.State);
        json.WriteString("severity", alert.Severity);
        json.WriteString("aggregation_type", alert.SensorType);
        WriteText(json, "metric", alert.Metric);
        WriteText(json, "direction", alert.Direction);
        json.WriteNumber("threshold", alert.Threshold);
        WriteNumber(json, "clear", alert.Clear);
        json.WriteString("city", alert.City);
        json.WriteString("district", alert.District);
        WriteText(json, "sensor_id", alert.SensorId.Length > 0 ? alert.SensorId : null);
        json.WriteNumber("value", alert.Value);
        json.WriteNumber("peak", alert.Peak);
        WriteText(json, "since", Time(alert.Since));
        WriteText(json, "until", Time(alert.Until));
        WriteText(json, "updated_at", Time(alert.UpdatedAt));
        json.WriteEndObject();
    }

    private static string? Time(DateTime? utc) => utc?.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
