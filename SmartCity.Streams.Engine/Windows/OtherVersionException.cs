namespace SmartCity.Streams.Engine.Windows;

/// <summary>Bytes in a form that another version of the engine writes: nothing is damaged, and the remedy is another one.</summary>
internal sealed class OtherVersionException(string message) : FormatException(message)
{
    /// <summary>Bytes that begin with a greater number are no version's: something else wrote them.</summary>
    private const ulong Greatest = 31;

    /// <summary>What a person can do about it.</summary>
    public const string Remedy = "Another version of this program wrote it: run that version in every worker, or stop them all and reset the application to rebuild from its input.";

    /// <summary>What to say of bytes that begin with a version that cannot be read.</summary>
    public static FormatException Of(string what, ulong version, ulong ours) => version is > 0 and <= Greatest
        ? new OtherVersionException($"is {what} format {version}, and this version reads {ours}")
        : new FormatException($"no {what} begins with {version}");
}
