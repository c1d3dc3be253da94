using System.Globalization;

using Npgsql;

namespace SmartCity.Tests.Oracle;

/// <summary>Holds the window tables of PostgreSQL against the oracle, column by column.</summary>
internal static class DatabaseComparison
{
    /// <summary>The counts of all hours together: each reading once, as valid, as late too, or as invalid.</summary>
    public static async Task<Differences> CountsAsync(string connectionString, OracleVerdict verdict)
    {
        var differences = new Differences();
        var counted = new Dictionary<string, long>();
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = database.CreateCommand("SELECT kind, sum(count)::bigint FROM quality_hourly GROUP BY kind");
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            counted[row.GetString(0)] = row.GetInt64(1);
        }

        foreach ((string kind, int expected) in ((string, int)[])[("accepted", verdict.Valid.Count), ("late", verdict.Late.Count), ("dead_letter", verdict.Invalid.Count)])
        {
            if (counted.GetValueOrDefault(kind) is var count && count != expected)
            {
                differences.AddDifferent($"{count} counted as {kind}, not {expected}");
            }
        }

        return differences;
    }

    public static async Task<Differences> WindowsAsync(string connectionString, OracleVerdict verdict, OracleTimes times)
    {
        var differences = new Differences();
        var missing = new HashSet<OracleWindowKey>(verdict.Windows.Keys);
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(connectionString);
        foreach (string type in OracleCatalogue.Types.Keys)
        {
            await using NpgsqlCommand command = database.CreateCommand($"SELECT * FROM {type}_agg");
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
            {
                var key = new OracleWindowKey(type, (string)row["city"], (string)row["district"], Milliseconds(row["window_start"]));
                if (!missing.Remove(key))
                {
                    differences.AddSurplus(key);
                }
                else if (DifferenceOf(row, key, verdict, times) is { } difference)
                {
                    differences.AddDifferent($"{key}: {difference}");
                }
            }
        }

        foreach (OracleWindowKey key in missing)
        {
            differences.AddLost(key);
        }

        return differences;
    }

    private static string? DifferenceOf(NpgsqlDataReader row, OracleWindowKey key, OracleVerdict verdict, OracleTimes times)
    {
        OracleWindow window = verdict.Windows[key];
        if ((long)row["reading_count"] != window.ReadingCount)
        {
            return $"reading_count is {row["reading_count"]}, not {window.ReadingCount}";
        }

        long end = key.StartMs + times.SizeMs;
        bool isFinal = end + times.GraceMs <= verdict.WatermarkMs;
        if ((bool)row["is_final"] != isFinal || Milliseconds(row["window_end"]) != end || (bool)row["aligned"] != (key.StartMs % times.SizeMs == 0))
        {
            return $"is_final {row["is_final"]} (should be {isFinal}), window_end {row["window_end"]}, aligned {row["aligned"]}";
        }

        return ColumnComparison.DifferenceOf(window, key.Type, column => row[column] is var value and not DBNull ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null);
    }

    private static long Milliseconds(object time) => new DateTimeOffset((DateTime)time).ToUnixTimeMilliseconds();
}
