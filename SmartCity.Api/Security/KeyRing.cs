using System.Security.Cryptography;
using System.Text;

using SmartCity.Api.Configuration;

namespace SmartCity.Api.Security;

/// <summary>Knows the configured keys by their hashes.</summary>
internal sealed class KeyRing(ApiSettings settings)
{
    public const string Header = "X-API-Key";

    /// <summary>The key a request carries; null when it carries none, or one that nobody was given.</summary>
    public ApiKey? Find(HttpRequest request)
    {
        string sent = request.Headers[Header].ToString();
        if (sent.Length is 0 or > 1024)
        {
            return null;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(sent));
        ApiKey? found = null;
        foreach (var key in settings.Keys)
        {
            // Every key is compared, in constant time: how long it takes tells nothing.
            if (CryptographicOperations.FixedTimeEquals(hash, key.Sha256))
            {
                found = key;
            }
        }

        return found;
    }
}
