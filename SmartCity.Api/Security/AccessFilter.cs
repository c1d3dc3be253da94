using System.Security.Cryptography;
using System.Text;

using SmartCity.Api.Configuration;
using SmartCity.Api.Errors;

namespace SmartCity.Api.Security;

/// <summary>Lets a request through only with a key that has the scope an endpoint asks for, where keys are required at all.</summary>
internal static class AccessFilter
{
    private const string Header = "X-API-Key";

    /// <summary>Asks for a key with this scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, ApiScopes scope)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.AddEndpointFilter(async (invocation, next) =>
        {
            var context = invocation.HttpContext;
            return Refusal(context, scope, context.RequestServices.GetRequiredService<ApiSettings>()) is { } refusal ? refusal : await next(invocation);
        });
        return builder;
    }

    private static ApiProblem? Refusal(HttpContext context, ApiScopes scope, ApiSettings settings)
    {
        bool isOpen = scope switch
        {
            ApiScopes.Ingest => settings.IngestIsOpen,
            ApiScopes.Read => !settings.RequireKeyToRead,
            _ => false,
        };
        if (isOpen)
        {
            return null;
        }

        string name = scope.ToString().ToLowerInvariant();
        string sent = context.Request.Headers[Header].ToString();
        if (sent.Length == 0)
        {
            return Problems.KeyNeeded(name);
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(sent));
        var scopes = ApiScopes.None;
        foreach (var key in settings.Keys)
        {
            // Every key is compared, in constant time: how long it takes tells nothing.
            scopes |= CryptographicOperations.FixedTimeEquals(hash, key.Sha256) ? key.Scopes : ApiScopes.None;
        }

        return scopes == ApiScopes.None ? Problems.KeyNeeded(name) : scopes.HasFlag(scope) ? null : Problems.KeyForbidden(name);
    }
}
