namespace SmartCity.Streams.Engine.Windows;

/// <summary>Bytes in a form that another version of the engine writes: nothing is damaged, and the remedy is another one.</summary>
internal sealed class OtherVersionException(string message) : FormatException(message)
{
    /// <summary>What a person can do about it.</summary>
    public const string Remedy = "Another version of this program wrote it: run that version in every worker, or stop them all and reset the application to rebuild from its input.";
}
