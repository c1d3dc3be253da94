using System.Globalization;

using DuckDB.NET.Data;

using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>A lake in a temporary folder, and DuckDB to read it with.</summary>
internal sealed class LakeFolder : IDisposable
{
    /// <summary>How PRODUCT's users read the partition columns.</summary>
    private const string Hive = "union_by_name=true, hive_types={'city':VARCHAR,'year':INT,'month':INT,'day':INT,'hour':INT}";

    public string Path { get; } = Directory.CreateTempSubdirectory("smartcity-lake-").FullName;

    public FolderObjectStore Store => new(Path);

    public async Task PutAsync(IEnumerable<KeyValuePair<string, byte[]>> objects)
    {
        foreach (var (key, content) in objects)
        {
            await Store.PutAsync(key, content, "application/octet-stream", CancellationToken.None);
        }
    }

    /// <summary>Runs a query in which <c>{raw:TYPE}</c> stands for that type's raw readings and <c>{aggregated:TYPE}</c> for its aggregates; values as invariant text.</summary>
    public List<string?[]> Query(string sql)
    {
        sql = System.Text.RegularExpressions.Regex.Replace(
            sql, @"\{(raw|aggregated):(\w+)\}", m => $"read_parquet('{Path}/{m.Groups[1]}-data/sensor_type={m.Groups[2]}/**/*.parquet', {(m.Groups[1].Value == "raw" ? Hive : Hive.Replace(",'hour':INT", "", StringComparison.Ordinal))})");
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
