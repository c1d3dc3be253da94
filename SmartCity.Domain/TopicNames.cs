namespace SmartCity.Domain;

/// <summary>
/// The topic names of one installation: those of <see cref="Topics"/>, behind a prefix where several installations share a cluster (<c>Kafka:TopicPrefix</c>).
/// </summary>
public sealed record TopicNames
{
    private TopicNames(string prefix) => Prefix = prefix;

    /// <summary>The names without a prefix.</summary>
    public static TopicNames Default { get; } = new("");

    /// <summary>The names behind a prefix; "" gives <see cref="Default"/>.</summary>
    public static TopicNames WithPrefix(string prefix) => prefix.Length == 0 ? Default : new(prefix);

    /// <summary>What every name starts with.</summary>
    public string Prefix { get; }

    /// <inheritdoc cref="Topics.Sensors"/>
    public string Sensors => Prefix + Topics.Sensors;

    /// <inheritdoc cref="Topics.DeadLetters"/>
    public string DeadLetters => Prefix + Topics.DeadLetters;

    /// <inheritdoc cref="Topics.Late"/>
    public string Late => Prefix + Topics.Late;

    /// <inheritdoc cref="Topics.Aggregates"/>
    public string Aggregates => Prefix + Topics.Aggregates;

    /// <inheritdoc cref="Topics.SensorStatus"/>
    public string SensorStatus => Prefix + Topics.SensorStatus;

    /// <inheritdoc cref="Topics.Quality"/>
    public string Quality => Prefix + Topics.Quality;

    /// <inheritdoc cref="Topics.Workers"/>
    public string Workers => Prefix + Topics.Workers;
}
