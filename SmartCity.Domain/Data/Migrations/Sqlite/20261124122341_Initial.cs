using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SmartCity.Domain.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "air_quality_agg",
                columns: table => new
                {
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    window_start = table.Column<DateTime>(type: "TEXT", nullable: false),
                    window_end = table.Column<DateTime>(type: "TEXT", nullable: false),
                    aligned = table.Column<bool>(type: "INTEGER", nullable: false),
                    reading_count = table.Column<long>(type: "INTEGER", nullable: false),
                    is_final = table.Column<bool>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false),
                    count_pm25 = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_pm25 = table.Column<double>(type: "REAL", nullable: true),
                    min_pm25 = table.Column<double>(type: "REAL", nullable: true),
                    max_pm25 = table.Column<double>(type: "REAL", nullable: true),
                    stddev_pm25 = table.Column<double>(type: "REAL", nullable: true),
                    count_pm10 = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_pm10 = table.Column<double>(type: "REAL", nullable: true),
                    min_pm10 = table.Column<double>(type: "REAL", nullable: true),
                    max_pm10 = table.Column<double>(type: "REAL", nullable: true),
                    stddev_pm10 = table.Column<double>(type: "REAL", nullable: true),
                    count_no2 = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_no2 = table.Column<double>(type: "REAL", nullable: true),
                    min_no2 = table.Column<double>(type: "REAL", nullable: true),
                    max_no2 = table.Column<double>(type: "REAL", nullable: true),
                    stddev_no2 = table.Column<double>(type: "REAL", nullable: true),
                    count_co2 = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_co2 = table.Column<double>(type: "REAL", nullable: true),
                    min_co2 = table.Column<double>(type: "REAL", nullable: true),
                    max_co2 = table.Column<double>(type: "REAL", nullable: true),
                    stddev_co2 = table.Column<double>(type: "REAL", nullable: true),
                    count_temperature = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_temperature = table.Column<double>(type: "REAL", nullable: true),
                    min_temperature = table.Column<double>(type: "REAL", nullable: true),
                    max_temperature = table.Column<double>(type: "REAL", nullable: true),
                    stddev_temperature = table.Column<double>(type: "REAL", nullable: true),
                    count_humidity = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_humidity = table.Column<double>(type: "REAL", nullable: true),
                    min_humidity = table.Column<double>(type: "REAL", nullable: true),
                    max_humidity = table.Column<double>(type: "REAL", nullable: true),
                    stddev_humidity = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_air_quality_agg", x => new { x.city, x.district, x.window_start, x.aligned });
                });

            migrationBuilder.CreateTable(
                name: "alerts",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    rule = table.Column<string>(type: "TEXT", nullable: false),
                    sensor_type = table.Column<string>(type: "TEXT", nullable: false),
                    city = table.Column<string>(type: "TEXT", nullable: false),
                    district = table.Column<string>(type: "TEXT", nullable: false),
                    sensor_id = table.Column<string>(type: "TEXT", nullable: false),
                    metric = table.Column<string>(type: "TEXT", nullable: true),
                    direction = table.Column<string>(type: "TEXT", nullable: true),
                    threshold = table.Column<double>(type: "REAL", nullable: false),
                    clear = table.Column<double>(type: "REAL", nullable: true),
                    severity = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    windows = table.Column<int>(type: "INTEGER", nullable: false),
                    value = table.Column<double>(type: "REAL", nullable: false),
                    peak = table.Column<double>(type: "REAL", nullable: false),
                    since = table.Column<DateTime>(type: "TEXT", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    updated_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    notified = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alerts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "energy_agg",
                columns: table => new
                {
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    window_start = table.Column<DateTime>(type: "TEXT", nullable: false),
                    window_end = table.Column<DateTime>(type: "TEXT", nullable: false),
                    aligned = table.Column<bool>(type: "INTEGER", nullable: false),
                    reading_count = table.Column<long>(type: "INTEGER", nullable: false),
                    is_final = table.Column<bool>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false),
                    count_power_consumption = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_power_consumption = table.Column<double>(type: "REAL", nullable: true),
                    min_power_consumption = table.Column<double>(type: "REAL", nullable: true),
                    max_power_consumption = table.Column<double>(type: "REAL", nullable: true),
                    stddev_power_consumption = table.Column<double>(type: "REAL", nullable: true),
                    count_voltage = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_voltage = table.Column<double>(type: "REAL", nullable: true),
                    min_voltage = table.Column<double>(type: "REAL", nullable: true),
                    max_voltage = table.Column<double>(type: "REAL", nullable: true),
                    stddev_voltage = table.Column<double>(type: "REAL", nullable: true),
                    count_current = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_current = table.Column<double>(type: "REAL", nullable: true),
                    min_current = table.Column<double>(type: "REAL", nullable: true),
                    max_current = table.Column<double>(type: "REAL", nullable: true),
                    stddev_current = table.Column<double>(type: "REAL", nullable: true),
                    count_power_factor = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_power_factor = table.Column<double>(type: "REAL", nullable: true),
                    min_power_factor = table.Column<double>(type: "REAL", nullable: true),
                    max_power_factor = table.Column<double>(type: "REAL", nullable: true),
                    stddev_power_factor = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_energy_agg", x => new { x.city, x.district, x.window_start, x.aligned });
                });

            migrationBuilder.CreateTable(
                name: "parking_agg",
                columns: table => new
                {
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    window_start = table.Column<DateTime>(type: "TEXT", nullable: false),
                    window_end = table.Column<DateTime>(type: "TEXT", nullable: false),
                    aligned = table.Column<bool>(type: "INTEGER", nullable: false),
                    reading_count = table.Column<long>(type: "INTEGER", nullable: false),
                    is_final = table.Column<bool>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false),
                    count_total_spots = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_total_spots = table.Column<double>(type: "REAL", nullable: true),
                    min_total_spots = table.Column<double>(type: "REAL", nullable: true),
                    max_total_spots = table.Column<double>(type: "REAL", nullable: true),
                    stddev_total_spots = table.Column<double>(type: "REAL", nullable: true),
                    count_occupied_spots = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_occupied_spots = table.Column<double>(type: "REAL", nullable: true),
                    min_occupied_spots = table.Column<double>(type: "REAL", nullable: true),
                    max_occupied_spots = table.Column<double>(type: "REAL", nullable: true),
                    stddev_occupied_spots = table.Column<double>(type: "REAL", nullable: true),
                    count_available_spots = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_available_spots = table.Column<double>(type: "REAL", nullable: true),
                    min_available_spots = table.Column<double>(type: "REAL", nullable: true),
                    max_available_spots = table.Column<double>(type: "REAL", nullable: true),
                    stddev_available_spots = table.Column<double>(type: "REAL", nullable: true),
                    count_occupancy_rate = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_occupancy_rate = table.Column<double>(type: "REAL", nullable: true),
                    min_occupancy_rate = table.Column<double>(type: "REAL", nullable: true),
                    max_occupancy_rate = table.Column<double>(type: "REAL", nullable: true),
                    stddev_occupancy_rate = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_parking_agg", x => new { x.city, x.district, x.window_start, x.aligned });
                });

            migrationBuilder.CreateTable(
                name: "quality_hourly",
                columns: table => new
                {
                    hour = table.Column<DateTime>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", nullable: false),
                    count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quality_hourly", x => new { x.hour, x.kind, x.reason });
                });

            migrationBuilder.CreateTable(
                name: "sensors",
                columns: table => new
                {
                    sensor_id = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    sensor_type = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    latitude = table.Column<double>(type: "REAL", nullable: true),
                    longitude = table.Column<double>(type: "REAL", nullable: true),
                    last_seen = table.Column<DateTime>(type: "TEXT", nullable: false),
                    interval_ms = table.Column<long>(type: "INTEGER", nullable: true),
                    metrics = table.Column<string>(type: "TEXT", nullable: false),
                    source_partition = table.Column<int>(type: "INTEGER", nullable: false),
                    source_offset = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sensors", x => x.sensor_id);
                });

            migrationBuilder.CreateTable(
                name: "sink_offsets",
                columns: table => new
                {
                    sink = table.Column<string>(type: "TEXT", nullable: false),
                    cluster_id = table.Column<string>(type: "TEXT", nullable: false),
                    topic = table.Column<string>(type: "TEXT", nullable: false),
                    topic_id = table.Column<string>(type: "TEXT", nullable: false),
                    partition = table.Column<int>(type: "INTEGER", nullable: false),
                    next_offset = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sink_offsets", x => new { x.sink, x.cluster_id, x.topic, x.topic_id, x.partition });
                });

            migrationBuilder.CreateTable(
                name: "stream_progress",
                columns: table => new
                {
                    sensor_type = table.Column<string>(type: "TEXT", nullable: false),
                    city = table.Column<string>(type: "TEXT", nullable: false),
                    watermark = table.Column<DateTime>(type: "TEXT", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stream_progress", x => new { x.sensor_type, x.city });
                });

            migrationBuilder.CreateTable(
                name: "traffic_agg",
                columns: table => new
                {
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    window_start = table.Column<DateTime>(type: "TEXT", nullable: false),
                    window_end = table.Column<DateTime>(type: "TEXT", nullable: false),
                    aligned = table.Column<bool>(type: "INTEGER", nullable: false),
                    reading_count = table.Column<long>(type: "INTEGER", nullable: false),
                    is_final = table.Column<bool>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false),
                    count_vehicle_count = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_vehicle_count = table.Column<double>(type: "REAL", nullable: true),
                    min_vehicle_count = table.Column<double>(type: "REAL", nullable: true),
                    max_vehicle_count = table.Column<double>(type: "REAL", nullable: true),
                    stddev_vehicle_count = table.Column<double>(type: "REAL", nullable: true),
                    sum_vehicle_count = table.Column<double>(type: "REAL", nullable: true),
                    count_speed = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_speed = table.Column<double>(type: "REAL", nullable: true),
                    min_speed = table.Column<double>(type: "REAL", nullable: true),
                    max_speed = table.Column<double>(type: "REAL", nullable: true),
                    stddev_speed = table.Column<double>(type: "REAL", nullable: true),
                    count_congestion = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_congestion = table.Column<double>(type: "REAL", nullable: true),
                    min_congestion = table.Column<double>(type: "REAL", nullable: true),
                    max_congestion = table.Column<double>(type: "REAL", nullable: true),
                    stddev_congestion = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_traffic_agg", x => new { x.city, x.district, x.window_start, x.aligned });
                });

            migrationBuilder.CreateTable(
                name: "weather_agg",
                columns: table => new
                {
                    city = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    district = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    window_start = table.Column<DateTime>(type: "TEXT", nullable: false),
                    window_end = table.Column<DateTime>(type: "TEXT", nullable: false),
                    aligned = table.Column<bool>(type: "INTEGER", nullable: false),
                    reading_count = table.Column<long>(type: "INTEGER", nullable: false),
                    is_final = table.Column<bool>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    processing_time = table.Column<DateTime>(type: "TEXT", nullable: false),
                    count_temperature = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_temperature = table.Column<double>(type: "REAL", nullable: true),
                    min_temperature = table.Column<double>(type: "REAL", nullable: true),
                    max_temperature = table.Column<double>(type: "REAL", nullable: true),
                    stddev_temperature = table.Column<double>(type: "REAL", nullable: true),
                    count_humidity = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_humidity = table.Column<double>(type: "REAL", nullable: true),
                    min_humidity = table.Column<double>(type: "REAL", nullable: true),
                    max_humidity = table.Column<double>(type: "REAL", nullable: true),
                    stddev_humidity = table.Column<double>(type: "REAL", nullable: true),
                    count_pressure = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_pressure = table.Column<double>(type: "REAL", nullable: true),
                    min_pressure = table.Column<double>(type: "REAL", nullable: true),
                    max_pressure = table.Column<double>(type: "REAL", nullable: true),
                    stddev_pressure = table.Column<double>(type: "REAL", nullable: true),
                    count_wind_speed = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_wind_speed = table.Column<double>(type: "REAL", nullable: true),
                    min_wind_speed = table.Column<double>(type: "REAL", nullable: true),
                    max_wind_speed = table.Column<double>(type: "REAL", nullable: true),
                    stddev_wind_speed = table.Column<double>(type: "REAL", nullable: true),
                    count_wind_direction = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_wind_direction = table.Column<double>(type: "REAL", nullable: true),
                    consistency_wind_direction = table.Column<double>(type: "REAL", nullable: true),
                    count_precipitation = table.Column<long>(type: "INTEGER", nullable: false),
                    avg_precipitation = table.Column<double>(type: "REAL", nullable: true),
                    min_precipitation = table.Column<double>(type: "REAL", nullable: true),
                    max_precipitation = table.Column<double>(type: "REAL", nullable: true),
                    stddev_precipitation = table.Column<double>(type: "REAL", nullable: true),
                    sum_precipitation = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_weather_agg", x => new { x.city, x.district, x.window_start, x.aligned });
                });

            migrationBuilder.CreateIndex(
                name: "ix_air_quality_agg_aligned",
                table: "air_quality_agg",
                columns: new[] { "city", "district", "window_start" },
                filter: "aligned");

            migrationBuilder.CreateIndex(
                name: "ix_air_quality_agg_by_time",
                table: "air_quality_agg",
                columns: new[] { "window_start", "city", "district" });

            migrationBuilder.CreateIndex(
                name: "ix_air_quality_agg_whole_city_by_time",
                table: "air_quality_agg",
                columns: new[] { "window_start", "city" },
                filter: "district = ''");

            migrationBuilder.CreateIndex(
                name: "ix_alerts_open",
                table: "alerts",
                columns: new[] { "rule", "city", "district", "sensor_id" },
                unique: true,
                filter: "state <> 'resolved'");

            migrationBuilder.CreateIndex(
                name: "ix_alerts_updated_at",
                table: "alerts",
                column: "updated_at");

            migrationBuilder.CreateIndex(
                name: "ix_energy_agg_aligned",
                table: "energy_agg",
                columns: new[] { "city", "district", "window_start" },
                filter: "aligned");

            migrationBuilder.CreateIndex(
                name: "ix_energy_agg_by_time",
                table: "energy_agg",
                columns: new[] { "window_start", "city", "district" });

            migrationBuilder.CreateIndex(
                name: "ix_energy_agg_whole_city_by_time",
                table: "energy_agg",
                columns: new[] { "window_start", "city" },
                filter: "district = ''");

            migrationBuilder.CreateIndex(
                name: "ix_parking_agg_aligned",
                table: "parking_agg",
                columns: new[] { "city", "district", "window_start" },
                filter: "aligned");

            migrationBuilder.CreateIndex(
                name: "ix_parking_agg_by_time",
                table: "parking_agg",
                columns: new[] { "window_start", "city", "district" });

            migrationBuilder.CreateIndex(
                name: "ix_parking_agg_whole_city_by_time",
                table: "parking_agg",
                columns: new[] { "window_start", "city" },
                filter: "district = ''");

            migrationBuilder.CreateIndex(
                name: "ix_sensors_city_sensor_id",
                table: "sensors",
                columns: new[] { "city", "sensor_id" });

            migrationBuilder.CreateIndex(
                name: "ix_sensors_sensor_type_city_sensor_id",
                table: "sensors",
                columns: new[] { "sensor_type", "city", "sensor_id" });

            migrationBuilder.CreateIndex(
                name: "ix_traffic_agg_aligned",
                table: "traffic_agg",
                columns: new[] { "city", "district", "window_start" },
                filter: "aligned");

            migrationBuilder.CreateIndex(
                name: "ix_traffic_agg_by_time",
                table: "traffic_agg",
                columns: new[] { "window_start", "city", "district" });

            migrationBuilder.CreateIndex(
                name: "ix_traffic_agg_whole_city_by_time",
                table: "traffic_agg",
                columns: new[] { "window_start", "city" },
                filter: "district = ''");

            migrationBuilder.CreateIndex(
                name: "ix_weather_agg_aligned",
                table: "weather_agg",
                columns: new[] { "city", "district", "window_start" },
                filter: "aligned");

            migrationBuilder.CreateIndex(
                name: "ix_weather_agg_by_time",
                table: "weather_agg",
                columns: new[] { "window_start", "city", "district" });

            migrationBuilder.CreateIndex(
                name: "ix_weather_agg_whole_city_by_time",
                table: "weather_agg",
                columns: new[] { "window_start", "city" },
                filter: "district = ''");

            AlignedViews.Create(migrationBuilder);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            AlignedViews.Drop(migrationBuilder);

            migrationBuilder.DropTable(
                name: "air_quality_agg");

            migrationBuilder.DropTable(
                name: "alerts");

            migrationBuilder.DropTable(
                name: "energy_agg");

            migrationBuilder.DropTable(
                name: "parking_agg");

            migrationBuilder.DropTable(
                name: "quality_hourly");

            migrationBuilder.DropTable(
                name: "sensors");

            migrationBuilder.DropTable(
                name: "sink_offsets");

            migrationBuilder.DropTable(
                name: "stream_progress");

            migrationBuilder.DropTable(
                name: "traffic_agg");

            migrationBuilder.DropTable(
                name: "weather_agg");
        }
    }
}
