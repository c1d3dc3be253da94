using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Section <c>Retention</c>: how long the database keeps what. Counted back from the newest window, so that a recording of long ago is not thrown away as it is replayed.</summary>
/// <param name="Sliding"><c>Retention:Sliding</c>: sliding windows, in whole days. Default 14 days.</param>
/// <param name="Aligned"><c>Retention:Aligned</c>: aligned windows, in whole months. Default 400 days.</param>
/// <param name="History"><c>Retention:History</c>: hourly counts and alerts that are over. Default 400 days.</param>
internal sealed record RetentionOptions(TimeSpan Sliding, TimeSpan Aligned, TimeSpan History)
{
    public static RetentionOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        TimeSpan day = TimeSpan.FromDays(1), most = TimeSpan.FromDays(36_500);
        var options = new RetentionOptions(
            reader.Duration("Retention:Sliding", 14 * day, day, most),
            reader.Duration("Retention:Aligned", 400 * day, day, most),
            reader.Duration("Retention:History", 400 * day, day, most));
        reader.RejectUnknown("Retention");
        return options;
    }
}
