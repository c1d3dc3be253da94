using System.Text;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Replay;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Replay;

/// <summary>The verb <c>replay</c> on a real Kafka: what it sends, what it leaves, and that nothing goes twice.</summary>
internal sealed class ReplayTests
{
    private ReplayFixture _test = null!;

    [SetUp]
    public async Task MakeTopicsAsync() => _test = await ReplayFixture.MakeAsync();

    [TearDown]
    public void Remove() => _test.Dispose();

    [Test]
    public async Task Without_consent_it_counts_by_reason_and_sends_nothing()
    {
        PutAsideAll();

        (int exitCode, string output) = await _test.ReplayAsync("--from=dead-letters");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(Lines(output), Is.EqualTo((string[])
        [
            "would leave 4 invalid_json: they would be refused again",
            "would send 6 timestamp_in_future: they count in windows that are still open",
            "would send 2 timestamp_without_offset: they count in windows that are still open",
            $"{_test.DeadLetters} -> {_test.Sensors}: would send 8. Nothing was sent. To do it, add --yes",
        ]));
        Assert.That(_test.Committed(_test.Sensors), Is.Empty);
    }

    [Test]
    public async Task Readings_go_back_as_they_were_to_the_partition_they_came_from_and_say_that_they_are_replayed()
    {
        PutAsideAll();

        (int exitCode, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");

        Assert.That(exitCode, Is.Zero, output);
        var aside = _test.Committed(_test.DeadLetters).Where(record => Header(record, "reason") != "invalid_json");
        Assert.That(
            _test.Committed(_test.Sensors).Select(record => (record.Partition.Value, Text(record.Message.Key), Text(record.Message.Value), Header(record, "replayed.from"))),
            Is.EquivalentTo(aside.Select(record => (
                int.Parse(Header(record, "source.partition"), System.Globalization.CultureInfo.InvariantCulture), Text(record.Message.Key), Text(record.Message.Value),
                $"{_test.DeadLetters}-{record.Partition.Value}@{record.Offset.Value}"))));
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(8).And.Some.Matches<ConsumeResult<byte[]?, byte[]>>(record => record!.Message.Key is null));
    }

    [Test]
    public async Task Nothing_goes_twice_whatever_later_runs_are_told()
    {
        PutAsideAll();
        await _test.ReplayAsync("--from=dead-letters", "--reason=timestamp_without_offset", "--yes");
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(2));

        (_, string all) = await _test.ReplayAsync("--from=dead-letters", "--yes");
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(8));
        Assert.That(all, Does.Contain("left 2 timestamp_without_offset: they were sent again before").And.Contain("sent 6."));

        // Workers that read the topic from its beginning, after a reset, put the same readings aside once more.
        PutAsideAll();
        (_, string again) = await _test.ReplayAsync("--from=dead-letters", "--since=2020-01-01", "--yes");
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(8));
        Assert.That(again, Does.Contain("left 12 timestamp_in_future: they were sent again before").And.Contain("sent 0."));
    }

    [Test]
    public async Task A_reading_that_was_put_aside_twice_goes_once()
    {
        PutAsideAll();
        PutAsideAll();

        (_, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");

        Assert.That(output, Does.Contain("sent 8."));
        Assert.That(_test.Committed(_test.Sensors).Select(record => Text(record.Message.Value)), Is.Unique.And.Exactly(8).Items);
    }

    [Test]
    public async Task Only_what_was_put_aside_since_a_time_goes()
    {
        _test.PutAside(_test.DeadLetters, TimeProvider.System.GetUtcNow().AddDays(-3), (0, 1, ReplayFixture.Valid(1), "bad_location"));
        _test.PutAside(_test.DeadLetters, TimeProvider.System.GetUtcNow().AddDays(-1), (0, 2, ReplayFixture.Valid(2), "bad_location"));

        await _test.ReplayAsync("--from=dead-letters", $"--since={TimeProvider.System.GetUtcNow().AddDays(-2):yyyy-MM-ddTHH:mm:ssZ}", "--yes");

        Assert.That(_test.Committed(_test.Sensors).Select(record => Text(record.Message.Key)), Is.EqualTo((string[])["key-2"]));
    }

    [Test]
    public async Task A_replayed_reading_that_is_refused_again_does_not_go_round_in_circles()
    {
        _test.PutAside(_test.DeadLetters, (1, 5, ReplayFixture.Valid(5), "bad_location"));
        await _test.ReplayAsync("--from=dead-letters", "--yes");
        ConsumeResult<byte[]?, byte[]> sent = _test.Committed(_test.Sensors).Single();

        // Workers with other rules than this program's put it aside, as the record that it is now.
        _test.PutAside(_test.DeadLetters, (sent.Partition.Value, sent.Offset.Value, ReplayFixture.Valid(5), "bad_location"));
        (_, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");

        Assert.That(Lines(output).Take(2), Is.EquivalentTo((string[])
            ["left 1 bad_location: they were sent again before", "left 1 bad_location: they were sent again before, and this is how they came back"]));
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Records_that_do_not_say_where_they_came_from_are_left()
    {
        _test.PutAside(_test.DeadLetters, (-1, 3, ReplayFixture.Valid(3), "bad_location"));

        (_, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");

        Assert.That(output, Does.Contain("left 1 bad_location: they do not say where in the sensors' topic they came from"));
    }

    [Test]
    public async Task A_refused_reading_whose_windows_are_closed_is_sent_for_the_raw_lake_and_this_is_said()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        await _test.CommitStreamTimeAsync(now);
        // Size 5, advance 1, grace 10 minutes.
        _test.PutAside(_test.DeadLetters, (0, 1, ReplayFixture.Valid(1, now.AddMinutes(-13)), "bad_location"), (0, 2, ReplayFixture.Valid(2, now.AddMinutes(-16)), "bad_location"));

        (_, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");

        Assert.That(Lines(output).Skip(1).Take(2), Is.EqualTo((string[])
        [
            "sent 1 bad_location: they count in windows that are still open",
            "sent 1 bad_location: valid now, but every window over them is closed: they go to the raw lake and the late topic",
        ]));
    }

    [Test]
    public async Task A_late_reading_goes_only_where_a_window_takes_it_and_its_original_is_gone()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        await _test.FillSensorsAsync(perPartition: 20, removedBefore: 10);
        await _test.CommitStreamTimeAsync(now);
        _test.PutAside(
            _test.Late,
            (0, 1, ReplayFixture.Valid(1, now.AddMinutes(-16)), null), (1, 2, ReplayFixture.Valid(2, now.AddMinutes(-13)), null), (2, 15, ReplayFixture.Valid(15, now.AddMinutes(-13)), null));
        int before = _test.Committed(_test.Sensors).Count;

        (int exitCode, string output) = await _test.ReplayAsync("--from=late", "--yes");
        Assert.That(exitCode, Is.Zero, output);
        Assert.That(Lines(output)[1..^1], Is.EqualTo((string[])
        [
            "sent 1 late: they count in windows that are still open",
            "left 1 late: every window over them is closed, so they would be late again",
            "left 1 late: the sensors' topic still holds them, so a reset judges them there",
        ]));
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(before + 1).And.One.Matches<ConsumeResult<byte[]?, byte[]>>(record => Text(record!.Message.Key) == "key-2" && record.Partition == 1));

        (_, output) = await _test.ReplayAsync("--from=late", "--even-if-late", "--yes");
        Assert.That(output, Does.Contain("sent 2.").And.Contain("left 1 late: they were sent again before"));
    }

    [Test]
    public async Task Killed_again_and_again_and_run_to_its_end_it_has_sent_each_reading_once()
    {
        const int Readings = 6_000;
        _test.PutAside(_test.DeadLetters, Enumerable.Range(0, Readings).Select(number => (number % ReplayFixture.Partitions, (long)number, ReplayFixture.Valid(number), (string?)"bad_location")));
        foreach (int sent in (int[])[500, 1_000, 1_500])
        {
            await using WorkerProcess killed = WorkerProcess.Start(_test.Settings, "replay", "--from=dead-letters", "--yes");
            await killed.BecomesAsync(() => killed.HasExited || killed.Output.Contains($"{sent} sent so far", StringComparison.Ordinal), $"{sent} are sent");
            Assert.That(killed.HasExited, Is.False, killed.Output);
            await killed.KillAsync();
        }

        await using WorkerProcess heir = WorkerProcess.Start(_test.Settings, "replay", "--from=dead-letters", "--yes");

        Assert.That(await heir.ExitAsync(), Is.Zero, heir.Output);
        Assert.That(_test.Committed(_test.Sensors).Select(record => Text(record.Message.Value)), Is.EquivalentTo(_test.Committed(_test.DeadLetters).Select(record => Text(record.Message.Value))));
    }

    [Test]
    public async Task A_second_run_stops_one_that_still_goes_on()
    {
        _test.PutAside(_test.DeadLetters, (0, 1, ReplayFixture.Valid(1), "bad_location"));
        KafkaSettings kafka = _test.Kafka;
        var ledger = new ReplayLedger(kafka, _test.ApplicationId);
        await ledger.CreateAsync(-1);
        using var source = new ReplaySource(kafka, _test.ApplicationId, _test.DeadLetters);
        List<PutAside> readings = [.. source.Read(DateTimeOffset.UnixEpoch)];
        using var first = new ReplaySender(kafka, _test.ApplicationId, ReplayFixture.Partitions);

        (_, string output) = await _test.ReplayAsync("--from=dead-letters", "--yes");
        Assert.That(output, Does.Contain("sent 1."));

        Assert.That(() => first.Send(readings, _test.DeadLetters, ledger), Throws.InstanceOf<KafkaException>());
        Assert.That(_test.Committed(_test.Sensors), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Where_Kafka_does_not_answer_it_says_so_and_ends_with_1()
    {
        var output = new StringWriter();
        int exitCode = await ReplayCommand.Verb.RunAsync(new(ReplayCommand.Verb, ["--from=late", "--Kafka:BootstrapServers=127.0.0.1:1", $"--Streams:StateDirectory={TestContext.CurrentContext.WorkDirectory}"]) { Output = output, Errors = output });

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("run it again to go on, and nothing goes twice."));
    }

    [TestCase(new string[0], "replay needs --from=dead-letters or --from=late.")]
    [TestCase(new[] { "--from=early" }, "--from is early but must be dead-letters or late.")]
    [TestCase(new[] { "--from=late", "--reason=empty" }, "--reason is for --from=dead-letters")]
    [TestCase(new[] { "--from=dead-letters", "--reason=ugly" }, "--reason is ugly but must be one of empty, too_large, ")]
    [TestCase(new[] { "--from=dead-letters", "--even-if-late" }, "--even-if-late is for --from=late")]
    public void What_it_cannot_do_is_refused(string[] arguments, string message)
        => Assert.That(() => _test.ReplayAsync(arguments), Throws.TypeOf<Streams.Hosting.UsageException>().With.Message.StartsWith(message));

    /// <summary>Twelve dead letters: six that were ahead of their time, two without an offset (which these have by now), four that are no JSON.</summary>
    private void PutAsideAll() => _test.PutAside(_test.DeadLetters, Enumerable.Range(0, 12).Select(number => (
        number % ReplayFixture.Partitions, 100L + number, number % 3 == 1 ? $"{{\"no\":{number}" : Reading(number), (string?)(number % 3 == 1 ? "invalid_json" : number < 3 ? "timestamp_without_offset" : "timestamp_in_future"))));

    private static string Reading(int number) => ReplayFixture.Valid(number, Started);

    private static readonly DateTimeOffset Started = TimeProvider.System.GetUtcNow();

    private static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static string Text(byte[]? bytes) => bytes is null ? "(null)" : Encoding.UTF8.GetString(bytes);

    private static string Header(ConsumeResult<byte[]?, byte[]> record, string name) => Text(record.Message.Headers.GetLastBytes(name));
}
