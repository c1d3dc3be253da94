namespace SmartCity.Tests.Support;

/// <summary>The checkout that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its root: the folder above the tests' output that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file's path from its path within the repository, <c>/</c>-separated.</summary>
    public static string Path(string file) => System.IO.Path.Combine(Root, file);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "SmartCity.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"SmartCity.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
