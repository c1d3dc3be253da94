using Confluent.Kafka;

using SmartCity.Streams.Engine;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>A position that the broker refuses. A leader that has just been elected may refuse a right one for a moment (campaign 23 had it), so a restart is the first remedy, and a reset the last.</summary>
[TestFixture]
internal sealed class RefusedPositionTests
{
    [Test]
    public async Task A_committed_position_that_is_gone_stops_the_stream_and_the_remedy_begins_with_a_restart()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 1);
        run.Say(100);
        KafkaStreams worker = await run.StartAsync();
        await run.CountsComeOutRightAsync();
        await worker.StopAsync(TimeSpan.FromSeconds(30));
        run.Say(100);
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.DeleteRecordsAsync([new TopicPartitionOffset(run.Lines, 0, 150)]);
        }

        worker = await run.StartAsync(running: false);
        await Eventually.IsTrueAsync(() => worker.Fault is not null, "the stream has stopped");

        Assert.That(worker.Fault!.Message, Does.Contain($"committed position of partition 0 of {run.Lines} ").And.Match("Nothing was skipped. Restart the worker.*then reset the application"));
    }
}
