using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;

using SmartCity.Api;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Api;

/// <summary>The API on a port of its own, with a database that is up to date, an empty folder as the lake, and no Kafka unless one is given.</summary>
internal sealed class ApiUnderTest : IAsyncDisposable
{
    /// <summary>Where nothing listens.</summary>
    public const string Nowhere = "127.0.0.1:1";

    private readonly WebApplication _app;
    private readonly string _folder;

    private ApiUnderTest(WebApplication app, DatabaseSettings database, string folder)
    {
        (_app, Database, _folder) = (app, database, folder);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public DatabaseSettings Database { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public string LakeFolder => Path.Combine(_folder, "lake");

    public IServiceProvider Services => _app.Services;

    /// <summary>A migrated database of its own.</summary>
    public static async Task<DatabaseSettings> NewDatabaseAsync(DatabaseProvider provider)
        => provider == DatabaseProvider.Sqlite
            ? await MigratedAsync(provider, $"Data Source={Path.Combine(Scratch.Folder("api-db"), "city.db")}")
            : await NewDatabaseAsync(await TestServers.PostgresAsync());

    /// <summary>A migrated database of its own on that server.</summary>
    public static async Task<DatabaseSettings> NewDatabaseAsync(PostgresServer server)
        => await MigratedAsync(DatabaseProvider.Postgres, await server.CreateDatabaseAsync());

    private static async Task<DatabaseSettings> MigratedAsync(DatabaseProvider provider, string connectionString)
    {
        var settings = new DatabaseSettings(provider, connectionString);
        await Migrator.MigrateAsync(settings, CancellationToken.None);
        return settings;
    }

    public static async Task<ApiUnderTest> StartAsync(DatabaseSettings database, params (string Key, string Value)[] settings)
    {
        string folder = Scratch.Folder("api");
        Directory.CreateDirectory(Path.Combine(folder, "lake"));
        var values = new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Kafka:BootstrapServers"] = Nowhere,
            ["Lake:Folder"] = Path.Combine(folder, "lake"),
            ["Database:Provider"] = database.Provider.ToString(),
            ["ConnectionStrings:SmartCity"] = database.ConnectionString,
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        if (settings.Any(one => one.Key == "Lake:Endpoint"))
        {
            values["Lake:Folder"] = null;
        }

        string environment = settings.FirstOrDefault(one => one.Key == "environment").Value ?? "Development";
        var app = ApiHost.Build(["--environment=" + environment], configuration => configuration.AddInMemoryCollection(values));
        await app.StartAsync();
        return new ApiUnderTest(app, database, folder);
    }

    /// <summary>The JSON of a 200.</summary>
    public async Task<JsonElement> JsonAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        string body = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(200), body);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    /// <summary>The JSON of a path and of each page that follows it, as <c>Link</c> says; <c>next_cursor</c> must say the same.</summary>
    public async IAsyncEnumerable<JsonElement> PagesAsync(string path)
    {
        for (string? next = path; next is not null;)
        {
            using var response = await Client.GetAsync(next);
            var page = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            next = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
            Assert.That(page.GetProperty("next_cursor").ValueKind, Is.EqualTo(next is null ? JsonValueKind.Null : JsonValueKind.String));
            yield return page;
        }
    }

    /// <summary>The problem that a path answers with.</summary>
    public async Task<JsonElement> ProblemAsync(string path, int status)
    {
        using var response = await Client.GetAsync(path);
        return await ProblemAsync(response, status);
    }

    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), body);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
        Assert.That(problem.GetProperty("trace_id").GetString(), Is.Not.Empty);
        return problem;
    }

    /// <summary>Stores windows as the sink would.</summary>
    public async Task StoreAsync(SensorType type, params IEnumerable<WindowEntity> windows)
    {
        await using var context = Database.CreateContext();
        var rows = windows.ToList();
        await PartitionsForTests.AddAsync(context, SensorTypes.Of(type), rows);
        context.Windows(SensorTypes.Of(type)).AddRange(rows);
        await context.SaveChangesAsync();
    }

    public async Task StoreAsync(params object[] rows)
    {
        await using var context = Database.CreateContext();
        context.AddRange(rows);
        await context.SaveChangesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Scratch.Remove(_folder);
    }
}
