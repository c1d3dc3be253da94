// How long visitors stayed on each page in the last five minutes, every minute. Topic "visits": key = page, value = milliseconds as text. Topic "stays": one row a page and window.
//   dotnet run                     tries it in memory, without Kafka
//   dotnet run localhost:9092      runs it, where both topics exist; Ctrl+C ends it
using System.Globalization;
using System.Text;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

var builder = new StreamsBuilder();
builder.Stream("visits", Consumed.With(Serdes.Text, Serdes.Text))
    .FlatMapValues((_, text) => long.TryParse(text, CultureInfo.InvariantCulture, out var milliseconds) ? new[] { milliseconds } : [])
    .GroupBy((page, _) => page, Serdes.Text)
    .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30)).AdvanceBy(TimeSpan.FromMinutes(1)))
    .EmitStrategy(EmitStrategy.OnWindowClose)
    .Aggregate(new StayAggregator(), "stays")
    .Map((page, row) => (page.Group, $"until {Clock(page.EndMs)}: {row.Aggregate.Visits} visits of {row.Aggregate.Milliseconds / row.Aggregate.Visits} ms"))
    .To("stays", Serdes.Text, Serdes.Text);
var topology = builder.Build();

if (args is [var kafka])
{
    var config = new StreamsConfig { ApplicationId = "stays", Client = new Dictionary<string, string> { ["bootstrap.servers"] = kafka } };
    await using var streams = new KafkaStreams(topology, config, NullLoggerFactory.Instance);
    Console.CancelKeyPress += (_, end) =>
    {
        end.Cancel = true;
        _ = streams.StopAsync(TimeSpan.FromSeconds(10));
    };
    await streams.StartAsync(CancellationToken.None);
    await streams.Completion;
    return;
}

using var driver = new TopologyTestDriver(topology);
Visit("home", 1000, second: 10);
Visit("home", 3000, second: 70);
Visit("about", 500, second: 600);
driver.Commit();
foreach (var row in driver.Read("stays"))
{
    Console.WriteLine($"{row.KeyText} {row.ValueText}");
}

void Visit(string page, long milliseconds, int second)
    => driver.Pipe("visits", Encoding.UTF8.GetBytes(page), Encoding.UTF8.GetBytes($"{milliseconds}"), timestampMs: 1000L * second);

static string Clock(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("HH:mm", CultureInfo.InvariantCulture);
