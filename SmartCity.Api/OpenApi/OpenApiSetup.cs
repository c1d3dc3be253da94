using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

using Microsoft.OpenApi;

using Scalar.AspNetCore;

using SmartCity.Api.Parameters;

namespace SmartCity.Api.OpenApi;

/// <summary>The OpenAPI 3.1 document at <c>/openapi/v1.json</c>, made of the endpoints' own descriptions, and the page at <c>/docs</c> to browse it.</summary>
internal static class OpenApiSetup
{
    private const string KeyScheme = "ApiKey";

    private static readonly (string Name, string Text)[] Tags =
    [
        ("Query", "Windows by type, city, district and time; merged into hours or days where asked."),
        ("Live", "The same as they change."),
        ("Sensors", "Cities and sensors, and how lately each was heard of."),
        ("Ingest", "Readings over HTTP instead of Kafka."),
        ("Storage", "The data lake."),
        ("Alerts", "Rules that are broken, and sensors that have fallen silent."),
        ("Quality", "What was counted, what came too late and what was refused, and why."),
        ("Operations", "How the stream itself stands."),
        ("Health", "For people and orchestrators."),
    ];

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<EndpointDescription>().Any();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Smart City",
                Version = "v1",
                Description = "Five-minute windows over a city's sensors, the sensors themselves, ingest and the data lake. All times are UTC. Errors are RFC 9457 problems.",
            };
            document.Tags = Tags.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Text }).ToHashSet();
            document.Servers = []; // the same document wherever the API runs
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [KeyScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = "X-API-Key",
                    Description = "Needed for ingest unless the API is a developer's own, and for reading where Api:RequireKeyToRead is set.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            Fill(operation, metadata.OfType<EndpointDescription>().Last(), metadata.OfType<AnswerDescription>().LastOrDefault(), context.Document);
            if (!metadata.OfType<AlwaysAnswers>().Any())
            {
                operation.Responses!["503"] = Problem("A part that it needs does not answer, and the problem says which. `Retry-After` says when to try again.");
            }

            if (metadata.OfType<BodyDescription>().LastOrDefault() is { } body)
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Content = body.ContentTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = body.Schema }),
                };
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
            }

            return Task.CompletedTask;
        });
    });

    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json");
        routes.MapScalarApiReference("/docs", options => options
            .WithTitle("Smart City API")
            .WithOpenApiRoutePattern("/openapi/{documentName}.json")
            .WithFavicon("/ui/icon.svg")
            .DisableDefaultFonts()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry()
            .HideDeveloperTools()
            .HideClientButton());
    }

    private static void Fill(OpenApiOperation operation, EndpointDescription description, AnswerDescription? answer, OpenApiDocument? document)
    {
        operation.OperationId = description.Id;
        operation.Summary = description.Summary;
        operation.Description = description.Text;
        operation.Tags = new HashSet<OpenApiTagReference> { new(description.Tag, document) };
        var ofPath = operation.Parameters?.Where(parameter => parameter.In == ParameterLocation.Path) ?? [];
        operation.Parameters = [.. ofPath, .. description.Parameters.Select(Describe)];
        operation.Responses = [];
        if (answer is not null)
        {
            operation.Responses[answer.Status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = ((HttpStatusCode)answer.Status).ToString(),
                Content = answer.ContentTypes.ToDictionary(
                    type => type, type => type == "application/json" ? new OpenApiMediaType { Schema = answer.Schema } : new OpenApiMediaType()),
            };
        }

        operation.Responses["default"] = Problem("A problem (RFC 9457).");
    }

    private static OpenApiResponse Problem(string description) => new()
    {
        Description = description,
        Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() { Schema = AnswerSchemas.Problem } },
    };

    private static OpenApiParameter Describe(Parameter parameter)
    {
        var schema = new OpenApiSchema
        {
            Type = parameter.Type switch { "integer" => JsonSchemaType.Integer, "boolean" => JsonSchemaType.Boolean, _ => JsonSchemaType.String },
            Minimum = parameter.Min?.ToString(CultureInfo.InvariantCulture),
            Maximum = parameter.Max?.ToString(CultureInfo.InvariantCulture),
            Enum = parameter.Choices is { } choices ? [.. choices.Select(choice => (JsonNode)choice)] : null,
            Default = parameter.Default is not { } fallback ? null : parameter.Type == "integer" ? int.Parse(fallback, CultureInfo.InvariantCulture) : fallback,
        };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Description = parameter.Description,
            Schema = parameter.Repeatable ? Shape.List(schema) : schema,
        };
    }
}
