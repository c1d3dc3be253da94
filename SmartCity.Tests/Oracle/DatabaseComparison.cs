using System.Globalization;

using Npgsql;

namespace SmartCity.Tests.Oracle;

/// <summary>Holds the window tables of PostgreSQL against the oracle, column by column.</summary>
internal static class DatabaseComparison
{
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
