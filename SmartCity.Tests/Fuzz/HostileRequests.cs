using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace SmartCity.Tests.Fuzz;

/// <summary>A request, and whether it ends before the server can know that it has.</summary>
internal readonly record struct HostileRequest(byte[] Bytes, bool EndsEarly);

/// <summary>
/// Requests made up from an OpenAPI document: its paths with its parameters, most of them with values that are wrong, absurd or meant to do harm, besides headers, bodies
/// and methods that it does not name.
/// </summary>
internal sealed class HostileRequests(string openApi, string host)
{
    private static readonly string[] Methods = ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "QUERY"];

    private static readonly string[] Values =
    [
        "", "0", "-1", "1", "2147483647", "2147483648", "-9223372036854775808", "1e308", "NaN", "0x10", "1.5", "٣", "null", "true", "undefined", "*", "%", "%25", "%00", "%0d%0aX-Injected:%201", "%ff%fe", "%c0%af", "%ed%a0%80",
        "%F0%9F%A6%84", "a%00b", "'", "''--", "%27%20OR%201=1--", "%27;DROP%20TABLE%20sensors;--", "%24%7Bjndi:ldap://x%7D", "..%2f..%2fetc%2fpasswd", "..", ".", "/", "//", "%5c", "{}", "[]", "%5B%5D", "%3Cscript%3E",
        "2026-01-15T14:03:27Z", "2026-01-15T14:03:27+99:99", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-02-30T00:00:00Z", "-2026-01-01T00:00:00Z", "now", "P1D", "1d", "5m", "1h", "24", "8784", "json", "csv", "columns",
        "asc", "desc", "Europe/Warsaw", "Etc/GMT+12", "traffic", "air_quality", "air-quality", "Warsaw", "Wola", "avg_pm25", "reading_count", "live", "silent", "final", "latest", "invalid_json", "eyJzIjoxfQ", "AAAA", "////", "=", "&", "a&b=c", "#",
    ];

    private static readonly string[] Headers =
    [
        "Accept: text/csv", "Accept: */*;q=x", "Accept: \u00ff/\u00fe", "Accept: application/json;q=0.0001,text/csv;q=9", "Accept-Encoding: gzip, br;q=9, \u0001", "If-None-Match: *", "If-None-Match: \"x", "If-Modified-Since: never",
        "Range: bytes=5-1", "Content-Type: application/json", "Content-Type: application/x-ndjson", "Content-Type: multipart/form-data; boundary=", "Content-Type: \u00ff", "Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: gzip, gzip",
        "X-Api-Key: x", "X-Api-Key: \u00ff", "Authorization: Basic ====", "Authorization: Bearer \u00e9", "Origin: null", "Host: evil.example", "X-Forwarded-For: 1.1.1.1, \u00ff", "X-Forwarded-Proto: gopher", "Forwarded: for=\"[::1", "Last-Event-ID: -1",
        "Transfer-Encoding: chunked", "Transfer-Encoding: chunked, identity", "Content-Length: -1", "Content-Length: 99999999999", "Expect: 100-continue", "Upgrade: websocket", "Connection: upgrade", "Traceparent: 00-zz", "Cookie: a=\u0007", " folded: x", "NoColon", ": empty",
    ];

    private static readonly string[] BodyFollows = ["Transfer-Encoding", "Content-Length: 9999", "Content-Length: -1", "Expect", "Upgrade"];

    private readonly List<(string Path, string Method, string[] Query)> _operations = Operations(openApi);

    /// <summary>The requests of a seed: always the same.</summary>
    public IEnumerable<HostileRequest> Of(int seed, int count)
    {
        var dice = new Random(seed);
        using IEnumerator<byte[]> bodies = HostileMessages.Of(seed, int.MaxValue).GetEnumerator();
        for (int request = 0; request < count; request++)
        {
            yield return Request(dice, bodies);
        }
    }

    private HostileRequest Request(Random dice, IEnumerator<byte[]> bodies)
    {
        var (path, method, query) = _operations[dice.Next(_operations.Count)];
        path = string.Join('/', path.Split('/').Select(part => part.StartsWith('{') ? Value(dice).Replace(' ', '+') : part));
        if (dice.Next(20) == 0)
        {
            path = path.Insert(dice.Next(path.Length + 1), Value(dice));
        }

        if (dice.Next(10) == 0)
        {
            method = Methods[dice.Next(Methods.Length)];
        }

        // Mostly one or two wrong values among good or absent ones: more would only ever meet the first check.
        string[] chosen = [.. query.Where(_ => dice.Next(Math.Max(2, query.Length)) < 2).Select(name => $"{name}={Value(dice)}")];
        if (dice.Next(12) == 0)
        {
            chosen = [.. chosen, .. chosen, $"{Value(dice)}={Value(dice)}"];
        }

        var head = new StringBuilder($"{method} {path}{(chosen.Length > 0 ? "?" + string.Join('&', chosen) : "")} HTTP/1.1\r\nConnection: close\r\n");
        head.Append(dice.Next(40) == 0 ? "" : $"Host: {host}\r\n");
        for (int header = dice.Next(6) == 0 ? dice.Next(1, 5) : 0; header > 0; header--)
        {
            head.Append(Headers[dice.Next(Headers.Length)]).Append("\r\n");
        }

        if (dice.Next(200) == 0)
        {
            head.Append("X-Long: ").Append('a', dice.Next(1, 40_000)).Append("\r\n");
        }

        bool open = false;
        byte[] body = method == "POST" || dice.Next(15) == 0 ? Body(dice, bodies, head, out open) : [];
        byte[] request = [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. body];
        bool cut = dice.Next(50) == 0;
        open |= BodyFollows.Any(header => head.ToString().Contains(header, StringComparison.Ordinal));
        return new HostileRequest(cut ? request[..dice.Next(1, request.Length)] : request, cut || open);
    }

    /// <summary>One message or several, alone, as lines, in an array, or packed.</summary>
    private static byte[] Body(Random dice, IEnumerator<byte[]> messages, StringBuilder head, out bool open)
    {
        int off = dice.Next(30) == 0 ? dice.Next(-2, 5) : 0;
        open = off != 0;
        byte[][] many = [.. Enumerable.Range(0, dice.Next(1, 6)).Select(_ => messages.MoveNext() ? messages.Current : [])];
        byte[] body = dice.Next(4) switch
        {
            0 => many[0],
            1 => [.. many.SelectMany(one => (byte[])[.. one, (byte)'\n'])],
            2 => [(byte)'[', .. many.SelectMany((one, n) => n > 0 ? (byte[])[(byte)',', .. one] : one), (byte)']'],
            _ => [.. many.SelectMany(one => one)],
        };
        if (dice.Next(8) == 0)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(body);
            }

            body = packed.ToArray();
            if (dice.Next(3) == 0)
            {
                body[dice.Next(body.Length)] ^= 0x55;
            }

            head.Append("Content-Encoding: gzip\r\n");
        }

        head.Append(dice.Next(3) == 0 ? "" : "Content-Type: application/json\r\n").Append("Content-Length: ").Append(Math.Max(0, body.Length + off)).Append("\r\n");
        return body;
    }

    private static string Value(Random dice) => dice.Next(60) switch
    {
        0 => new string('a', dice.Next(1, 9_000)),
        1 => Uri.EscapeDataString(new string((char)dice.Next(1, 0xD7FF), dice.Next(1, 200))),
        2 => string.Concat(Enumerable.Range(0, dice.Next(1, 40)).Select(_ => $"%{dice.Next(256):X2}")),
        3 => $"{dice.NextInt64(long.MinValue, long.MaxValue)}",
        _ => Values[dice.Next(Values.Length)],
    };

    private static List<(string, string, string[])> Operations(string openApi)
    {
        using JsonDocument document = JsonDocument.Parse(openApi);
        return
        [
            .. document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (
                path.Name,
                operation.Name.ToUpperInvariant(),
                operation.Value.TryGetProperty("parameters", out JsonElement parameters)
                    ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "query").Select(one => one.GetProperty("name").GetString()!).ToArray()
                    : []))),
        ];
    }
}
