using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

/// <summary>Ingest into a real Kafka: what is accepted is there, byte for byte, and what is not says why.</summary>
internal sealed class IngestTests
{
    private const int Partitions = 4;

    private readonly string _prefix = $"ingest-{Guid.NewGuid():N}.";
    private ApiUnderTest _api = null!;
    private KafkaServer _kafka = null!;

    private string Topic => _prefix + "smart-city-sensors";

    [OneTimeSetUp]
    public async Task Start()
    {
        _kafka = await TestServers.KafkaAsync();
        await _kafka.CreateTopicAsync(Topic, Partitions);
        _api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Kafka:BootstrapServers", _kafka.BootstrapServers), ("Kafka:TopicPrefix", _prefix));
        await Eventually.IsTrueAsync(async () => (await _api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API has found Kafka");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }
    }

    [Test]
    public async Task An_array_is_published_byte_for_byte_to_the_partition_java_clients_would_choose()
    {
        // Odd spacing, an unknown field, a unit object: none of it may change on the way.
        string[] readings =
        [
            """{"sensor_id":"AQ-1", "sensor_type":"air_quality","city":"Łódź","timestamp":"2026-01-15T14:03:27.512Z","metrics":{"pm25":18.40}}""",
            """{ "x":[1,{"y":null}],"sensor_id":"TR-2","sensor_type":"traffic","city":"Warsaw","timestamp":"2026-01-15T14:03:28Z","metrics":{"average_speed":{"value":3e1,"unit":"km/h"}} }""",
        ];
        var answer = await AcceptedAsync("[ " + string.Join(" ,\n", readings) + "\n]");
        Assert.That(answer.GetProperty("accepted").GetInt32(), Is.EqualTo(2));
        var records = answer.GetProperty("records").EnumerateArray().ToList();
        for (int index = 0; index < readings.Length; index++)
        {
            var record = Read(records[index]);
            Assert.That(Encoding.UTF8.GetString(record.Message.Value), Is.EqualTo(readings[index]));
            Assert.That(Encoding.UTF8.GetString(record.Message.Key), Is.EqualTo(records[index].GetProperty("sensor_id").GetString()));
        }

        // kafka-clients: Utils.toPositive(Utils.murmur2("AQ-1")) % 4 and the same of "TR-2", computed with this port of the published algorithm.
        Assert.That(records.Select(record => record.GetProperty("partition").GetInt32()), Is.EqualTo((int[])[JavaPartition("AQ-1"), JavaPartition("TR-2")]));
    }

    [Test]
    public async Task Lines_gzipped_arrive_too_and_the_bad_ones_are_named()
    {
        string body = Valid("N-1") + "\r\n\n" + Valid("N-2").Replace("18.4", "9999") + "\n{\n" + Valid("N-3");
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(body));
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await _api.Client.PostAsync("/ingest", content);
        var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        Assert.That((int)response.StatusCode, Is.EqualTo(202), answer.ToString());
        Assert.That(answer.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("index").GetInt32()), Is.EqualTo((int[])[0, 3]));
        Assert.That(answer.GetProperty("rejected").EnumerateArray().Select(one => $"{one.GetProperty("index")} {one.GetProperty("reason")}"),
            Is.EqualTo((string[])["1 metric_out_of_range", "2 invalid_json"]));
    }

    [Test]
    public async Task One_reading_over_several_lines_is_one_reading()
    {
        string pretty = Valid("P-1").Replace(",", ",\n  ");
        var answer = await AcceptedAsync(pretty);
        Assert.That(Encoding.UTF8.GetString(Read(answer.GetProperty("records")[0]).Message.Value), Is.EqualTo(pretty));
    }

    [TestCase("not json", "invalid_json")]
    [TestCase("""{"sensor_id":"A",""", "invalid_json")]
    [TestCase("[1]", "not_an_object")]
    [TestCase("\"text\"", "not_an_object")]
    [TestCase("{}", "missing_field")]
    [TestCase("""{"sensor_id":5,"sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1}}""", "wrong_type")]
    [TestCase("""{"sensor_id":"A","sensor_type":"noise","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"x":1}}""", "unknown_sensor_type")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27","metrics":{"average_speed":1}}""", "timestamp_without_offset")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2999-01-15T14:03:27Z","metrics":{"average_speed":1}}""", "timestamp_in_future")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"yesterday","metrics":{"average_speed":1}}""", "bad_timestamp")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":301}}""", "metric_out_of_range")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":"fast"}}""", "metric_not_a_number")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{}}""", "no_metrics")]
    [TestCase("""{"sensor_id":"A","sensor_type":"traffic","city":"a\u0000b","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1}}""", "bad_name")]
    public async Task A_reading_that_breaks_a_rule_is_refused_with_its_reason(string body, string reason)
    {
        using var response = await PostAsync(body);
        var problem = await ApiUnderTest.ProblemAsync(response, 400);
        Assert.That(problem.GetProperty("rejected")[0].GetProperty("reason").GetString(), Is.EqualTo(reason), problem.ToString());
        Assert.That(problem.GetProperty("errors").EnumerateObject().Single().Name, Does.StartWith("[0]"));
    }

    [TestCase("")]
    [TestCase(" \n ")]
    [TestCase("[]")]
    [TestCase("[{},")]
    [TestCase("[{}] x")]
    [TestCase("[{} {}]")]
    public async Task A_body_without_readings_or_that_cannot_be_told_apart_is_a_400(string body)
    {
        using var response = await PostAsync(body);
        await ApiUnderTest.ProblemAsync(response, 400);
    }

    [Test]
    public async Task Invalid_utf8_is_refused()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Valid("U-1"));
        bytes[Array.IndexOf(bytes, (byte)'U')] = 0xff;
        using var content = new ByteArrayContent(bytes);
        using var response = await _api.Client.PostAsync("/ingest", content);
        await ApiUnderTest.ProblemAsync(response, 400);
    }

    [Test]
    public async Task What_is_too_much_is_a_413_however_it_is_packed()
    {
        using var many = await PostAsync("[" + string.Join(',', Enumerable.Repeat("{}", 5001)) + "]");
        await ApiUnderTest.ProblemAsync(many, 413);

        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[64 << 20]); // 64 MiB in 64 KiB
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        using var bomb = await _api.Client.PostAsync("/ingest", content);
        await ApiUnderTest.ProblemAsync(bomb, 413);
    }

    [Test]
    public async Task A_reading_of_two_megabytes_is_refused_and_its_neighbours_are_taken()
    {
        string large = Valid("L-1").Replace("{\"sensor_id\"", "{\"padding\":\"" + new string('x', 2 << 20) + "\",\"sensor_id\"");
        var answer = await AcceptedAsync($"[{Valid("L-0")},{large},{Valid("L-2")}]");
        Assert.That(answer.GetProperty("accepted").GetInt32(), Is.EqualTo(2));
        Assert.That(answer.GetProperty("rejected")[0].GetProperty("reason").GetString(), Is.EqualTo("too_large"));
    }

    [Test]
    public async Task An_encoding_it_does_not_know_is_a_415_and_false_gzip_a_400()
    {
        using var brotli = new StringContent(Valid("E-1"));
        brotli.Headers.ContentEncoding.Add("br");
        using var unknown = await _api.Client.PostAsync("/ingest", brotli);
        await ApiUnderTest.ProblemAsync(unknown, 415);
        using var plain = new StringContent(Valid("E-1"));
        plain.Headers.ContentEncoding.Add("gzip");
        using var not = await _api.Client.PostAsync("/ingest", plain);
        await ApiUnderTest.ProblemAsync(not, 400);
    }

    [Test]
    public async Task Five_thousand_readings_at_once_are_taken_in_order()
    {
        var answer = await AcceptedAsync("[" + string.Join(',', Enumerable.Range(0, 5000).Select(number => Valid($"M-{number % 7}"))) + "]");
        Assert.That(answer.GetProperty("accepted").GetInt32(), Is.EqualTo(5000));
        foreach (var partition in answer.GetProperty("records").EnumerateArray().GroupBy(record => record.GetProperty("partition").GetInt32()))
        {
            Assert.That(partition.Select(record => record.GetProperty("offset").GetInt64()), Is.Ordered);
        }
    }

    private static string Valid(string sensor)
        => $$$"""{"sensor_id":"{{{sensor}}}","sensor_type":"air_quality","city":"Warsaw","timestamp":"2026-01-15T14:03:27Z","metrics":{"pm25":18.4}}""";

    private async Task<JsonElement> AcceptedAsync(string body)
    {
        using var response = await PostAsync(body);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(202), answer);
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _api.Client.PostAsync("/ingest", content);
    }

    private ConsumeResult<byte[], byte[]> Read(JsonElement record)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = _kafka.BootstrapServers, GroupId = _prefix }).Build();
        consumer.Assign(new TopicPartitionOffset(Topic, record.GetProperty("partition").GetInt32(), record.GetProperty("offset").GetInt64()));
        return consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException("The record is not in Kafka.");
    }

    /// <summary>Murmur2 with seed 0x9747b28c and Kafka's masking, after Austin Appleby's description.</summary>
    private static int JavaPartition(string key)
    {
        byte[] data = Encoding.UTF8.GetBytes(key);
        const uint M = 0x5bd1e995;
        uint hash = 0x9747b28c ^ (uint)data.Length;
        int at = 0;
        for (; at + 4 <= data.Length; at += 4)
        {
            uint part = BitConverter.ToUInt32(data, at) * M;
            hash = (hash * M) ^ ((part ^ (part >> 24)) * M);
        }

        uint rest = 0;
        for (int left = data.Length - at - 1; left >= 0; left--)
        {
            rest = (rest << 8) | data[at + left];
        }

        if (at < data.Length)
        {
            hash = (hash ^ rest) * M;
        }

        hash = (hash ^ (hash >> 13)) * M;
        return (int)((hash ^ (hash >> 15)) & 0x7fffffff) % Partitions;
    }
}
