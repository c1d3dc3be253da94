using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Data;

/// <summary>
/// The model shared by PostgreSQL and SQLite. The five window tables are one CLR class mapped five times; take one with <see cref="Windows"/>.
/// </summary>
public abstract class SmartCityDbContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>The sensors.</summary>
    public DbSet<SensorEntity> Sensors => Set<SensorEntity>();

    /// <summary>How far each sink has written.</summary>
    public DbSet<SinkOffsetEntity> SinkOffsets => Set<SinkOffsetEntity>();

    /// <summary>The watermarks by type and city.</summary>
    public DbSet<StreamProgressEntity> StreamProgress => Set<StreamProgressEntity>();

    /// <summary>What came, hour by hour: accepted, late, refused.</summary>
    public DbSet<QualityHourEntity> QualityHours => Set<QualityHourEntity>();

    /// <summary>The alerts.</summary>
    public DbSet<AlertEntity> Alerts => Set<AlertEntity>();

    /// <summary>The windows of a type.</summary>
    public DbSet<WindowEntity> Windows(SensorTypeDefinition definition) => Set<WindowEntity>(definition.Table);

    /// <summary>The longest name in characters: a name has at most 128 code points.</summary>
    private const int NameLength = 256;

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (var definition in SensorTypes.All)
        {
            modelBuilder.SharedTypeEntity<WindowEntity>(definition.Table, window => MapWindow(window, definition));
        }

        modelBuilder.Entity<SensorEntity>(sensor =>
        {
            sensor.ToTable("sensors").HasKey(row => row.SensorId);
            sensor.Property(row => row.SensorId).HasMaxLength(NameLength);
            sensor.Property(row => row.SensorType).HasMaxLength(32);
            sensor.Property(row => row.City).HasMaxLength(NameLength);
            sensor.Property(row => row.District).HasMaxLength(NameLength);
            sensor.HasIndex(row => new { row.SensorType, row.City, row.SensorId });
            sensor.HasIndex(row => new { row.City, row.SensorId });
        });

        modelBuilder.Entity<SinkOffsetEntity>()
            .ToTable("sink_offsets").HasKey(row => new { row.Sink, row.ClusterId, row.Topic, row.TopicId, row.Partition });

        modelBuilder.Entity<StreamProgressEntity>()
            .ToTable("stream_progress").HasKey(row => new { row.SensorType, row.City });

        modelBuilder.Entity<QualityHourEntity>()
            .ToTable("quality_hourly").HasKey(row => new { row.Hour, row.Kind, row.Reason });
        modelBuilder.Entity<AlertEntity>(alert =>
        {
            alert.ToTable("alerts").HasKey(row => row.Id);
            alert.HasIndex(row => row.UpdatedAt);

            // One at a time for each rule and place: whoever comes second finds the first.
            alert.HasIndex(row => new { row.Rule, row.City, row.District, row.SensorId }, "ix_alerts_open").IsUnique().HasFilter("state <> 'resolved'");
        });
        UseSnakeCase(modelBuilder);
    }

    private static void MapWindow(EntityTypeBuilder<WindowEntity> window, SensorTypeDefinition definition)
    {
        string table = definition.Table;
        window.ToTable(table);

        // Whether a window is aligned follows from its start. It is in the key because PostgreSQL's partitions are made by it.
        window.HasKey(row => new { row.City, row.District, row.WindowStart, row.Aligned });
        window.Property(row => row.City).HasMaxLength(NameLength);
        window.Property(row => row.District).HasMaxLength(NameLength);

        // In the order in which people read them: EF Core would put the columns that have a place before those that have none.
        int order = 0;
        foreach (string name in WindowEntity.PropertyOrder)
        {
            window.Property(name).HasColumnOrder(order++);
        }

        foreach (var column in MetricColumns.Of(definition))
        {
            window.IndexerProperty(column.ClrType, column.Name).HasColumnName(column.Name).HasColumnOrder(order++);
        }

        // The key answers "one city, one district, a range". These answer: every city's whole-city rows by time; every row by time.
        window.HasIndex(row => new { row.WindowStart, row.City }, $"ix_{table}_whole_city_by_time").HasFilter("district = ''");
        window.HasIndex(row => new { row.WindowStart, row.City, row.District }, $"ix_{table}_by_time");
    }

    private static void UseSnakeCase(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties().Where(property => !property.IsIndexerProperty()))
            {
                property.SetColumnName(SnakeCase(property.Name));
            }

            entity.FindPrimaryKey()!.SetName($"pk_{entity.GetTableName()}");
            foreach (var index in entity.GetIndexes().Where(index => index.Name is null))
            {
                index.SetDatabaseName($"ix_{entity.GetTableName()}_{string.Join('_', index.Properties.Select(property => SnakeCase(property.Name)))}");
            }
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((letter, index) => index > 0 && char.IsUpper(letter) ? "_" + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));
}
