using SmartCity.Api.Parameters;

namespace SmartCity.Api.Errors;

/// <summary>The problems the API knows.</summary>
internal static class Problems
{
    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    public static ApiProblem BadParameters(ParameterErrors errors) => new(400, "Bad request", "The request's parameters are not understood: see errors.")
    {
        Errors = errors.ByName,
    };

    public static ApiProblem BadRequest(string detail) => new(400, "Bad request", detail);

    public static ApiProblem NotFound(string detail) => new(404, "Not found", detail);

    public static ApiProblem KeyNeeded(string scope) => new(401, "Key needed", $"Send a key with the scope {scope} in the header X-API-Key.");

    public static ApiProblem KeyForbidden(string scope) => new(403, "Not allowed", $"This key has not the scope {scope}.");

    public static ApiProblem TooMany(int perMinute, TimeSpan wait)
        => new(429, "Too many requests", $"At most {perMinute} requests a minute are answered. Wait as Retry-After says.") { RetryAfter = wait };

    public static ApiProblem TooLarge(string detail) => new(413, "Too large", detail);

    public static ApiProblem UnsupportedMediaType(string detail) => new(415, "Unsupported media type", detail);

    public static ApiProblem DatabaseDown(string detail) => new(503, "Database unavailable", detail) { RetryAfter = RetrySoon };

    public static ApiProblem StorageDown(string detail) => new(503, "Storage unavailable", detail) { RetryAfter = RetrySoon };

    public static ApiProblem KafkaDown(string detail) => new(503, "Kafka unavailable", detail) { RetryAfter = RetrySoon };

    public static ApiProblem Internal() => new(500, "Internal error", "The API failed at this; its log says why, under the trace_id.");

    /// <summary>The problem for an answer that the framework gave without a body.</summary>
    public static ApiProblem ForStatus(HttpContext context) => context.Response.StatusCode switch
    {
        404 => NotFound($"Nothing is at {context.Request.Path}. The API's paths are listed at /docs."),
        405 => new(405, "Method not allowed", $"{context.Request.Path} does not answer {context.Request.Method}."),
        413 => TooLarge("The body is larger than allowed."),
        415 => UnsupportedMediaType("This content type is not understood here."),
        var status => new(status, "Refused", "The request was refused."),
    };
}
