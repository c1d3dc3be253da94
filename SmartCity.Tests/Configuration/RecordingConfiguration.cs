using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace SmartCity.Tests.Configuration;

/// <summary>Configuration that remembers which keys a program has asked for.</summary>
internal sealed class RecordingConfiguration(IConfiguration inner) : IConfiguration
{
    public SortedSet<string> Asked { get; } = new(StringComparer.Ordinal);

    public string? this[string key]
    {
        get
        {
            Asked.Add(key);
            return inner[key];
        }

        set => inner[key] = value;
    }

    public IEnumerable<IConfigurationSection> GetChildren() => inner.GetChildren();

    public IChangeToken GetReloadToken() => inner.GetReloadToken();

    public IConfigurationSection GetSection(string key) => inner.GetSection(key);
}
