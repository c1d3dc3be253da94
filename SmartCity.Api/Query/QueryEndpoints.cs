using System.IO.Hashing;

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary><c>GET /query/{air-quality,traffic,parking,weather,energy}</c>.</summary>
internal static class QueryEndpoints
{
    private static readonly MinDataRate SlowestReader = new(bytesPerSecond: 16 * 1024, gracePeriod: TimeSpan.FromSeconds(10));

    public static void MapQueries(this IEndpointRouteBuilder routes)
    {
        foreach (var type in SensorTypes.All)
        {
            routes.MapGet($"/query/{type.Slug}", (HttpContext context, WindowQueryParser parser, WindowStore store) => AnswerAsync(context, type, parser, store))
                .Describe(
                    $"query_{type.Name}", "Query", $"{type.Name} windows",
                    $"Five-minute windows of {type.Name} that slide by one minute, newest first; or buckets merged from them.", WindowQueryParser.Parameters)
                .Answers(AnswerSchemas.QueryAnswer(type), 200, "text/csv", "application/x-ndjson");
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, SensorTypeDefinition type, WindowQueryParser parser, WindowStore store)
    {
        var reader = new ParameterReader(context.Request.Query, WindowQueryParser.Parameters);
        if (parser.Parse(reader, type, context.Request.Headers.Accept, out var backFromLatest) is not { } query)
        {
            return Problems.BadParameters(reader.Errors);
        }

        return RowText.Of(query) is { } rows
            ? await StreamAsync(context, store, query, rows, backFromLatest)
            : await WholeAsync(context, store, query, backFromLatest);
    }

    private static async Task<IResult> WholeAsync(HttpContext context, WindowStore store, WindowQuery query, TimeSpan? backFromLatest)
    {
        var page = await store.ReadAsync(query, backFromLatest, context.RequestAborted);
        using var answer = new PooledBuffer();
        AnswerWriter.Write(answer, query, page);
        if (Begin(context, query, page.NextCursor, page.IsSettled, XxHash3.HashToUInt64(answer.WrittenSpan)))
        {
            context.Response.ContentLength = answer.Length;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(answer.WrittenMemory, context.RequestAborted);
            }
        }

        return Results.Empty;
    }

    private static async Task<IResult> StreamAsync(HttpContext context, WindowStore store, WindowQuery query, RowText rows, TimeSpan? backFromLatest)
    {
        await using var page = await store.OpenAsync(query, rows, backFromLatest, context.RequestAborted);
        if (Begin(context, query, page.NextCursor, page.IsSettled, page.Hash) && !HttpMethods.IsHead(context.Request.Method))
        {
            // While it is sent it holds a connection to the database.
            if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } pace)
            {
                pace.MinDataRate = SlowestReader;
            }

            await page.WriteAsync(context.Response.BodyWriter, context.RequestAborted);
        }

        return Results.Empty;
    }

    /// <summary>Sets the headers of a page; false when the caller has it already.</summary>
    private static bool Begin(HttpContext context, WindowQuery query, string? nextCursor, bool isSettled, ulong hash)
    {
        context.LinkTo(nextCursor);
        context.Response.Headers.CacheControl = isSettled ? "max-age=300, stale-while-revalidate=3600" : "no-cache";
        context.Response.Headers.Vary = "Accept, Accept-Encoding";
        var tag = new EntityTagHeaderValue($"\"{hash:x16}\"", isWeak: true);
        context.Response.GetTypedHeaders().ETag = tag;
        var known = context.Request.GetTypedHeaders().IfNoneMatch;
        if (known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }

        context.Response.ContentType = AnswerWriter.ContentType(query.Format);
        return true;
    }
}
