using System.IO.Compression;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;

namespace SmartCity.Api.Ingest;

/// <summary>Reads a body whole, inflated, and no further than allowed.</summary>
internal static class IngestBody
{
    /// <summary>5 MiB, inflated.</summary>
    public const int MaxBytes = 5 * 1024 * 1024;

    /// <summary>Reads the body into <paramref name="buffer"/>; a problem when it is too large, or encoded in a way not known here.</summary>
    public static async Task<ApiProblem?> ReadAsync(HttpRequest request, PooledBuffer buffer, CancellationToken cancellationToken)
    {
        string encoding = request.Headers.ContentEncoding.ToString().Trim();
        if (encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return await CopyAsync(request.Body, buffer, cancellationToken);
        }

        if (!encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.UnsupportedMediaType($"Content-Encoding is {encoding}, but only gzip is understood.");
        }

        try
        {
            await using var inflated = new GZipStream(request.Body, CompressionMode.Decompress);
            return await CopyAsync(inflated, buffer, cancellationToken);
        }
        catch (InvalidDataException)
        {
            return Problems.BadRequest("The body is not the gzip data that Content-Encoding says it is.");
        }
    }

    private static async Task<ApiProblem?> CopyAsync(Stream from, PooledBuffer buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            int read = await from.ReadAsync(buffer.GetMemory(16 * 1024), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            buffer.Advance(read);
            if (buffer.Length > MaxBytes)
            {
                return Problems.TooLarge($"The body has more than {MaxBytes / (1024 * 1024)} MiB inflated. Send fewer readings at a time.");
            }
        }
    }
}
