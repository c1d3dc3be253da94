using SmartCity.Domain.Configuration;

namespace SmartCity.Api.Configuration;

/// <summary>A server of map tiles that the map's page may use. Without one the page draws the ground by itself and asks nobody for anything.</summary>
/// <param name="Url">The address of a tile, with <c>{z}</c>, <c>{x}</c> and <c>{y}</c> in it.</param>
/// <param name="Attribution">Whom the map is owed to: shown on it.</param>
internal sealed record MapTiles(string Url, string Attribution)
{
    private static readonly string[] Placeholders = ["{z}", "{x}", "{y}"];

    /// <summary>The only other host that a page of ours may take pictures from.</summary>
    public string Origin => Example(Url)!.GetLeftPart(UriPartial.Authority);

    /// <summary>The tiles configured, or null.</summary>
    public static MapTiles? Read(SettingsReader reader, ConfigurationErrors errors)
    {
        const string Key = "Api:Tiles:Url";
        string? attribution = reader.Text("Api:Tiles:Attribution");
        if (reader.Text(Key) is not { Length: > 0 } url)
        {
            return null;
        }

        if (Example(url) is not { Scheme: "http" or "https" } || !Placeholders.All(url.Contains))
        {
            errors.Add(Key, url, "must be an http or https address with {z}, {x} and {y} in its path", "https://tiles.example/{z}/{x}/{y}.png");
            return null;
        }

        return new MapTiles(url, attribution ?? "");
    }

    private static Uri? Example(string url) => Uri.TryCreate(Placeholders.Aggregate(url, (text, placeholder) => text.Replace(placeholder, "0", StringComparison.Ordinal)), UriKind.Absolute, out var uri) ? uri : null;
}
