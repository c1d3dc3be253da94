using System.Collections.Concurrent;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SmartCity.Tests.Worker;

/// <summary>A span as a collector gets it; ids in hexadecimal, the parent's empty for none.</summary>
internal sealed record CollectedSpan(string Name, string TraceId, string SpanId, string ParentId, IReadOnlyList<string> LinkedSpans);

/// <summary>An OpenTelemetry collector as far as it matters here: it takes metrics and traces over HTTP.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _metrics = new();
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();

    private Collector(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Requests with metrics. Names stand in the protocol buffers as plain text.</summary>
    public IEnumerable<string> Metrics => _metrics;

    public IEnumerable<CollectedSpan> Spans => _spans;

    public static async Task<Collector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector._app.MapPost("/v1/metrics", async (HttpRequest request) => collector._metrics.Enqueue(System.Text.Encoding.Latin1.GetString(await BodyAsync(request))));
        collector._app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            foreach (CollectedSpan span in SpansIn(await BodyAsync(request)))
            {
                collector._spans.Enqueue(span);
            }
        });
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    // opentelemetry/proto/trace/v1/trace.proto: request.resource_spans = 1, .scope_spans = 2, .spans = 2; of a span trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, links = 13.
    private static IEnumerable<CollectedSpan> SpansIn(byte[] request)
        => from resource in Fields(request, 1)
           from scope in Fields(resource, 2)
           from span in Fields(scope, 2)
           select new CollectedSpan(
               System.Text.Encoding.UTF8.GetString(Fields(span, 5).Single()), Hex(Fields(span, 1).Single()), Hex(Fields(span, 2).Single()), Hex(Fields(span, 4).FirstOrDefault([])),
               [.. Fields(span, 13).Select(link => Hex(Fields(link, 2).Single()))]);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>The values of a field with a length, of all its occurrences in a message of protocol buffers.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            switch (key & 7)
            {
                case 0:
                    Varint(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    if ((int)(key >> 3) == number)
                    {
                        found.Add(message[at..(at + length)]);
                    }

                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"There is no wire type {key & 7}.");
            }
        }

        return found;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
