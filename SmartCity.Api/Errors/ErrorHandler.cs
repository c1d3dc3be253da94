using Confluent.Kafka;

using Microsoft.AspNetCore.Diagnostics;

using SmartCity.Api.Database;
using SmartCity.Domain.Lake;

namespace SmartCity.Api.Errors;

/// <summary>Turns exceptions into problems: a part that is down is 503 with Retry-After and says which; only what nobody foresaw is 500.</summary>
internal sealed partial class ErrorHandler(ILogger<ErrorHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            return true; // nobody is listening
        }

        await For(exception, httpContext).ExecuteAsync(httpContext);
        return true;
    }

    private ApiProblem For(Exception exception, HttpContext context)
    {
        if (CityDatabase.ErrorIn(exception) is { } database)
        {
            PartDown(logger, "database", context.Request.Path, database.Message);
            return Problems.DatabaseDown(CityDatabase.Explain(database));
        }

        switch (exception)
        {
            case LakeUnavailableException:
                PartDown(logger, "lake", context.Request.Path, exception.Message);
                return Problems.StorageDown("The lake cannot be reached at the moment. Queries and ingest go on answering.");
            case KafkaException:
                PartDown(logger, "Kafka", context.Request.Path, exception.Message);
                return Problems.KafkaDown("Kafka cannot be reached at the moment. Queries and storage go on answering.");
            case BadHttpRequestException { StatusCode: 413 }:
                return Problems.TooLarge("The body is larger than allowed.");
            case BadHttpRequestException bad:
                return Problems.BadRequest(bad.Message);
            default:
                Unforeseen(logger, exception, context.Request.Method, context.Request.Path);
                return Problems.Internal();
        }
    }

    [LoggerMessage(5010, LogLevel.Warning, "The {Part} did not answer for {Path}: {Reason}")]
    private static partial void PartDown(ILogger logger, string part, PathString path, string reason);

    [LoggerMessage(5011, LogLevel.Error, "{Method} {Path} failed.")]
    private static partial void Unforeseen(ILogger logger, Exception exception, string method, PathString path);
}
