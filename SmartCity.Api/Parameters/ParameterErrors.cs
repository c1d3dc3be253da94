namespace SmartCity.Api.Parameters;

/// <summary>What is wrong with a request's parameters, by name: all of it, so that a caller need not find out one by one.</summary>
internal sealed class ParameterErrors
{
    private readonly SortedDictionary<string, List<string>> _byName = new(StringComparer.Ordinal);

    public bool Any => _byName.Count > 0;

    public IReadOnlyDictionary<string, List<string>> ByName => _byName;

    public void Add(string name, string message)
    {
        if (!_byName.TryGetValue(name, out var messages))
        {
            _byName[name] = messages = [];
        }

        messages.Add(message);
    }
}
