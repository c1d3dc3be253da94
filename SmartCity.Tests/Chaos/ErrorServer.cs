using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SmartCity.Tests.Chaos;

/// <summary>An S3 server in trouble: it answers every request with 500 or 503, as S3 words them, now with and now without having read it.</summary>
internal sealed class ErrorServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private ErrorServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>Where it listens, host:port.</summary>
    public string Address => new Uri(_application.Urls.Single()).Authority;

    public static async Task<ErrorServer> StartAsync()
    {
        var server = new ErrorServer();
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        int request = Interlocked.Increment(ref _requests);
        if (request % 3 != 0)
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }

        (int status, string code) = request % 2 == 0 ? (503, "SlowDown") : (500, "InternalError");
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Please try again.</Message></Error>", context.RequestAborted);
    }
}
