using System.Globalization;
using System.Net;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Configuration;

/// <summary>Everything the API is configured with. <see cref="Read"/> reports all errors at once.</summary>
internal sealed record ApiSettings(
    IReadOnlyList<string> Urls,
    IReadOnlyList<ApiKey> Keys,
    bool RequireKeyToRead,
    int RequestsPerMinute,
    IReadOnlyList<string> CorsOrigins,
    MapTiles? Tiles,
    WindowTimes Windows,
    StreamNames Stream,
    KafkaSettings Kafka,
    DatabaseSettings Database,
    LakeOptions Lake,
    ReadingRules Readings,
    TelemetrySettings Telemetry,
    bool IsDevelopersOwn)
{
    public const int DefaultPort = 8000;

    private const string Section = "Api";

    /// <summary>True when whoever reaches the API may ingest without a key: no key is configured for it, and the API is a developer's own.</summary>
    public bool IngestIsOpen => Keys.All(key => !key.Scopes.HasFlag(ApiScopes.Ingest));

    /// <summary>True when whoever reaches the API may look into its works without a key: on a developer's own machine, where no key is configured for it.</summary>
    public bool OpsIsOpen => IsDevelopersOwn && Keys.All(key => !key.Scopes.HasFlag(ApiScopes.Ops));

    public static ApiSettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var errors = new ConfigurationErrors();
        var reader = new SettingsReader(configuration, errors);
        bool isDevelopment = environment.IsDevelopment();
        var urls = ReadUrls(reader, isDevelopment);
        var settings = new ApiSettings(
            urls,
            ReadKeys(reader, configuration, errors),
            reader.Switch($"{Section}:RequireKeyToRead", false),
            reader.Number($"{Section}:RequestsPerMinute", 6000, 0, 1_000_000),
            ReadOrigins(reader, errors),
            MapTiles.Read(reader, errors),
            new WindowTimes(
                reader.Duration("Streams:Window:Size", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
                reader.Duration("Streams:Window:Grace", TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromDays(1))),
            new StreamNames(
                reader.Text("Streams:ApplicationId") ?? StreamNames.DefaultApplicationId,
                reader.Duration("Streams:IdleTimeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))),
            KafkaSettings.Read(configuration, errors),
            DatabaseSettings.Read(configuration, errors),
            LakeSettings.Read(configuration, errors),
            ReadingSettings.Read(configuration, errors),
            TelemetrySettings.Read(configuration, errors),
            isDevelopment && urls.All(IsLoopback));
        reader.RejectUnknown(Section);
        settings.CheckAccess(isDevelopment, errors);
        errors.ThrowIfAny();
        return settings;
    }

    private void CheckAccess(bool isDevelopment, ConfigurationErrors errors)
    {
        if (IngestIsOpen && !IsDevelopersOwn)
        {
            string where = isDevelopment ? "the API listens beyond this machine" : "the environment is not Development";
            errors.Add(
                $"Api:Keys has no key with the scope ingest, but {where} and anyone could write readings. Set Api__Keys__0__Name=sensors, "
                + "Api__Keys__0__Sha256=(SHA-256 of the key in hex: printf %s KEY | sha256sum) and Api__Keys__0__Scopes=ingest.");
        }

        if (RequireKeyToRead && Keys.All(key => !key.Scopes.HasFlag(ApiScopes.Read)))
        {
            errors.Add("Api:RequireKeyToRead is true but no key in Api:Keys has the scope read. Set Api__Keys__0__Scopes=read.");
        }
    }

    private static string[] ReadUrls(SettingsReader reader, bool isDevelopment)
    {
        int port = reader.Number($"{Section}:Port", DefaultPort, 0, 65535);
        string address = reader.Text($"{Section}:Address") ?? (isDevelopment ? "127.0.0.1" : "*");
        return reader.Text("urls") is { } urls
            ? urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [string.Create(CultureInfo.InvariantCulture, $"http://{address}:{port}")];
    }

    private static List<ApiKey> ReadKeys(SettingsReader reader, IConfiguration configuration, ConfigurationErrors errors)
    {
        var keys = new List<ApiKey>();
        foreach (var section in configuration.GetSection($"{Section}:Keys").GetChildren())
        {
            string name = reader.Required($"{section.Path}:Name", "must name who has the key", "sensors");
            string hash = reader.Required($"{section.Path}:Sha256", "must be the key's SHA-256 in hex", "(64 hex digits)");
            var scopes = ApiScopes.None;
            foreach (string scope in reader.List($"{section.Path}:Scopes") ?? [])
            {
                if (!Enum.TryParse(scope, ignoreCase: true, out ApiScopes one) || char.IsAsciiDigit(scope[0]) || one == ApiScopes.None)
                {
                    errors.Add($"{section.Path}:Scopes", scope, "each must be ingest, read or ops", "ingest,read");
                }

                scopes |= one;
            }

            if (scopes == ApiScopes.None)
            {
                errors.Add($"{section.Path}:Scopes", null, "must name at least one of ingest, read, ops", "ingest");
            }

            if (hash.Length == 64 && hash.All(char.IsAsciiHexDigit))
            {
                keys.Add(new ApiKey(name, Convert.FromHexString(hash), scopes));
            }
            else if (!hash.StartsWith('('))
            {
                errors.Add($"{section.Path}:Sha256", ConfigurationErrors.Hidden, "must be 64 hex digits", "$(printf %s KEY | sha256sum | cut -c1-64)");
            }
        }

        return keys;
    }

    private static IReadOnlyList<string> ReadOrigins(SettingsReader reader, ConfigurationErrors errors)
    {
        var origins = reader.List($"{Section}:Cors:Origins") ?? [];
        foreach (string origin in origins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || origin != uri.GetLeftPart(UriPartial.Authority))
            {
                errors.Add($"{Section}:Cors:Origins", origin, "each must be a scheme, host and port, nothing more", "https://dashboard.example");
            }
        }

        return origins;
    }

    private static bool IsLoopback(string url)
    {
        string host = url.Contains("://", StringComparison.Ordinal) ? url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..] : url;
        host = host.Split('/')[0];
        int colon = host.LastIndexOf(':');
        host = (colon > host.LastIndexOf(']') ? host[..colon] : host).Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
