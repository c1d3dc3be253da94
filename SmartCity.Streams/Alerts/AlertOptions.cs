using System.Globalization;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Alerts;

/// <summary>Section <c>Alerts</c>.</summary>
/// <param name="Rules"><c>Alerts:Rules:N:{Id,Type,Metric,Above|Below,Clear,ForWindows,MinReadings,Severity,Cities}</c>.</param>
/// <param name="SensorSilent"><c>Alerts:SensorSilent</c>: whether a sensor that has fallen silent is an alert. Default true.</param>
/// <param name="WebhookUrl"><c>Alerts:Webhook:Url</c>: who is told; null for nobody.</param>
/// <param name="WebhookSecret"><c>Alerts:Webhook:Secret</c>: what messages are signed with; null leaves them unsigned.</param>
internal sealed record AlertOptions(IReadOnlyList<AlertRule> Rules, bool SensorSilent, Uri? WebhookUrl, string? WebhookSecret)
{
    private const string Section = "Alerts";

    public static AlertOptions None { get; } = new([], false, null, null);

    public static AlertOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var rules = new List<AlertRule>();
        foreach (var section in configuration.GetSection($"{Section}:Rules").GetChildren())
        {
            if (ReadRule(reader, section.Path, errors) is { } rule)
            {
                if (rules.Exists(other => other.Id == rule.Id))
                {
                    errors.Add($"{section.Path}:Id", rule.Id, "must be another than the other rules have", rule.Id + "-2");
                }

                rules.Add(rule);
            }
        }

        Uri? url = null;
        if (reader.Text($"{Section}:Webhook:Url") is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
        {
            errors.Add($"{Section}:Webhook:Url", text, "must be an http or https address", "https://alerts.example/hook");
        }

        var options = new AlertOptions(rules, reader.Switch($"{Section}:SensorSilent", true), url, reader.Text($"{Section}:Webhook:Secret"));
        reader.RejectUnknown(Section);
        return options;
    }

    private static AlertRule? ReadRule(SettingsReader reader, string path, ConfigurationErrors errors)
    {
        string id = reader.Required($"{path}:Id", "must name the rule", "pm25-high");
        string typeName = reader.Required($"{path}:Type", "must be a sensor type", "air_quality");
        var type = SensorTypes.All.FirstOrDefault(one => one.Name == typeName);
        if (type is null)
        {
            errors.Add($"{path}:Type", typeName, "must be a sensor type", "air_quality");
        }

        string metric = reader.Required($"{path}:Metric", "must be a column of the type's windows", "avg_pm25");
        var column = type is null ? null : MetricColumns.Of(type).FirstOrDefault(one => one.Name == metric || one.Name == "avg_" + metric);
        if (type is not null && column is null)
        {
            errors.Add($"{path}:Metric", metric, "must be a column of the type's windows", MetricColumns.Of(type)[1].Name);
        }

        double? above = Number(reader, $"{path}:Above", errors), below = Number(reader, $"{path}:Below", errors);
        if (above is null == below is null)
        {
            errors.Add($"{path}:Above", reader.Text($"{path}:Above"), "must be given, or Below, and not both", "50");
        }

        double threshold = above ?? below ?? 0;
        double clear = Number(reader, $"{path}:Clear", errors) ?? threshold;
        if (above is not null ? clear > threshold : clear < threshold)
        {
            errors.Add($"{path}:Clear", reader.Text($"{path}:Clear"), "must not lie where the rule is broken", threshold.ToString(CultureInfo.InvariantCulture));
        }

        int forWindows = reader.Number($"{path}:ForWindows", 1, 1, 1000);
        int minReadings = reader.Number($"{path}:MinReadings", 1, 1, int.MaxValue);
        string severity = reader.OneOf($"{path}:Severity", "warning", ("info", "info"), ("warning", "warning"), ("critical", "critical"));
        var cities = reader.List($"{path}:Cities") ?? [];
        if (type is null || column is null)
        {
            return null;
        }

        string count = MetricColumns.Of(type).First(one => one.MetricIndex == column.MetricIndex && one.Figure == MetricFigure.Count).Name;
        return new AlertRule(id, type, column.Name, count, above is not null, threshold, clear, forWindows, minReadings, severity, cities);
    }

    private static double? Number(SettingsReader reader, string key, ConfigurationErrors errors)
    {
        if (reader.Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
        {
            return value;
        }

        errors.Add(key, text, "must be a number", "50");
        return null;
    }
}
