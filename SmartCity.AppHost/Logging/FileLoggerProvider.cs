using System.Globalization;

namespace SmartCity.AppHost.Logging;

/// <summary>Writes every log line of the platform to one file, since the console is the banner's. Each host gets it, and disposing of a host leaves the file open.</summary>
[ProviderAlias("File")]
internal sealed class FileLoggerProvider(LogFile file) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new FileLogger(file, categoryName);

    public void Dispose()
    {
        // The file is not ours: other hosts still write to it.
    }

    private sealed class FileLogger(LogFile file, string category) : ILogger
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

            var time = file.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var line = string.Create(CultureInfo.InvariantCulture, $"{time} {Short(logLevel)} {category}[{eventId.Id}] {formatter(state, exception)}");
            file.Write(exception is null ? line : $"{line}{Environment.NewLine}{exception}");
        }

        private static string Short(LogLevel level) => level switch
        {
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            LogLevel.Critical => "crit",
            _ => "info",
        };
    }
}
