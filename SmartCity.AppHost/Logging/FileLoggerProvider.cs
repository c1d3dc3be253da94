using System.Globalization;
using System.Text;

namespace SmartCity.AppHost.Logging;

/// <summary>Writes every log line of the platform to one file, since the console is the banner's.</summary>
[ProviderAlias("File")]
internal sealed class FileLoggerProvider(string path, TimeProvider clock) : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _file = new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8) { AutoFlush = true };
    private bool _closed;

    public ILogger CreateLogger(string categoryName) => new FileLogger(this, categoryName);

    public void Dispose()
    {
        // Several hosts share it and each disposes of it; those that come later go on logging into the void.
        lock (_gate)
        {
            _closed = true;
            _file.Dispose();
        }
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _file.WriteLine(line);
            }
        }
    }

    private sealed class FileLogger(FileLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var time = provider._clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var line = string.Create(CultureInfo.InvariantCulture, $"{time} {Short(logLevel)} {category}[{eventId.Id}] {formatter(state, exception)}");
            provider.Write(exception is null ? line : $"{line}{Environment.NewLine}{exception}");
        }

        private static string Short(LogLevel level) => level switch
        {
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            LogLevel.Critical => "crit",
            _ => "info",
        };
    }

    private readonly TimeProvider _clock = clock;
}
