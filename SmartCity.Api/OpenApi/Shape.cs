using System.Text.Json.Nodes;

using Microsoft.OpenApi;

namespace SmartCity.Api.OpenApi;

/// <summary>Builds JSON schemas in few words.</summary>
internal static class Shape
{
    public static OpenApiSchema Text(string? description = null) => new() { Type = JsonSchemaType.String, Description = description };

    public static OpenApiSchema TextOrNull(string? description = null) => new() { Type = JsonSchemaType.String | JsonSchemaType.Null, Description = description };

    public static OpenApiSchema Time(string? description = null) => new() { Type = JsonSchemaType.String, Format = "date-time", Description = description };

    public static OpenApiSchema TimeOrNull(string? description = null)
        => new() { Type = JsonSchemaType.String | JsonSchemaType.Null, Format = "date-time", Description = description };

    public static OpenApiSchema Whole(string? description = null) => new() { Type = JsonSchemaType.Integer, Format = "int64", Description = description };

    public static OpenApiSchema Number(string? description = null) => new() { Type = JsonSchemaType.Number, Format = "double", Description = description };

    public static OpenApiSchema NumberOrNull(string? description = null)
        => new() { Type = JsonSchemaType.Number | JsonSchemaType.Null, Format = "double", Description = description };

    public static OpenApiSchema YesOrNo(string? description = null) => new() { Type = JsonSchemaType.Boolean, Description = description };

    public static OpenApiSchema OneOf(params string[] values) => new() { Type = JsonSchemaType.String, Enum = [.. values.Select(value => (JsonNode)value)] };

    public static OpenApiSchema List(OpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    /// <summary>An object whose members have any names and one shape.</summary>
    public static OpenApiSchema Map(OpenApiSchema values) => new() { Type = JsonSchemaType.Object, AdditionalProperties = values };

    /// <summary>An object; every member is required.</summary>
    public static OpenApiSchema Object(params (string Name, OpenApiSchema Schema)[] members) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = members.ToDictionary(member => member.Name, IOpenApiSchema (member) => member.Schema),
        Required = members.Select(member => member.Name).ToHashSet(),
    };
}
