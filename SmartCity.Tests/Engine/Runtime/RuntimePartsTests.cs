using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Engine.Runtime;

[TestFixture]
internal sealed class RuntimePartsTests
{
    [Test]
    public void A_state_is_left_only_by_the_ways_there_are()
    {
        var state = new StateMachine("app", NullLogger.Instance);
        Assert.That(state.TryGo(StreamsState.Running), Is.False, "it has not joined its groups yet");
        state.Go(StreamsState.Rebalancing);
        state.Go(StreamsState.Running);
        state.Go(StreamsState.Rebalancing);
        state.Go(StreamsState.PendingShutdown);

        Assert.That(() => state.Go(StreamsState.Running), Throws.InvalidOperationException);
        state.Go(StreamsState.NotRunning);
        Assert.That(Enum.GetValues<StreamsState>().Any(state.TryGo), Is.False, "it never runs twice");
    }

    [Test]
    public void Every_state_but_the_last_ones_can_fail()
    {
        StreamsState[] able = [StreamsState.Created, StreamsState.Rebalancing, StreamsState.Running, StreamsState.PendingShutdown];
        Assert.That(Enum.GetValues<StreamsState>().Where(from => StateMachine.IsLegal(from, StreamsState.PendingError)), Is.EquivalentTo(able));
        Assert.That(Enum.GetValues<StreamsState>().Where(to => StateMachine.IsLegal(StreamsState.PendingError, to)), Is.EqualTo([StreamsState.Error]));
    }

    [Test]
    public void Commits_are_frequent_at_rest_and_seldom_under_load()
    {
        var clock = new FakeTimeProvider();
        var pacer = new CommitPacer(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2), clock);
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromMilliseconds(200)));

        pacer.Committed(TimeSpan.FromMilliseconds(50)); // it had rested
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromMilliseconds(200)));
        pacer.Committed(TimeSpan.FromMilliseconds(50)); // it had not: a commit of 50 ms may come once a second
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromSeconds(1)));
        pacer.Committed(TimeSpan.FromMilliseconds(50));
        pacer.Committed(TimeSpan.FromMilliseconds(50));
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromSeconds(2)), "never longer than the longest");

        clock.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
        pacer.Rest();
        pacer.Committed(TimeSpan.FromMilliseconds(50));
        Assert.That(pacer.Remaining, Is.EqualTo(TimeSpan.FromMilliseconds(200)));
    }

    [Test]
    public void A_worker_takes_the_first_free_folder_and_keeps_its_name()
    {
        var root = Scratch.Folder("instances");
        try
        {
            string first;
            string second;
            using (var one = InstanceFolder.Take(root, "app"))
            using (var two = InstanceFolder.Take(root, "app"))
            {
                (first, second) = (one.Id, two.Id);
                Assert.That(Path.GetFileName(one.FullPath), Is.EqualTo("instance-0"));
                Assert.That(Path.GetFileName(two.FullPath), Is.EqualTo("instance-1"));
            }

            using var again = InstanceFolder.Take(root, "app");
            using var other = InstanceFolder.Take(root, "other-app");
            Assert.Multiple(() =>
            {
                Assert.That(first, Does.Match("^[0-9a-f]{16}$").And.Not.EqualTo(second));
                Assert.That(again.Id, Is.EqualTo(first));
                Assert.That(other.Id, Is.Not.EqualTo(first));
            });
        }
        finally
        {
            Scratch.Remove(root);
        }
    }

    [TestCase("0001-01-01T00:00:00.001Z", 1)]
    [TestCase("1970-01-01T00:00:00Z", 62_135_596_800_000)]
    [TestCase("9999-12-31T23:59:59.999Z", 315_537_897_599_999)]
    public void Stream_time_fits_into_a_committed_offset(string time, long offset)
    {
        var ms = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        Assert.That(InternalTopics.ToOffset(ms), Is.EqualTo(offset));
        Assert.That(InternalTopics.FromOffset(offset), Is.EqualTo(ms));
    }

    [Test]
    public void No_stream_time_yet_is_committed_as_zero()
    {
        Assert.That(InternalTopics.ToOffset(CombineTask.NoStreamTime), Is.Zero);
        Assert.That(InternalTopics.FromOffset(0), Is.EqualTo(CombineTask.NoStreamTime));
    }

    [TestCase(0, 0x0123_4567_89AB_CDEFUL, 0x4567_89AB_CDEFL)]
    [TestCase(32767, ulong.MaxValue, long.MaxValue)]
    [TestCase(3, 0UL, 3L << 48)]
    public void Epoch_and_fingerprint_fit_into_a_committed_offset(int epoch, ulong fingerprint, long offset)
    {
        var mark = ApplicationMark.Of(epoch, fingerprint);
        Assert.That(mark.ToOffset(), Is.EqualTo(offset));
        Assert.That(ApplicationMark.FromOffset(offset), Is.EqualTo(mark));
    }

    [Test]
    public void Everything_wrong_with_a_configuration_is_said_at_once()
    {
        var config = new StreamsConfig
        {
            ApplicationId = "no spaces",
            Client = new Dictionary<string, string>(),
            Threads = 0,
            RepartitionPartitions = 0,
            CommitInterval = TimeSpan.FromSeconds(3),
            TransactionTimeout = TimeSpan.FromSeconds(2),
            IdleTimeout = TimeSpan.Zero,
            SessionTimeout = TimeSpan.Zero,
        };

        string[] named = ["ApplicationId", "bootstrap.servers", "Threads", "RepartitionPartitions", "CommitInterval", "TransactionTimeout", "IdleTimeout", "SessionTimeout"];
        var errors = ConfigCheck.Errors(config).ToList();
        Assert.That(named.Where(name => !errors.Exists(e => e.Contains(name, StringComparison.Ordinal))), Is.Empty);
        Assert.That(() => ConfigCheck.Throw(config), Throws.TypeOf<StreamsException>());
        Assert.That(ConfigCheck.Errors(new StreamsConfig { ApplicationId = "app", Client = new Dictionary<string, string> { ["bootstrap.servers"] = "b:9092" } }), Is.Empty);
    }
}
