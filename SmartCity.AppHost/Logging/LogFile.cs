using System.Text;

namespace SmartCity.AppHost.Logging;

/// <summary>The log of one run. What comes after it is closed goes nowhere.</summary>
internal sealed class LogFile(string path, TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _file = new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8) { AutoFlush = true };
    private bool _closed;

    /// <summary>Where the lines' times come from.</summary>
    public TimeProvider Clock => clock;

    public void Write(string line)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _file.WriteLine(line);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _file.Dispose();
        }
    }
}
