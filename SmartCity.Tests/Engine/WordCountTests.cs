using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

internal sealed class WordCountTests
{
    private static readonly TimeWindows Minutes = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30));

    // From year 1 to year 9999, in milliseconds; what else is not on a calendar.
    private const long YearOne = -62_135_596_800_000, Year10000 = 253_402_300_800_000, Hour = 3_600_000, Day = 24 * Hour;

    [Test]
    public void Words_are_counted_over_all_of_time()
    {
        using var driver = new TopologyTestDriver(WordCount.Build());
        driver.Pipe("lines", null, WordCount.Line("to be or not to be"), 0);
        driver.Commit();
        driver.Pipe("lines", null, WordCount.Line("be quick"), 1);
        driver.Commit();

        var rows = driver.Read("counts").Select(row => (row.KeyText, row.ValueText));

        Assert.That(rows, Is.EquivalentTo(new[] { ("to", "2"), ("be", "2"), ("or", "1"), ("not", "1"), ("be", "3"), ("quick", "1") }));
    }

    [Test]
    public void A_window_is_emitted_while_open_and_once_more_when_final_and_never_again()
    {
        using var driver = new TopologyTestDriver(WordCount.Build(Minutes, late: "late"));
        Say(driver, "one", 10_000);
        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@0", "1") }));

        Say(driver, "one", 59_999);
        Say(driver, "two", 60_000);
        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@0", "2"), ("two@60000", "1") }));

        Say(driver, "one", 89_999);
        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@60000", "1") }), "end + grace is not reached");

        Say(driver, "three", 90_000);
        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@0", "2 final"), ("three@60000", "1") }));

        Say(driver, "one", 59_999);
        Assert.That(Rows(driver), Is.Empty);
        Assert.That(driver.Read("late").Single().Headers["lateness.ms"], Is.EqualTo("0"));
        Assert.That(driver.PartialsForFinalWindows, Is.Zero);
    }

    [Test]
    public void With_emission_on_close_only_final_rows_appear()
    {
        using var driver = new TopologyTestDriver(WordCount.Build(Minutes, emit: EmitStrategy.OnWindowClose));
        Say(driver, "one one", 0);
        Say(driver, "two", 90_000);

        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@0", "2 final") }));
    }

    [Test]
    public void A_late_record_counts_only_in_windows_still_open()
    {
        // Size 3 s, advance 1 s: the slice [1 s, 2 s) lies in the windows that end at 2, 3 and 4 s.
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(3), TimeSpan.Zero).AdvanceBy(TimeSpan.FromSeconds(1));
        using var driver = new TopologyTestDriver(WordCount.Build(windows));
        Say(driver, "now", 3_000);
        Rows(driver);

        Say(driver, "late", 1_500);

        Assert.That(Rows(driver), Is.EqualTo(new[] { ("late@1000", "1") }));
        Assert.That(driver.LateRecords, Is.Zero);
    }

    [Test]
    public void A_crash_between_commits_changes_nothing()
    {
        using var calm = new TopologyTestDriver(WordCount.Build(Minutes), new TestDriverOptions { InputPartitions = 2, RepartitionPartitions = 3 });
        using var rough = new TopologyTestDriver(WordCount.Build(Minutes), new TestDriverOptions { InputPartitions = 2, RepartitionPartitions = 3 });
        for (var i = 0; i < 200; i++)
        {
            foreach (var driver in new[] { calm, rough })
            {
                driver.Pipe("lines", null, WordCount.Line($"w{i % 7} w{i % 3}"), i * 1_000, i % 2);
            }

            if (i % 13 == 0)
            {
                calm.Commit();
            }

            if (i % 17 == 0)
            {
                rough.Crash();
            }

            if (i % 10 == 0)
            {
                rough.Commit();
            }
        }

        calm.Commit();
        rough.Crash();
        rough.Commit();

        Assert.That(Last(rough), Is.EquivalentTo(Last(calm)));
    }

    [Test]
    public void A_silent_partition_holds_windows_open_until_it_is_raised()
    {
        using var driver = new TopologyTestDriver(WordCount.Build(Minutes), new TestDriverOptions { InputPartitions = 2 });
        Say(driver, "one", 0);
        Say(driver, "two", 500_000);
        Assert.That(driver.WatermarkMs, Is.Null);
        Rows(driver);

        driver.RaiseStreamTime("lines", 1, 90_000);
        driver.Commit();

        Assert.That(driver.WatermarkMs, Is.EqualTo(90_000));
        Assert.That(Rows(driver), Is.EqualTo(new[] { ("one@0", "1 final") }));
    }

    [Test]
    public void A_record_that_is_late_by_a_raise_names_it_until_another_record_has_come_as_far()
    {
        using var driver = new TopologyTestDriver(WordCount.Build(Minutes, late: "late"));
        Say(driver, "one", 0);
        driver.RaiseStreamTime("lines", 0, 200_000);
        Say(driver, "old", 50_000);
        driver.Crash();
        Say(driver, "old", 50_000);
        Say(driver, "new", 200_000);
        Say(driver, "old", 50_000);

        Assert.That(
            driver.Read("late").Select(record => (record.Headers["lateness.ms"], record.Headers.GetValueOrDefault("raised.to.ms"))),
            Is.EqualTo(new[] { ("110000", "200000"), ("110000", "200000"), ("110000", null) }));
    }

    [Test]
    public void A_record_whose_windows_no_calendar_has_is_a_dead_letter_and_stops_nothing()
    {
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromDays(2), TimeSpan.Zero).AdvanceBy(TimeSpan.FromDays(1));
        using var driver = new TopologyTestDriver(WordCount.Build(windows, deadLetters: "dead"));
        Say(driver, "before", YearOne + Hour);
        Say(driver, "first", YearOne + Day);
        Say(driver, "last", Year10000 - (2 * Day) - 1);
        Say(driver, "after", Year10000 - 1);

        Assert.That(driver.Read("dead").Select(record => (record.ValueText, record.Headers["reason"])), Is.EqualTo(new[] { ("before", "bad_timestamp"), ("after", "bad_timestamp") }));
        Assert.That(Rows(driver).Select(row => row.Item1).Distinct(), Is.EquivalentTo(new[]
        {
            $"first@{YearOne}", $"first@{YearOne + Day}", $"last@{Year10000 - (4 * Day)}", $"last@{Year10000 - (3 * Day)}",
        }));
    }

    [Test]
    public void Windows_whose_advance_divides_no_day_hold_what_is_a_day_off_the_ends_of_the_calendar()
    {
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromHours(21), TimeSpan.Zero).AdvanceBy(TimeSpan.FromHours(7));
        using var driver = new TopologyTestDriver(WordCount.Build(windows));
        Say(driver, "first", YearOne + Day);
        Say(driver, "last", Year10000 - Day - 1);

        var starts = Rows(driver).Select(row => row.Item1.Split('@')).ToLookup(key => key[0], key => long.Parse(key[1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.That(starts["first"].Distinct(), Has.Exactly(3).InRange(YearOne, YearOne + Day).And.All.InRange(YearOne, YearOne + Day));
        Assert.That(starts["last"].Distinct(), Has.Exactly(3).InRange(Year10000 - (2 * Day), Year10000 - (21 * Hour)).And.All.InRange(Year10000 - (2 * Day), Year10000 - (21 * Hour)));
    }

    [Test]
    public void A_large_commit_travels_in_chunks_and_arrives_whole()
    {
        using var driver = new TopologyTestDriver(WordCount.Build(Minutes));
        const int words = 60_000;
        driver.Pipe("lines", null, WordCount.Line(string.Join(' ', Enumerable.Range(0, words).Select(i => $"a-rather-long-word-{i:D8}"))), 0);
        driver.Commit();
        driver.Crash();
        driver.Commit();

        Assert.That(Rows(driver), Has.Count.EqualTo(words).And.All.Matches<(string, string Count)>(row => row.Count == "1"));
    }

    [Test]
    public void A_record_that_cannot_be_read_stops_a_topology_without_dead_letters()
    {
        using var driver = new TopologyTestDriver(WordCount.Build());

        Assert.That(() => driver.Pipe("lines", null, [0xFF], 0), Throws.TypeOf<SmartCity.Streams.Engine.StreamsException>().With.Message.Contains("lines-0@0").And.Message.Contains("WithDeadLetters"));
    }

    [Test]
    public void The_description_names_every_operator_and_topic()
    {
        var text = WordCount.Build(Minutes, late: "late").Describe();

        Assert.That(text, Does.Contain("Sub-topology: 0").And.Contain("Sub-topology: 1").And.Contain("topics: [lines]").And.Contain("topic: counts").And.Contain("stores: [counts]"));
    }

    private static void Say(TopologyTestDriver driver, string words, long timeMs)
    {
        driver.Pipe("lines", null, WordCount.Line(words), timeMs);
        driver.Commit();
    }

    private static List<(string, string)> Rows(TopologyTestDriver driver) => [.. driver.Read("counts").Select(row => (row.KeyText, row.ValueText))];

    private static Dictionary<string, string> Last(TopologyTestDriver driver)
    {
        var last = new Dictionary<string, string>();
        foreach (var (key, value) in Rows(driver))
        {
            last[key] = value;
        }

        return last;
    }
}
