using Microsoft.AspNetCore.Http.Features;

namespace SmartCity.Api.Parameters;

/// <summary>A name in a path, as the caller meant it.</summary>
internal static class PathName
{
    /// <summary>
    /// The segment of the path with this number, unescaped. Route values will not do: in them <c>%2F</c> stays as it is and cannot be told from an escaped <c>%252F</c>,
    /// and a sensor's name may hold either.
    /// </summary>
    public static string Of(HttpContext context, int segment)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        if (!path.StartsWith('/') && Uri.TryCreate(path, UriKind.Absolute, out var uri))
        {
            path = uri.AbsolutePath;
        }

        string[] segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return segment < segments.Length ? Uri.UnescapeDataString(segments[segment]) : "";
    }
}
