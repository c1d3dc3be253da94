namespace SmartCity.Api.Security;

/// <summary>The headers that keep browsers from doing more with our answers than they should.</summary>
internal static class SecurityHeaders
{
    private const string Policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

    // The API reference's bundle makes style elements and runs the inline script that starts it; it still reaches no other host.
    private const string DocsPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

    /// <param name="app">The pipeline.</param>
    /// <param name="tileOrigin">The host of map tiles, where there is one: the map's page may show pictures from it, and from nowhere else.</param>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app, string? tileOrigin) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments("/docs") ? DocsPolicy
                : tileOrigin is not null && context.Request.Path.StartsWithSegments("/ui/map") ? $"{Policy}; img-src 'self' data: {tileOrigin}"
                : Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next();
    });
}
