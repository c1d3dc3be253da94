namespace SmartCity.Api.Parameters;

/// <summary>
/// A query parameter an endpoint knows: its name and what the documentation says of it. An endpoint's list of these both refuses unknown parameters and
/// makes its page in the OpenAPI document, so the two cannot part.
/// </summary>
/// <param name="Name">The name in the query string.</param>
/// <param name="Description">What it does, its default and its limits.</param>
internal sealed record Parameter(string Name, string Description)
{
    /// <summary>The JSON schema type: string, integer or boolean.</summary>
    public string Type { get; init; } = "string";

    /// <summary>The values it may take; null for any.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The value it has when it is not given; null when that cannot be said in one word.</summary>
    public string? Default { get; init; }

    /// <summary>The smallest number allowed.</summary>
    public int? Min { get; init; }

    /// <summary>The largest number allowed.</summary>
    public int? Max { get; init; }

    /// <summary>True when it may be given several times.</summary>
    public bool Repeatable { get; init; }

    public static Parameter Number(string name, int? fallback, int min, int max, string description) => new(name, description)
    {
        Type = "integer",
        Default = fallback?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Min = min,
        Max = max,
    };

    public static Parameter OneOf(string name, string? fallback, IReadOnlyList<string> choices, string description) => new(name, description)
    {
        Default = fallback,
        Choices = choices,
    };
}
