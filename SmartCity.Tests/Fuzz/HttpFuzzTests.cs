using System.Globalization;
using System.Text;

using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Fuzz;

/// <summary>
/// Hostile requests to every endpoint that the API's own document names: any method, parameter, header and body. None may crash it, hang it or get an answer from
/// 500 up, but for 503, which says that something a path needs is not there.
/// </summary>
[TestFixture(DatabaseProvider.Postgres)]
[TestFixture(DatabaseProvider.Sqlite)]
internal sealed class HttpFuzzTests(DatabaseProvider provider)
{
    private const int Callers = 4;

    [Test]
    public async Task No_request_gets_a_5xx_or_goes_without_an_answer()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        string prefix = $"fuzz-{Guid.NewGuid():N}.";
        KafkaServer kafka = await TestServers.KafkaAsync();
        foreach (string topic in (string[])["smart-city-sensors", "smart-city-sensors.late", "smart-city-sensors.dead-letters"])
        {
            await kafka.CreateTopicAsync(prefix + topic, 2);
        }

        await using ApiUnderTest api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(provider), ("Kafka:BootstrapServers", kafka.BootstrapServers), ("Kafka:TopicPrefix", prefix), ("Api:RequestsPerMinute", "0"),
            ("Logging:LogLevel:Default", "None"));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API has found Kafka");
        string openApi = await api.Client.GetStringAsync("/openapi/v1.json");
        HostileRequests requests = new(openApi, api.Address.Authority);
        DocumentedOutages outages = new(openApi);
        int[] answers = new int[600];
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            foreach (HostileRequest request in requests.Of((settings.Seed * Callers) + caller, settings.Requests / Callers))
            {
                (int status, string answer) = await RawHttp.AskAsync(api.Address, request);
                Interlocked.Increment(ref answers[Math.Clamp(status, 0, 599)]);
                string? wrong = status == 503 ? outages.WrongWith(request, answer) : status is 0 or >= 500 ? "no such answer is foreseen" : null;
                if (wrong is not null)
                {
                    failures.Enqueue($"{status}, but {wrong}: {answer[..Math.Min(answer.Length, 300)]}\n  for {Encoding.Latin1.GetString(request.Bytes[..Math.Min(request.Bytes.Length, 600)])}\n  {Convert.ToBase64String(request.Bytes)}");
                }
            }
        })));

        string counts = string.Join(", ", answers.Select((count, status) => (count, status)).Where(pair => pair.count > 0).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.status}: {pair.count}")));
        TestContext.Out.WriteLine($"{settings.Requests} requests of seed {settings.Seed} on {provider}: {counts}");
        Assert.That(failures.Take(5), Is.Empty, counts);
        Assert.That(answers[200], Is.GreaterThan(settings.Requests / 50), "some are good requests");
        Assert.That(answers[400], Is.GreaterThan(settings.Requests / 50), "many are bad ones");
        await api.JsonAsync("/health/live");
        await api.JsonAsync("/query/traffic");
        if (FuzzSettings.IsLong)
        {
            // In the suite other fixtures run in this process, and the memory is theirs too.
            Assert.That(GC.GetTotalMemory(forceFullCollection: true), Is.LessThan(1L << 30), "nothing of it is kept");
        }
    }
}
