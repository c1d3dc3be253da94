using Npgsql;

using SmartCity.Tests.Oracle;
using SmartCity.Tests.Rig;

namespace SmartCity.Tests.Chaos;

/// <summary>A comparison that never finds anything proves nothing: it must see what is spoilt on purpose.</summary>
internal sealed class SpoiltRows(PlatformRig rig)
{
    /// <summary>Spoils final rows, which nobody writes again: one is off by one, one is gone and another made up in its place.</summary>
    public async Task AreSeenAsync()
    {
        await using (NpgsqlDataSource database = NpgsqlDataSource.Create(rig.Database))
        {
            await using NpgsqlCommand spoil = database.CreateCommand("""
                UPDATE traffic_agg SET reading_count = reading_count + 1 WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM traffic_agg WHERE is_final LIMIT 1);
                UPDATE energy_agg SET city = city || ' moved' WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM energy_agg WHERE is_final LIMIT 1);
                """);
            await spoil.ExecuteNonQueryAsync();
        }

        OracleVerdict verdict = PlatformRig.Judge(rig.Input(), rig.Raises());
        Differences seen = await DatabaseComparison.WindowsAsync(rig.Database, verdict, PlatformRig.Times);

        // A window may have become final at this very moment: there may be more that differs, but no less.
        Assert.That((seen.Lost, seen.Surplus), Is.EqualTo((1, 1)), "the comparison sees the row that is gone and the one that should not be");
        Assert.That(seen.Different, Is.GreaterThanOrEqualTo(1), "the comparison sees the row that is off by one");
    }
}
