using System.IO.Hashing;

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
    public static void MapQueries(this IEndpointRouteBuilder routes)
    {
        foreach (var type in SensorTypes.All)
        {
            routes.MapGet($"/query/{type.Slug}", (HttpContext context, WindowQueryParser parser, WindowStore store) => AnswerAsync(context, type, parser, store))
                .Describe(
                    $"query_{type.Name}", "Query", $"{type.Name} windows",
                    $"Five-minute windows of {type.Name} that slide by one minute, newest first; or buckets merged from them.", WindowQueryParser.Parameters)
                .Answers(AnswerSchemas.QueryAnswer(type));
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, SensorTypeDefinition type, WindowQueryParser parser, WindowStore store)
    {
        var reader = new ParameterReader(context.Request.Query, WindowQueryParser.Parameters);
        if (parser.Parse(reader, type, context.Request.Headers.Accept, out var backFromLatest) is not { } query)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var page = await store.ReadAsync(query, backFromLatest, context.RequestAborted);
        using var answer = new PooledBuffer();
        AnswerWriter.Write(answer, query, page);
        var headers = context.Response.GetTypedHeaders();
        if (page.NextCursor is { } cursor)
        {
            context.Response.Headers.Link = $"<{NextLink(context.Request, cursor)}>; rel=\"next\"";
        }

        context.Response.Headers.CacheControl = page.IsSettled ? "max-age=300, stale-while-revalidate=3600" : "no-cache";
        context.Response.Headers.Vary = "Accept, Accept-Encoding";
        headers.ETag = new EntityTagHeaderValue($"\"{XxHash3.HashToUInt64(answer.WrittenSpan):x16}\"", isWeak: true);
        await SendAsync(context, headers.ETag, AnswerWriter.ContentType(query.Format), answer);
        return Results.Empty;
    }

    private static async Task SendAsync(HttpContext context, EntityTagHeaderValue tag, string contentType, PooledBuffer answer)
    {
        var known = context.Request.GetTypedHeaders().IfNoneMatch;
        if (known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = contentType;
        context.Response.ContentLength = answer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(answer.WrittenMemory, context.RequestAborted);
        }
    }

    private static string NextLink(HttpRequest request, string cursor)
    {
        var next = QueryString.Create(request.Query.Where(pair => pair.Key != "cursor")).Add("cursor", cursor);
        return request.PathBase + request.Path + next.ToUriComponent();
    }
}
