using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Configuration;

/// <summary>Section <c>Readings</c>: <c>FutureTolerance</c> (00:05:00) and <c>TimestampsWithoutOffset</c> (<c>Reject</c> or <c>Utc</c>).</summary>
public static class ReadingSettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Readings";

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static ReadingRules Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var defaults = new ReadingRules();
        var rules = new ReadingRules
        {
            FutureTolerance = reader.Duration($"{Section}:FutureTolerance", defaults.FutureTolerance, TimeSpan.Zero, TimeSpan.FromDays(1)),
            TimestampsWithoutOffsetAreUtc = reader.OneOf($"{Section}:TimestampsWithoutOffset", false, ("Reject", false), ("Utc", true)),
        };
        reader.RejectUnknown(Section);
        return rules;
    }
}
