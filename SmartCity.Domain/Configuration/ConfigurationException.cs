namespace SmartCity.Domain.Configuration;

/// <summary>The configuration cannot be used. A program prints <see cref="Messages"/> with <see cref="WriteTo"/> and ends with <see cref="ExitCode"/>.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>The exit code of a program whose configuration is wrong: <c>EX_CONFIG</c> of sysexits.h, which systemd and people know.</summary>
    public const int ExitCode = 78;

    /// <summary>Makes one without messages.</summary>
    public ConfigurationException()
        : this([])
    {
    }

    /// <summary>Makes one with one message.</summary>
    public ConfigurationException(string message)
        : this([message])
    {
    }

    /// <summary>Makes one with one message and its cause.</summary>
    public ConfigurationException(string message, Exception innerException)
        : base(message, innerException) => Messages = [message];

    /// <summary>Makes one with everything that is wrong.</summary>
    public ConfigurationException(IReadOnlyList<string> messages)
        : base(string.Join(Environment.NewLine, messages)) => Messages = messages;

    /// <summary>Each error, a sentence or two with the remedy.</summary>
    public IReadOnlyList<string> Messages { get; }

    /// <summary>Writes one line an error.</summary>
    public void WriteTo(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (var message in Messages)
        {
            output.WriteLine(message);
        }
    }
}
