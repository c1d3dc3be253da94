using System.Text;

using SmartCity.Tests.Domain;

namespace SmartCity.Tests.Fuzz.Guided;

/// <summary>
/// Fuzzing by coverage: SharpFuzz's branch counters in the parser, and a loop that goes on from every message that takes a way nobody took before. It does in this process what AFL or
/// libFuzzer do from outside, so it runs wherever the tests do, and the same seed makes the same messages.
/// </summary>
internal sealed class GuidedParserFuzzTests
{
    [Test]
    public void Messages_that_follow_the_parsers_own_branches_get_the_verdict_of_the_naive_parser()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        using var parser = new InstrumentedParser();
        var dice = new Random(settings.Seed);
        var mutations = new Mutations(dice);
        byte[] seen = new byte[parser.Branches.Length];
        List<byte[]> corpus = [];
        List<string> disagreements = [];
        void Try(byte[] message)
        {
            parser.Clear();
            if (parser.Judge(message) is { } disagreement)
            {
                disagreements.Add(disagreement);
            }

            if (TakesNewWay(parser.Branches, seen))
            {
                corpus.Add(message);
            }
        }

        Try(Encoding.UTF8.GetBytes(ReadingTestData.Good));
        int first = seen.Count(bits => bits != 0);
        for (int message = 0; message < settings.GuidedMessages; message++)
        {
            // The newest have been tried least.
            byte[] from = corpus[dice.Next(2) == 0 ? dice.Next(corpus.Count) : corpus.Count - 1 - dice.Next(Math.Min(corpus.Count, 20))];
            Try(mutations.Of(from, corpus[dice.Next(corpus.Count)]));
        }

        int all = seen.Count(bits => bits != 0);
        TestContext.Out.WriteLine($"{settings.GuidedMessages} messages of seed {settings.Seed}: {corpus.Count} took new ways; {all} branches, {first} of them by a good reading; {disagreements.Count} disagreements");
        Assert.That(disagreements.Take(5), Is.Empty);
        Assert.That(first, Is.GreaterThan(50), "a good reading is seen to take branches");
        Assert.That(all, Is.GreaterThan(first * 3 / 2), "and what came of it found half as many again");
    }

    /// <summary>Notes which branches were taken, and roughly how often (once, twice, three times, up to 7, 15, 31, 127, more); true when any is new.</summary>
    private static bool TakesNewWay(ReadOnlySpan<byte> branches, byte[] seen)
    {
        bool isNew = false;
        for (int from = branches.IndexOfAnyExcept((byte)0); from >= 0;)
        {
            byte bit = (byte)(branches[from] switch { 1 => 1, 2 => 2, 3 => 4, < 8 => 8, < 16 => 16, < 32 => 32, < 128 => 64, _ => 128 });
            isNew |= (seen[from] & bit) == 0;
            seen[from] |= bit;
            int next = branches[(from + 1)..].IndexOfAnyExcept((byte)0);
            from = next < 0 ? -1 : from + 1 + next;
        }

        return isNew;
    }
}
