namespace SmartCity.Streams.Engine.Dsl;

/// <summary>One operator in the description of a topology.</summary>
internal sealed class GraphNode(string name, string note = "")
{
    /// <summary>The operator's name, numbered in the order of building, as in Kafka Streams.</summary>
    public string Name { get; } = name;

    /// <summary>Topics or stores it touches, as the description shows them.</summary>
    public string Note { get; } = note;

    public List<GraphNode> Children { get; } = [];
}
