using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Data;

internal sealed class SqliteMigratorTests
{
    private string _folder = "";
    private DatabaseSettings _settings = null!;

    [SetUp]
    public void Make_a_folder()
    {
        _folder = Directory.CreateTempSubdirectory("smartcity-data-").FullName;
        _settings = new(DatabaseProvider.Sqlite, $"Data Source={Path.Combine(_folder, "city.db")}");
    }

    [TearDown]
    public void Remove_it()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Many_at_once_leave_one_schema_and_only_one_of_them_applied_it()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Migrator.MigrateAsync(_settings, CancellationToken.None))));
        Assert.That(applied.Count(names => names.Count > 0), Is.EqualTo(1));
        Assert.That(await Migrator.PendingAsync(_settings, CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task A_new_database_has_everything_pending()
        => Assert.That(await Migrator.PendingAsync(_settings, CancellationToken.None), Has.Count.EqualTo(1).And.All.Contains("Initial"));

    [Test]
    public async Task A_lock_row_left_by_a_killed_process_holds_nobody_up()
    {
        await Migrator.MigrateAsync(_settings, CancellationToken.None);
        await using (var context = _settings.CreateContext())
        {
            await context.Database.ExecuteSqlRawAsync("""
                CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER NOT NULL PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01 00:00:00')
                """);
        }

        var again = Migrator.MigrateAsync(_settings, CancellationToken.None);
        Assert.That(await Task.WhenAny(again, Task.Delay(TimeSpan.FromSeconds(20))), Is.SameAs(again));
        await again;
    }

    [Test]
    public async Task A_window_comes_back_as_it_was_stored()
    {
        await Migrator.MigrateAsync(_settings, CancellationToken.None);
        var weather = SensorTypes.Of(SensorType.Weather);
        var start = new DateTime(2026, 1, 15, 14, 0, 0, DateTimeKind.Utc);
        await using (var context = _settings.CreateContext())
        {
            var row = new WindowEntity
            {
                City = "Łódź",
                District = "",
                WindowStart = start,
                WindowEnd = start.AddMinutes(5),
                Aligned = true,
                ReadingCount = 3,
                IsFinal = true,
                Epoch = 1,
                Revision = 7,
                ProcessingTime = start.AddMilliseconds(900_123),
                ["count_temperature"] = 3L,
                ["avg_temperature"] = -1.5,
                ["count_humidity"] = 0L,
                ["count_pressure"] = 0L,
                ["count_wind_speed"] = 0L,
                ["count_wind_direction"] = 0L,
                ["count_precipitation"] = 0L,
            };
            context.Windows(weather).Add(row);
            await context.SaveChangesAsync();
        }

        await using var reader = _settings.CreateContext();
        var stored = await reader.Windows(weather).AsNoTracking().Where(row => row.City == "Łódź" && row.WindowStart >= start).SingleAsync();
        Assert.Multiple(() =>
        {
            Assert.That(stored.WindowStart, Is.EqualTo(start));
            Assert.That(stored.WindowStart.Kind, Is.EqualTo(DateTimeKind.Utc));
            Assert.That(stored.ProcessingTime, Is.EqualTo(start.AddMilliseconds(900_123)));
            Assert.That(stored["avg_temperature"], Is.EqualTo(-1.5));
            Assert.That(stored["count_temperature"], Is.EqualTo(3L));
            Assert.That(stored["avg_humidity"], Is.Null);
        });
    }
}
