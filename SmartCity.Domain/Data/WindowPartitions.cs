using System.Globalization;

using Microsoft.EntityFrameworkCore.Migrations;

using Npgsql;

namespace SmartCity.Domain.Data;

/// <summary>
/// The window tables' partitions in PostgreSQL: sliding windows by day, aligned ones by month (both UTC), so that retention drops tables instead of deleting rows. Partitions
/// are made when the first row for them comes, by a function of the owner's, since who writes rows may make no tables. Table names are fixed here, because a migration
/// must do tomorrow what it does today.
/// </summary>
public static class WindowPartitions
{
    private static readonly string[] Tables = ["air_quality_agg", "traffic_agg", "parking_agg", "weather_agg", "energy_agg"];

    private const string Functions = """
        -- Makes the partition of a window table for one day of sliding or one month of aligned windows, if it is missing. Made apart and then attached: so neither
        -- readers nor writers of the table wait for it.
        CREATE FUNCTION add_window_partition(base text, is_aligned boolean, at timestamptz) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
        DECLARE
          parent text := base || CASE WHEN is_aligned THEN '_aligned' ELSE '_sliding' END;
          unit text := CASE WHEN is_aligned THEN 'month' ELSE 'day' END;
          begins timestamptz := date_trunc(unit, at);
          ends timestamptz := begins + ('1 ' || unit)::interval;
          child text := parent || '_' || to_char(begins, CASE WHEN is_aligned THEN 'YYYYMM' ELSE 'YYYYMMDD' END);
        BEGIN
          IF NOT EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
              WHERE c.relnamespace = 'public'::regnamespace AND c.relname = parent AND right(parent, 12) IN ('_agg_aligned', '_agg_sliding')) THEN
            RAISE EXCEPTION '% has no window partitions', base USING ERRCODE = 'invalid_parameter_value';
          END IF;
          IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
          -- One at a time. A lock of the table itself, because taking one makes this session see what others have made meanwhile.
          EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
          IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
          EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS) WITH (fillfactor = 80)', child, parent);
          EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, begins, ends);
        END $$;

        -- Drops the partitions of a window table that hold nothing from a time on; returns their names. Gives up when it would have to wait long for readers.
        CREATE FUNCTION drop_window_partitions(base text, is_aligned boolean, before timestamptz) RETURNS SETOF text
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
        DECLARE
          parent text := base || CASE WHEN is_aligned THEN '_aligned' ELSE '_sliding' END;
          unit text := CASE WHEN is_aligned THEN 'month' ELSE 'day' END;
          child text;
        BEGIN
          FOR child IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
            WHERE p.relnamespace = 'public'::regnamespace AND p.relname = parent AND right(parent, 12) IN ('_agg_aligned', '_agg_sliding')
              AND to_date(right(c.relname, CASE WHEN is_aligned THEN 6 ELSE 8 END), CASE WHEN is_aligned THEN 'YYYYMM' ELSE 'YYYYMMDD' END) + ('1 ' || unit)::interval <= before
            ORDER BY c.relname
          LOOP
            EXECUTE format('DROP TABLE %I', child);
            RETURN NEXT child;
          END LOOP;
        END $$;

        REVOKE ALL ON FUNCTION add_window_partition(text, boolean, timestamptz) FROM PUBLIC;
        REVOKE ALL ON FUNCTION drop_window_partitions(text, boolean, timestamptz) FROM PUBLIC;
        """;

    /// <summary>What <c>drop_window_partitions</c> goes through.</summary>
    private const string Expired = """
        SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relnamespace = 'public'::regnamespace AND p.relname = $1 || CASE WHEN $2 THEN '_aligned' ELSE '_sliding' END
          AND (to_date(right(c.relname, CASE WHEN $2 THEN 6 ELSE 8 END), CASE WHEN $2 THEN 'YYYYMM' ELSE 'YYYYMMDD' END)
            + CASE WHEN $2 THEN interval '1 month' ELSE interval '1 day' END) AT TIME ZONE 'UTC' <= $3
        ORDER BY c.relname
        """;

    /// <summary>The start of the partition that holds a window.</summary>
    public static DateTime StartOf(bool isAligned, DateTime windowStart)
        => isAligned ? new DateTime(windowStart.Year, windowStart.Month, 1, 0, 0, 0, DateTimeKind.Utc) : windowStart.Date;

    /// <summary>Makes the partition that holds a window, if it is missing.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, string table, bool isAligned, DateTime windowStart, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT add_window_partition($1, $2, $3)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = isAligned });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = windowStart });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Drops the partitions that hold nothing from a time on, and returns their names.</summary>
    public static Task<IReadOnlyList<string>> DropAsync(NpgsqlConnection connection, string table, bool isAligned, DateTime before, CancellationToken cancellationToken)
        => NamesAsync(connection, "SELECT drop_window_partitions($1, $2, $3)", table, isAligned, before, cancellationToken);

    /// <summary>The partitions that <see cref="DropAsync"/> would drop.</summary>
    public static Task<IReadOnlyList<string>> ListAsync(NpgsqlConnection connection, string table, bool isAligned, DateTime before, CancellationToken cancellationToken)
        => NamesAsync(connection, Expired, table, isAligned, before, cancellationToken);

    private static async Task<IReadOnlyList<string>> NamesAsync(NpgsqlConnection connection, string sql, string table, bool isAligned, DateTime before, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = isAligned });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = before });
        var names = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>Turns the plain tables that EF Core has made, which are still empty and have no index yet, into partitioned ones.</summary>
    internal static void Create(MigrationBuilder migrationBuilder)
    {
        foreach (string table in Tables)
        {
            migrationBuilder.Sql(string.Create(CultureInfo.InvariantCulture, $"""
                ALTER TABLE {table} RENAME TO {table}_plain;
                CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS) PARTITION BY LIST (aligned);
                DROP TABLE {table}_plain;
                ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY (city, district, window_start, aligned);
                CREATE TABLE {table}_sliding PARTITION OF {table} FOR VALUES IN (false) PARTITION BY RANGE (window_start);
                CREATE TABLE {table}_aligned PARTITION OF {table} FOR VALUES IN (true) PARTITION BY RANGE (window_start);
                """));
        }

        migrationBuilder.Sql(Functions);
    }

    internal static void Drop(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP FUNCTION IF EXISTS add_window_partition(text, boolean, timestamptz);
        DROP FUNCTION IF EXISTS drop_window_partitions(text, boolean, timestamptz);
        """);
}
