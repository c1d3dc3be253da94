using SmartCity.Streams.Engine.Processing;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>A stream being split: each record goes down the first branch whose predicate holds, and is dropped when none does (KIP-418).</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
public sealed class BranchedKStream<TKey, TValue>
{
    private readonly KStream<TKey, TValue> _source;
    private readonly GraphNode _graph;
    private readonly List<(Func<TKey, TValue, bool> Belongs, KStream<TKey, TValue> Stream)> _branches = [];

    internal BranchedKStream(KStream<TKey, TValue> source)
    {
        _source = source;
        _graph = source.Builder.NewNode("KSTREAM-BRANCH");
        source.Attach(_graph, scope => scope.Once(_graph, () =>
            new BranchNode<TKey, TValue>([.. _branches.Select(branch => (branch.Belongs, branch.Stream.Build(scope)))])));
    }

    /// <summary>Adds a branch; <paramref name="with"/> says what follows in it.</summary>
    public BranchedKStream<TKey, TValue> Branch(Func<TKey, TValue, bool> predicate, Action<KStream<TKey, TValue>> with)
    {
        ArgumentNullException.ThrowIfNull(with);
        var branch = new KStream<TKey, TValue>(_source.Builder, _source.Builder.NewNode("KSTREAM-BRANCHCHILD"), _source.AfterAggregate);
        _graph.Children.Add(branch.Graph);
        _branches.Add((predicate, branch));
        with(branch);
        return this;
    }

    /// <summary>Adds the branch of the records that no other took.</summary>
    public void DefaultBranch(Action<KStream<TKey, TValue>> with) => Branch(static (_, _) => true, with);
}
