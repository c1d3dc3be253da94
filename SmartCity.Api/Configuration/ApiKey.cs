namespace SmartCity.Api.Configuration;

/// <summary>What a key may be used for.</summary>
[Flags]
internal enum ApiScopes
{
    None = 0,
    Ingest = 1,
    Read = 2,
    Ops = 4,
}

/// <summary>A key that callers send as <c>X-API-Key</c>. Only its SHA-256 is known here, so a leaked configuration opens nothing.</summary>
internal sealed record ApiKey(string Name, byte[] Sha256, ApiScopes Scopes);
