using Microsoft.EntityFrameworkCore.Migrations;

namespace SmartCity.Domain.Data;

/// <summary>
/// Who may do what in PostgreSQL. The owner is whoever migrates. <c>smart_city_writer</c> is for workers: rows, no tables. <c>smart_city_reader</c> is for the API and for
/// BI tools: reading only. Both are groups without a login, to be granted to users (<c>GRANT smart_city_reader TO grafana</c>). An owner who may make no roles
/// gets none, and grants as he likes.
/// </summary>
internal static class DatabaseRoles
{
    public static void Create(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DO $$
        DECLARE
          tables text := 'air_quality_agg, traffic_agg, parking_agg, weather_agg, energy_agg, sensors, alerts, quality_hourly, stream_progress, sink_offsets';
          views text := 'air_quality_5m, traffic_5m, parking_5m, weather_5m, energy_5m';
          role_name text;
        BEGIN
          FOREACH role_name IN ARRAY ARRAY['smart_city_writer', 'smart_city_reader'] LOOP
            BEGIN
              EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION
              WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server has made it
              WHEN insufficient_privilege THEN RAISE NOTICE 'Role % is not there and cannot be made by %', role_name, current_user;
            END;
            CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role_name);
            EXECUTE format('GRANT SELECT ON %s, %s, "__EFMigrationsHistory" TO %I', tables, views, role_name);
          END LOOP;
          IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'smart_city_writer') THEN
            EXECUTE format('GRANT INSERT, UPDATE ON %s TO smart_city_writer', tables);
            GRANT DELETE ON alerts, quality_hourly, sink_offsets TO smart_city_writer;
            GRANT EXECUTE ON FUNCTION add_window_partition(text, boolean, timestamptz), drop_window_partitions(text, boolean, timestamptz) TO smart_city_writer;
            EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO smart_city_writer', current_database());
          END IF;
        END $$;
        """);
}
