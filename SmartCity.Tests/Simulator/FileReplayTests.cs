using System.IO.Compression;
using System.Text;

using Microsoft.Extensions.Time.Testing;

using SmartCity.Simulator.Feed;
using SmartCity.Simulator.Replay;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class FileReplayTests
{
    private static readonly string[] Lines =
    [
        Line("a", "2026-01-15T14:00:00Z"),
        Line("b", "2026-01-15T15:00:10.5+01:00"),
        "not json",
        "",
        Line("a", "2026-01-15T13:00:00Z"),
        Line("ż", "2026-01-15T14:00:20"),
        """{"timestamp":"2026-01-01T00:00:00Z","sensor_id":"c","timestamp":"2026-01-15T14:00:30.123456Z","sensor_type":"weather","city":"X","metrics":{"timestamp":"1999-01-01T00:00:00Z","humidity":7}}""",
        Line("d", "2036-01-15T14:00:00Z"),
    ];

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [TestCase(false)]
    [TestCase(true)]
    public async Task Lines_are_sent_byte_for_byte_in_the_order_of_the_file_keyed_by_sensor(bool zipped)
    {
        var sink = new CollectingSink();
        await Replay(sink, zipped, 0, null);

        Assert.Multiple(() =>
        {
            Assert.That(sink.Records.Select(r => r.Value), Is.EqualTo(Lines.Where(l => l.Length > 0)));
            Assert.That(sink.Records.Select(r => r.Key), Is.EqualTo(new[] { "a", "b", "", "a", "ż", "c", "d" }));
        });
    }

    [Test]
    public async Task Flat_out_and_rebased_the_latest_valid_reading_is_stamped_now_and_intervals_stay()
    {
        var sink = new CollectingSink();
        await Replay(sink, false, 0, Now);

        Assert.That(sink.Records.Select(r => r.Value), Is.EqualTo(new[]
        {
            Line("a", "2026-03-01T11:59:29.877Z"),
            Line("b", "2026-03-01T11:59:40.377Z"),
            "not json",
            Line("a", "2026-03-01T10:59:29.877Z"),
            Line("ż", "2026-01-15T14:00:20"),
            """{"timestamp":"2026-01-01T00:00:00Z","sensor_id":"c","timestamp":"2026-03-01T12:00:00.000Z","sensor_type":"weather","city":"X","metrics":{"timestamp":"1999-01-01T00:00:00Z","humidity":7}}""",
            Line("d", "2036-02-29T11:59:29.877Z"),
        }));
    }

    [TestCase(0, "2026-03-01T12:00:00Z")]
    [TestCase(2, "2026-03-01T12:00:15Z")]
    [TestCase(1, "2026-03-01T12:00:30Z")]
    [TestCase(0.5, "2026-03-01T12:00:30Z")]
    public void However_fast_it_is_played_a_rebased_recording_is_never_ahead_of_the_clock(double speed, string latest)
    {
        var recording = new Recording(2, 1_000_000, 1_030_000);

        var shift = recording.ShiftTo(Now.ToUnixTimeMilliseconds(), speed);

        Assert.That(DateTimeOffset.FromUnixTimeMilliseconds(1_030_000 + shift), Is.EqualTo(DateTimeOffset.Parse(latest, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Test]
    public async Task It_keeps_the_recording_s_own_pace_times_the_speed_and_late_lines_do_not_turn_it_back()
    {
        var clock = new FakeTimeProvider(Now);
        var sink = new CollectingSink();
        var run = Replay(sink, false, 2, null, clock);
        var counts = new List<int> { sink.Count };
        for (var tenths = 0; tenths < 160; tenths++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            counts.Add(sink.Count);
        }

        await run;
        Assert.Multiple(() =>
        {
            // At twice the speed: 10.5 s are played after 5.25 s, 30.123 s after 15.07 s.
            Assert.That(counts[0], Is.EqualTo(1));
            Assert.That(counts[52], Is.EqualTo(1));
            Assert.That(counts[53], Is.EqualTo(5));
            Assert.That(counts[150], Is.EqualTo(5));
            Assert.That(counts[151], Is.EqualTo(7));
        });
    }

    [Test]
    public void A_line_longer_than_any_buffer_is_read_whole()
    {
        var long1 = new string('x', 700_000);
        using var lines = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes($"a\n{long1}\n\nlast")));
        var read = new List<string>();
        while (lines.TryRead(out var line))
        {
            read.Add(Encoding.UTF8.GetString(line));
        }

        Assert.That(read, Is.EqualTo(new[] { "a", long1, "", "last" }));
    }

    private static string Line(string sensor, string timestamp) =>
        $$$"""{"sensor_id":"{{{sensor}}}","sensor_type":"weather","city":"Łódź","timestamp":"{{{timestamp}}}","metrics":{"temperature":-3.5}}""";

    private static async Task Replay(CollectingSink sink, bool zipped, double speed, DateTimeOffset? rebase, TimeProvider? clock = null)
    {
        var recording = Recording.Survey(Reader(zipped), Now.ToUnixTimeMilliseconds());
        Assert.That(recording.Readings, Is.EqualTo(4));
        var options = new ReplayOptions { Speed = speed, FirstMs = recording.FirstMs, ShiftMs = rebase is { } moment ? recording.ShiftTo(moment.ToUnixTimeMilliseconds(), speed) : null };
        await new FileReplay(Reader(zipped), sink, new FeedStatistics(), options, clock ?? new FakeTimeProvider(Now)).RunAsync(CancellationToken.None);
    }

    private static LineReader Reader(bool zipped)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', Lines) + "\n");
        if (!zipped)
        {
            return new LineReader(new MemoryStream(bytes));
        }

        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        packed.Position = 0;
        return new LineReader(packed);
    }
}
