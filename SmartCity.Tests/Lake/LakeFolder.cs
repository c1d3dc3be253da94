using System.Globalization;

using DuckDB.NET.Data;

using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>A lake in a temporary folder, and DuckDB to read it with.</summary>
internal sealed class LakeFolder : IDisposable
{
    /// <summary>How PRODUCT's users read the partition columns.</summary>
    private const string Hive = "union_by_name=true, hive_types={'city':VARCHAR,'year':INT,'month':INT,'day':INT,'hour':INT}";

    private static readonly string HiveOfDays = Hive.Replace(",'hour':INT", "", StringComparison.Ordinal);

    public string Path { get; } = Directory.CreateTempSubdirectory("smartcity-lake-").FullName;

    public FolderObjectStore Store => new(Path);

    public async Task PutAsync(IEnumerable<KeyValuePair<string, byte[]>> objects)
    {
        foreach (var (key, content) in objects)
        {
            await Store.PutAsync(key, content, "application/octet-stream", CancellationToken.None);
        }
    }

    /// <summary>Runs a query in which <c>{raw:TYPE}</c> stands for that type's raw readings, <c>{compact:TYPE}</c> for its merged ones and <c>{aggregated:TYPE}</c> for its aggregates; values as invariant text.</summary>
    public List<string?[]> Query(string sql)
    {
        sql = System.Text.RegularExpressions.Regex.Replace(sql, @"\{(raw|compact|aggregated):(\w+)\}", m => m.Groups[1].Value switch
        {
            "raw" => $"read_parquet('{Path}/raw-data/sensor_type={m.Groups[2]}/**/*.parquet', {Hive})",
            "compact" => $"read_parquet('{Path}/raw-compact/sensor_type={m.Groups[2]}/**/*.parquet', {HiveOfDays})",
            _ => $"read_parquet('{Path}/aggregated-data/sensor_type={m.Groups[2]}/**/*.parquet', {HiveOfDays})",
        });
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SET TimeZone='UTC'; " + sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string?[]>();
        while (reader.Read())
        {
            var row = new string?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture);
            }

            rows.Add(row);
        }

        return rows;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
