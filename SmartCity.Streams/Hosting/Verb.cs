namespace SmartCity.Streams.Hosting;

/// <summary>Something that the worker's program does once and ends, instead of running.</summary>
/// <param name="Name">What it is called by, e.g. <c>lake verify</c>.</param>
/// <param name="Does">What it does, for the usage text.</param>
/// <param name="RunAsync">Does it and returns the exit code.</param>
/// <param name="Options">What it may be told beside settings.</param>
internal sealed record Verb(string Name, string Does, Func<VerbLine, Task<int>> RunAsync, params IReadOnlyList<VerbOption> Options);

/// <summary>An option of a verb.</summary>
/// <param name="Name">With its hyphens: <c>--since</c>.</param>
/// <param name="Value">What its value is called in the usage text; null for one that takes none.</param>
/// <param name="Does">What it does, for the usage text.</param>
internal sealed record VerbOption(string Name, string? Value, string Does)
{
    /// <summary>Without it a verb only says what it would do.</summary>
    public static VerbOption Yes { get; } = new("--yes", null, "do it; without this it only says what it would do");

    public override string ToString() => Value is null ? Name : $"{Name}={Value}";
}

/// <summary>A command line that cannot be understood.</summary>
#pragma warning disable CA1032, CA1064 // It never leaves this assembly, and always says what is wrong.
internal sealed class UsageException(string message) : Exception(message);
#pragma warning restore CA1032, CA1064
