using System.Globalization;
using System.Text;
using System.Threading.Channels;

using Microsoft.AspNetCore.Http.Features;

using SmartCity.Api.Errors;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Query;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Live;

/// <summary><c>GET /live</c>: server-sent events.</summary>
internal static class LiveEndpoint
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly IReadOnlyList<Parameter> Parameters =
    [
        Parameter.OneOf("type", null, [.. SensorTypes.All.Select(type => type.Name)], "Only windows of this sensor type."),
        new("city", "Only windows of this city. May be repeated.") { Repeatable = true },
        new("district", "Windows of this district, or * for every district. Whole-city windows (district \"\") when it is not given."),
    ];

    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapGet("/live", AnswerAsync)
        .Describe("live", "Live", "Changes as they happen", """
            Server-sent events: `window`, a window that changed (at most one a second and group); `alert`, an element of /alerts' results, when one fires, gets worse or is over; and `progress`, once a second, with readings/s, watermark and
            sensors by status. A comment every 15 seconds keeps the connection open.
            """, Parameters)
        .WithMetadata(new AnswerDescription(200, Shape.Text(), ["text/event-stream"]))
        .NeedsNoPart();

    private static async Task<IResult> AnswerAsync(HttpContext context, LiveFeed feed, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        var reader = new ParameterReader(context.Request.Query, Parameters);
        string? type = reader.Choice("type");
        var cities = reader.Names("city", WindowQueryParser.MaxCities);
        string? district = WindowQueryParser.District(reader);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Results.Empty;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var events = feed.Subscribe(LastEvent(context.Request));
        try
        {
            await context.Response.WriteAsync("retry: 2000\n\n", stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
            while (await NextAsync(events.Reader, clock, stop.Token) is var isNews)
            {
                if (!isNews)
                {
                    await context.Response.WriteAsync(": still here\n\n", stop.Token);
                }

                while (events.Reader.TryRead(out var told))
                {
                    if (told.SensorType is null || (
                        (type is null || told.SensorType == type) && (cities.Count == 0 || cities.Contains(told.City!))
                        && (told.District is null || (district is null ? told.District != "" : told.District == district))))
                    {
                        await SendAsync(context.Response, told, stop.Token);
                    }
                }

                await context.Response.Body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The watcher left, or the API stops.
        }
        finally
        {
            feed.Unsubscribe(events);
        }

        return Results.Empty;
    }

    /// <summary>The last event that a watcher had before the connection broke, which browsers say by themselves.</summary>
    private static long? LastEvent(HttpRequest request)
        => long.TryParse(request.Headers["Last-Event-ID"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;

    /// <summary>True when there is an event, false when it is time for a heartbeat.</summary>
    private static async Task<bool> NextAsync(ChannelReader<LiveEvent> events, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return await events.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(Heartbeat, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task SendAsync(HttpResponse response, LiveEvent told, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes($"id: {told.Id}\nevent: {told.Name}\ndata: "), cancellationToken);
        await response.Body.WriteAsync(told.Data, cancellationToken);
        await response.Body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
    }
}
