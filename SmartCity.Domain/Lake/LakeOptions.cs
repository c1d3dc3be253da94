using System.Globalization;

namespace SmartCity.Domain.Lake;

/// <summary>How readings and aggregates lie in the lake.</summary>
public enum LakeFormat
{
    /// <summary>Parquet with zstd: one file a folder and batch (default).</summary>
    Parquet,

    /// <summary>One JSON object a reading. Readable everywhere, and costly: a request and a file for each reading.</summary>
    Json,
}

/// <summary>Where the lake is and how it is written: the section <c>Lake</c> of the configuration.</summary>
public sealed record LakeOptions
{
    /// <summary>The S3-compatible server's address, e.g. <c>http://s3:7070</c>. Either this or <see cref="Folder"/>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The bucket. Default <c>smart-city</c>.</summary>
    public string Bucket { get; init; } = "smart-city";

    /// <summary>The server's region, which signatures carry. Default <c>us-east-1</c>.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>The access key; needed with <see cref="Endpoint"/>.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The secret key; needed with <see cref="Endpoint"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>A folder of the local disk as the lake, for trying out. Either this or <see cref="Endpoint"/>.</summary>
    public string? Folder { get; init; }

    /// <summary>How readings are written. Default Parquet.</summary>
    public LakeFormat Format { get; init; } = LakeFormat.Parquet;

    /// <summary>The longest that a reading waits before its batch is cut. Default 15 minutes; 1 s to 1 day.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The memory that batches may take together, compressed as they wait, before they are cut early. Default 128 MiB, about two million readings; 1 MiB to 8 GiB.</summary>
    public long FlushBytes { get; init; } = 128L << 20;

    /// <summary>True when an endpoint or a folder is given.</summary>
    public bool IsConfigured => !string.IsNullOrEmpty(Endpoint) || !string.IsNullOrEmpty(Folder);

    /// <summary>Everything that is wrong with these options, one sentence each with key, value, rule and remedy; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (string.IsNullOrEmpty(Endpoint) == string.IsNullOrEmpty(Folder))
        {
            errors.Add(IsConfigured
                ? $"Lake:Endpoint is {Endpoint} and Lake:Folder is {Folder}, but a lake is at one place. Unset one of Lake__Endpoint and Lake__Folder."
                : "Neither Lake:Endpoint nor Lake:Folder is set, but a lake must be somewhere. Set Lake__Endpoint=http://localhost:7070, or Lake__Folder=./lake to try out.");
        }

        if (!string.IsNullOrEmpty(Endpoint))
        {
            ValidateServer(errors);
        }

        if (!Enum.IsDefined(Format))
        {
            errors.Add($"Lake:Format is {Format} but must be Parquet or Json. Set Lake__Format=Parquet.");
        }

        if (FlushInterval < TimeSpan.FromSeconds(1) || FlushInterval > TimeSpan.FromDays(1))
        {
            errors.Add($"Lake:FlushInterval is {FlushInterval} but must be between 00:00:01 and 1.00:00:00. Set Lake__FlushInterval=00:15:00.");
        }

        if (FlushBytes is < 1L << 20 or > 8L << 30)
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"Lake:FlushBytes is {FlushBytes} but must be between 1048576 (1 MiB) and 8589934592 (8 GiB). Set Lake__FlushBytes=134217728."));
        }

        return errors;
    }

    private void ValidateServer(List<string> errors)
    {
        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            errors.Add($"Lake:Endpoint is {Endpoint} but must be http:// or https:// with a host and no path. Set Lake__Endpoint=http://localhost:7070.");
        }

        if (!IsBucketName(Bucket))
        {
            errors.Add($"Lake:Bucket is '{Bucket}' but must have 3 to 63 characters of a-z, 0-9, '-' and '.', starting and ending with a letter or digit. Set Lake__Bucket=smart-city.");
        }

        if (string.IsNullOrWhiteSpace(Region))
        {
            errors.Add("Lake:Region is empty but signatures need one. Set Lake__Region=us-east-1, or what the server is configured with.");
        }

        if (string.IsNullOrEmpty(AccessKey))
        {
            errors.Add("Lake:AccessKey is not set but Lake:Endpoint needs it. Set Lake__AccessKey.");
        }

        if (string.IsNullOrEmpty(SecretKey))
        {
            errors.Add("Lake:SecretKey is not set but Lake:Endpoint needs it. Set Lake__SecretKey.");
        }
    }

    private static bool IsBucketName(string? name)
        => name is { Length: >= 3 and <= 63 }
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')
            && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
            && !name.Contains("..", StringComparison.Ordinal);

    // A record prints its members, and secrets must not reach a log.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Endpoint = {Endpoint}, Bucket = {Bucket}, Region = {Region}, Folder = {Folder}, Format = {Format}, FlushInterval = {FlushInterval}, FlushBytes = {FlushBytes}");
        return true;
    }
}
