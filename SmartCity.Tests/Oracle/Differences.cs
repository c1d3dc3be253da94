namespace SmartCity.Tests.Oracle;

/// <summary>What is not as the oracle says: how much is missing, how much is there that should not be (or twice), how much differs, with a few examples.</summary>
internal sealed class Differences
{
    private const int ExamplesOfAKind = 5;

    private readonly List<string> _examples = [];

    public int Lost { get; private set; }

    public int Surplus { get; private set; }

    public int Different { get; private set; }

    public bool None => Lost + Surplus + Different == 0;

    public void AddLost(object what)
    {
        if (Lost++ < ExamplesOfAKind)
        {
            _examples.Add($"lost: {what}");
        }
    }

    public void AddSurplus(object what)
    {
        if (Surplus++ < ExamplesOfAKind)
        {
            _examples.Add($"doubled or made up: {what}");
        }
    }

    public void AddDifferent(object what)
    {
        if (Different++ < ExamplesOfAKind)
        {
            _examples.Add($"differs: {what}");
        }
    }

    public override string ToString()
        => string.Join(Environment.NewLine + "  ", (string[])[$"lost {Lost}, doubled or made up {Surplus}, differing {Different}", .. _examples]);
}
