using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

using SmartCity.Api.Json;

namespace SmartCity.Api.Errors;

/// <summary>
/// An answer that says what went wrong, as RFC 9457 has it: <c>status</c>, <c>title</c>, <c>detail</c>, <c>errors</c> by parameter where parameters are at
/// fault, and the <c>trace_id</c> under which the log knows the request.
/// </summary>
internal sealed class ApiProblem(int status, string title, string detail) : IResult
{
    private const string ContentType = "application/problem+json";

    /// <summary>What is wrong with which parameter.</summary>
    public IReadOnlyDictionary<string, List<string>>? Errors { get; init; }

    /// <summary>How long to wait before asking again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Writes members of the problem's own.</summary>
    public Action<Utf8JsonWriter>? Extensions { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        using var buffer = new PooledBuffer();
        Write(buffer, httpContext);
        await response.Body.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
    }

    private void Write(PooledBuffer buffer, HttpContext httpContext)
    {
        using var json = new Utf8JsonWriter(buffer, JsonForms.WriterOptions);
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", title);
        json.WriteNumber("status", status);
        json.WriteString("detail", detail);
        if (Errors is not null)
        {
            json.WriteStartObject("errors");
            foreach (var (name, messages) in Errors)
            {
                json.WriteStartArray(name);
                messages.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        Extensions?.Invoke(json);
        json.WriteString("trace_id", Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier);
        json.WriteEndObject();
    }
}
