namespace SmartCity.Streams.Engine.Dsl;

/// <summary>Kafka's rule for names of topics, which store names and application ids become parts of.</summary>
internal static class TopicName
{
    public static string Check(string name, string parameter) =>
        !string.IsNullOrEmpty(name) && name.Length <= 200 && name is not ("." or "..") && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? name
            : throw new ArgumentException($"'{name}' cannot be part of a topic's name: it must have 1 to 200 of the characters a-z, A-Z, 0-9, '.', '_' and '-'.", parameter);
}
