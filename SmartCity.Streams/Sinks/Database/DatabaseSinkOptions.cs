using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Section <c>Database</c>, as far as it is the sink's: how it writes.</summary>
/// <param name="FlushInterval"><c>Database:FlushInterval</c>: the longest a row waits for others to be written with. Default 100 ms.</param>
/// <param name="AdoptNewLog">
/// <c>Database:OnNewCluster</c>: <c>Stop</c> (default) when the database was written from another cluster or topic; <c>Adopt</c> forgets that one's offsets and goes on:
/// for a cluster that was built anew on purpose. Rows already there win over new ones of the same window with a smaller revision.
/// </param>
internal sealed record DatabaseSinkOptions(TimeSpan FlushInterval, bool AdoptNewLog)
{
    public static DatabaseSinkOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var options = new DatabaseSinkOptions(
            reader.Duration("Database:FlushInterval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            reader.OneOf("Database:OnNewCluster", false, ("Stop", false), ("Adopt", true)));
        reader.Text(DatabaseSettings.ProviderKey);
        reader.RejectUnknown("Database");
        return options;
    }
}
