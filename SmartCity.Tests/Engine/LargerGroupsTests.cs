using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>Words counted each, by their first letter, and all together: larger groups hold the smaller ones.</summary>
internal sealed class LargerGroupsTests
{
    private static readonly TimeWindows Windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)).AdvanceBy(TimeSpan.FromSeconds(1));

    [Test]
    public void A_larger_group_counts_all_that_the_groups_it_holds_count()
    {
        using var driver = new TopologyTestDriver(Topology(), new TestDriverOptions { InputPartitions = 2, RepartitionPartitions = 3 });
        var expected = new Dictionary<string, int>();
        string[] words = ["a", "ab", "abc", "b", "ba", "c"];
        for (var i = 0; i < 300; i++)
        {
            var word = words[i * 7 % words.Length];
            var timeMs = i * 40L; // Each partition's time goes on evenly, so that nothing is late.
            driver.Pipe("words", null, WordCount.Line(word), timeMs, i % 2);
            for (var end = (timeMs / 1000 * 1000) + 1000; end <= (timeMs / 1000 * 1000) + 3000; end += 1000)
            {
                foreach (var group in new[] { word, word[..1], "" }.Distinct())
                {
                    var key = $"{group}@{end}";
                    expected[key] = expected.GetValueOrDefault(key) + 1;
                }
            }

            if (i % 23 == 0)
            {
                driver.Commit();
            }

            if (i % 37 == 0)
            {
                driver.Crash();
            }
        }

        driver.Commit();
        var last = new Dictionary<string, string>();
        foreach (var row in driver.Read("counts"))
        {
            last[row.KeyText] = row.ValueText;
        }

        Assert.That(last, Is.EquivalentTo(expected.Select(e => KeyValuePair.Create(e.Key, e.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)))));
    }

    private static Topology Topology()
    {
        var builder = new StreamsBuilder();
        builder.Stream("words", Consumed.With(Serdes.Ignored, Serdes.Text))
            .GroupBy(new Grouped<Unit, string, string> { Selector = WordOf, HeldBy = LargerThan, Serde = Serdes.Text })
            .WindowedBy(Windows)
            .Count()
            .Map((word, count) => ($"{word.Group}@{word.EndMs}", $"{count.Aggregate.Value}"))
            .To("counts", Serdes.Text, Serdes.Text);
        return builder.Build();
    }

    private static void WordOf(in Record<Unit, string> record, GroupCollector<string> groups) => groups.Add(record.Value);

    private static void LargerThan(string word, GroupCollector<string> groups)
    {
        groups.Add("");
        if (word.Length > 1)
        {
            groups.Add(word[..1]);
        }
    }
}
