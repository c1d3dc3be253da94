using System.Diagnostics;
using System.Text;

using Confluent.Kafka;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>One span for what a task does with the records of one commit, with a link to each record that belongs to a trace.</summary>
internal sealed class BatchSpanTests
{
    private static readonly TopicPartition From = new("traced-readings", 3);

    private readonly List<Activity> _ended = [];
    private ActivityListener _listener = null!;

    [SetUp]
    public void Listen()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KafkaStreams.TraceSource,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // Engines of other tests run beside this one.
                if (activity.DisplayName == $"process {From.Topic}")
                {
                    _ended.Add(activity);
                }
            },
        };
        _ended.Clear();
        ActivitySource.AddActivityListener(_listener);
    }

    [TearDown]
    public void StopListening() => _listener.Dispose();

    [Test]
    public void It_is_in_the_first_records_trace_and_links_each_that_is_kept()
    {
        BatchSpan span = BatchSpan.Begin(Header(1, "01"), "group", From, 0)!;
        span.Take(default);
        span.Take(Header(2, "00"));
        span.Take(Header(3, "01"));
        span.Take("00-rubbish"u8);
        span.Take(Encoding.ASCII.GetBytes($"zz-{new string('x', 32)}-{new string('y', 16)}-01"));
        span.End();

        Activity ended = _ended.Single();
        Assert.Multiple(() =>
        {
            Assert.That(ended.TraceId.ToString(), Is.EqualTo(Id(1, 32)));
            Assert.That(ended.ParentSpanId.ToString(), Is.EqualTo(Id(1, 16)));
            Assert.That(ended.Links.Select(link => link.Context.SpanId.ToString()), Is.EqualTo((string[])[Id(1, 16), Id(3, 16)]));
            Assert.That(ended.GetTagItem("messaging.batch.message_count"), Is.EqualTo(6));
            Assert.That(ended.Kind, Is.EqualTo(ActivityKind.Consumer));
            Assert.That(Encoding.ASCII.GetString(span.Headers!.GetLastBytes("traceparent")), Is.EqualTo(ended.Id));
            Assert.That(Activity.Current, Is.Null, "what the thread does next is not part of it");
        });
    }

    [Test]
    public void A_header_that_is_rubbish_begins_nothing()
        => Assert.That(BatchSpan.Begin(Encoding.ASCII.GetBytes($"zz-{new string('x', 32)}-{new string('y', 16)}-01"), "group", From, 0), Is.Null);

    [Test]
    public void What_is_not_committed_is_an_error()
    {
        BatchSpan.Begin(Header(1, "01"), "group", From, 0)!.Undo();

        Assert.That(_ended.Single().Status, Is.EqualTo(ActivityStatusCode.Error));
    }

    [Test]
    public void Somebody_who_marks_every_record_gets_a_hundred_and_twenty_eight_links_and_no_more()
    {
        BatchSpan span = BatchSpan.Begin(Header(1, "01"), "group", From, 0)!;
        for (int i = 0; i < 1000; i++)
        {
            span.Take(Header(2, "01"));
        }

        span.End();

        Assert.That(_ended.Single().Links.Count(), Is.EqualTo(128));
    }

    [Test]
    public void Records_of_no_trace_allocate_nothing()
    {
        BatchSpan span = BatchSpan.Begin(Header(1, "01"), "group", From, 0)!;
        span.Take(default);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            span.Take(default);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        span.End();
    }

    private static byte[] Header(int number, string flags) => Encoding.ASCII.GetBytes($"00-{Id(number, 32)}-{Id(number, 16)}-{flags}");

    private static string Id(int number, int length) => new((char)('0' + number), length);
}
