namespace SmartCity.Domain.Lake;

/// <summary>Makes the store that the options name.</summary>
public static class LakeStore
{
    /// <summary>Makes it, without reaching out to it. Throws <see cref="ArgumentException"/> listing everything that is wrong with the options.</summary>
    public static IObjectStore Create(LakeOptions options)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(options));
        }

        return string.IsNullOrEmpty(options.Folder) ? new S3ObjectStore(options) : new FolderObjectStore(options.Folder);
    }
}
