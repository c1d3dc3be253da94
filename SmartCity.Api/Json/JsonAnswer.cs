using System.Text.Json;

namespace SmartCity.Api.Json;

/// <summary>An answer written by hand: no reflection, and no member appears that nobody named.</summary>
internal sealed class JsonAnswer(int status, Action<Utf8JsonWriter> write) : IResult
{
    /// <summary>The Cache-Control header; answers are not kept unless said otherwise.</summary>
    public string CacheControl { get; init; } = "no-cache";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, JsonForms.WriterOptions))
        {
            write(json);
        }

        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = buffer.Length;
        response.Headers.CacheControl = CacheControl;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await response.Body.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
        }
    }
}
