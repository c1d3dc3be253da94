using System.Text;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

internal sealed class OperatorTests
{
    [Test]
    public void Stateless_operators_do_what_their_names_say()
    {
        var seen = new List<string>();
        var builder = new StreamsBuilder();
        builder.Stream("in", Consumed.With(Serdes.Text, Serdes.Text))
            .Filter((_, value) => value != "drop")
            .FilterNot((_, value) => value == "drop too")
            .MapValues((_, value) => value.ToUpperInvariant())
            .SelectKey((key, value) => $"{key}/{value.Length}")
            .Peek((key, _) => seen.Add(key))
            .FlatMap((key, value) => new[] { (key, value), (key, value + "!") })
            .Map((key, value) => (value, key))
            .To("out", Serdes.Text, Serdes.Text);

        var rows = Run(builder, "out", ("k", "drop"), ("k", "drop too"), ("k", "keep"));

        Assert.That(rows, Is.EqualTo(new[] { ("KEEP", "k/4"), ("KEEP!", "k/4") }));
        Assert.That(seen, Is.EqualTo(new[] { "k/4" }));
    }

    [Test]
    public void A_split_sends_each_record_down_the_first_branch_that_takes_it()
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", Consumed.With(Serdes.Text, Serdes.Text)).Split()
            .Branch((_, value) => value.StartsWith('a'), a => a.To("a", Serdes.Text, Serdes.Text))
            .Branch((_, value) => value.Length == 2, two => two.To("two", Serdes.Text, Serdes.Text))
            .DefaultBranch(rest => rest.To("rest", Serdes.Text, Serdes.Text));
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var value in new[] { "aa", "bb", "c" })
        {
            driver.Pipe("in", null, Encoding.UTF8.GetBytes(value), 0);
        }

        driver.Commit();

        Assert.That(driver.Read("a").Single().ValueText, Is.EqualTo("aa"));
        Assert.That(driver.Read("two").Single().ValueText, Is.EqualTo("bb"));
        Assert.That(driver.Read("rest").Single().ValueText, Is.EqualTo("c"));
    }

    [Test]
    public void Merged_streams_reach_one_aggregate()
    {
        var builder = new StreamsBuilder();
        var left = builder.Stream("left", Consumed.With(Serdes.Ignored, Serdes.Text));
        var right = builder.Stream("right", Consumed.With(Serdes.Ignored, Serdes.Text));
        left.Merge(right).GroupBy((_, value) => value, Serdes.Text).Count()
            .Map((group, count) => (group.Group, count.Aggregate.Value))
            .To("out", Serdes.Text, Serdes.Int64);
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("left", null, "x"u8.ToArray(), 0);
        driver.Pipe("right", null, "x"u8.ToArray(), 0);
        driver.Commit();

        var row = driver.Read("out").Single();

        Assert.That((row.KeyText, Serdes.Int64.Read(row.Value)), Is.EqualTo(("x", 2L)));
    }

    [Test]
    public void A_processor_hears_of_time_passing()
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", Consumed.With(Serdes.Text, Serdes.Text)).Process(() => new Latest()).To("out", Serdes.Text, Serdes.Text);
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", null, "one"u8.ToArray(), 0);
        driver.Pipe("in", null, "two"u8.ToArray(), 0);
        driver.Commit();
        Assert.That(driver.Read("out"), Is.Empty);

        driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        driver.Commit();

        Assert.That(driver.Read("out").Single().ValueText, Is.EqualTo("two"));
    }

    [Test]
    public void A_rejected_record_goes_to_the_dead_letters_as_it_is_with_the_reason_and_where_it_came_from()
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", Consumed.With(Serdes.Ignored, Serdes.Text).WithDeadLetters("dead")).To("out", Serdes.Ignored, Serdes.Text);
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", null, "good"u8.ToArray(), 1);
        driver.Pipe("in", [1], [0xC3, 0x28], 2);
        driver.Pipe("in", [2], null, 3);
        driver.Commit();

        var dead = driver.Read("dead");

        Assert.That(driver.Read("out"), Has.Count.EqualTo(1));
        Assert.That(dead.Select(letter => letter.Value), Is.EqualTo(new[] { new byte[] { 0xC3, 0x28 }, null }));
        Assert.That(dead[0].Key, Is.EqualTo(new byte[] { 1 }));
        Assert.That(dead[0].Headers["reason"], Is.EqualTo("undecodable"));
        Assert.That(dead[0].Headers["source.topic"], Is.EqualTo("in"));
        Assert.That(dead[0].Headers["source.partition"], Is.EqualTo("0"));
        Assert.That(dead[0].Headers["source.offset"], Is.EqualTo("1"));
        Assert.That(dead[0].Headers["source.timestamp.ms"], Is.EqualTo("2"));
        Assert.That(driver.Rejected["undecodable"], Is.EqualTo(2));
    }

    [Test]
    public void What_cannot_work_is_refused_while_building()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream("in", Consumed.With(Serdes.Text, Serdes.Text));
        var counts = stream.GroupBy((_, value) => value, Serdes.Text).Count();

        Assert.Multiple(() =>
        {
            Assert.That(() => builder.Stream("in", Consumed.With(Serdes.Text, Serdes.Text)), Throws.InvalidOperationException);
            Assert.That(() => builder.Stream("no such topic!", Consumed.With(Serdes.Text, Serdes.Text)), Throws.ArgumentException);
            Assert.That(() => stream.GroupBy((_, value) => value, Serdes.Text).Count("again"), Throws.InvalidOperationException.With.Message.Contains("application of its own"));
            Assert.That(() => counts.GroupBy((group, _) => group.Group, Serdes.Text), Throws.InvalidOperationException.With.Message.Contains("application of its own"));
            Assert.That(() => TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.Zero).AdvanceBy(TimeSpan.FromMinutes(2)), Throws.ArgumentException);
            Assert.That(() => TimeWindows.OfSizeAndGrace(TimeSpan.Zero, TimeSpan.Zero), Throws.ArgumentException);
            Assert.That(() => TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromTicks(1)), Throws.ArgumentException);
            Assert.That(() => new StreamsBuilder().Build(), Throws.InvalidOperationException);
        });
        stream.To("in", Serdes.Text, Serdes.Text);
        Assert.That(builder.Build, Throws.InvalidOperationException.With.Message.Contains("feed on itself"));
    }

    private static List<(string, string)> Run(StreamsBuilder builder, string output, params (string Key, string Value)[] records)
    {
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var (key, value) in records)
        {
            driver.Pipe("in", Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), 0);
        }

        driver.Commit();
        return [.. driver.Read(output).Select(row => (row.KeyText, row.ValueText))];
    }

    /// <summary>Holds the latest value back for ten seconds.</summary>
    private sealed class Latest : IProcessor<string, string, string, string>
    {
        private IProcessorContext<string, string> _context = null!;
        private Record<string, string>? _held;
        private DateTimeOffset _due;

        public void Init(IProcessorContext<string, string> context) => _context = context;

        public void Process(in Record<string, string> record)
        {
            _due = _held is null ? _context.WallClock.AddSeconds(10) : _due;
            _held = record;
        }

        public bool PunctuateDue(DateTimeOffset wallClock) => _held is not null && wallClock >= _due;

        public void Punctuate(DateTimeOffset wallClock)
        {
            if (PunctuateDue(wallClock))
            {
                _context.Forward(_held!.Value);
                _held = null;
            }
        }
    }
}
