using SmartCity.Api.Configuration;
using SmartCity.Api.Errors;

namespace SmartCity.Api.Security;

/// <summary>Lets a request through only with a key that has the scope an endpoint asks for, where keys are required at all.</summary>
internal static class AccessFilter
{
    /// <summary>Asks for a key with this scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, ApiScopes scope)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.AddEndpointFilter(async (invocation, next) =>
        {
            var services = invocation.HttpContext.RequestServices;
            var refusal = Refusal(invocation.HttpContext.Request, scope, services.GetRequiredService<ApiSettings>(), services.GetRequiredService<KeyRing>());
            return refusal is not null ? refusal : await next(invocation);
        });
        return builder;
    }

    /// <summary>True when the request may do what a scope allows, for endpoints that tell some callers more than others.</summary>
    public static bool Allows(this HttpContext context, ApiScopes scope)
        => Refusal(context.Request, scope, context.RequestServices.GetRequiredService<ApiSettings>(), context.RequestServices.GetRequiredService<KeyRing>()) is null;

    private static ApiProblem? Refusal(HttpRequest request, ApiScopes scope, ApiSettings settings, KeyRing keys)
    {
        bool isOpen = scope switch
        {
            ApiScopes.Ingest => settings.IngestIsOpen,
            ApiScopes.Read => !settings.RequireKeyToRead,
            _ => settings.OpsIsOpen,
        };
        if (isOpen)
        {
            return null;
        }

        string name = scope.ToString().ToLowerInvariant();
        return keys.Find(request) switch
        {
            null => Problems.KeyNeeded(name),
            { Scopes: var scopes } when scopes.HasFlag(scope) => null,
            _ => Problems.KeyForbidden(name),
        };
    }
}
