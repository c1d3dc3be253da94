using Microsoft.OpenApi;

using SmartCity.Api.Parameters;

namespace SmartCity.Api.OpenApi;

/// <summary>What the OpenAPI document says of an endpoint.</summary>
internal sealed record EndpointDescription(string Id, string Tag, string Summary, string Text, IReadOnlyList<Parameter> Parameters);

/// <summary>What an endpoint answers when all is well.</summary>
internal sealed record AnswerDescription(int Status, OpenApiSchema Schema, IReadOnlyList<string> ContentTypes);

/// <summary>An endpoint that answers whatever part is down: it never answers 503.</summary>
internal sealed record AlwaysAnswers;

/// <summary>What an endpoint is sent.</summary>
internal sealed record BodyDescription(OpenApiSchema Schema, IReadOnlyList<string> ContentTypes);

/// <summary>Attaches descriptions to endpoints.</summary>
internal static class EndpointDescriptions
{
    public static RouteHandlerBuilder Describe(
        this RouteHandlerBuilder builder, string id, string tag, string summary, string text, IReadOnlyList<Parameter> parameters)
        => builder.WithMetadata(new EndpointDescription(id, tag, summary, text, parameters)).WithName(id);

    public static RouteHandlerBuilder NeedsNoPart(this RouteHandlerBuilder builder) => builder.WithMetadata(new AlwaysAnswers());

    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder builder, OpenApiSchema schema, int status = 200, params string[] otherContentTypes)
        => builder.WithMetadata(new AnswerDescription(status, schema, ["application/json", .. otherContentTypes]));
}
