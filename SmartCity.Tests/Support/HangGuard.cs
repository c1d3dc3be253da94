using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

using NUnit.Framework.Interfaces;

using SmartCity.Tests.Support;

[assembly: HangGuard]

namespace SmartCity.Tests.Support;

/// <summary>
/// Ends the whole run, naming the test, when a test has taken longer than any may: a test that hangs cannot be ended alone, and must not use up the time that
/// the run has in CI. Whoever runs a longer test on purpose says how long it may take, in SMARTCITY_TEST_MINUTES.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class HangGuardAttribute : Attribute, ITestAction
{
    private const int UsualMinutes = 10;
    private const int ExitCode = 70;

    private readonly int _minutes =
        int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_TEST_MINUTES"), CultureInfo.InvariantCulture, out int minutes) ? minutes : UsualMinutes;

    private readonly ConcurrentDictionary<string, Timer> _running = new(StringComparer.Ordinal);

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test) => _running[test.Id] = new Timer(_ => End(test), null, TimeSpan.FromMinutes(_minutes), Timeout.InfiniteTimeSpan);

    public void AfterTest(ITest test)
    {
        if (_running.TryRemove(test.Id, out var timer))
        {
            timer.Dispose();
        }
    }

    private void End(ITest test)
    {
        // Not by way of the console: what is written there is kept as the test's output until it ends.
        using (var error = Console.OpenStandardError())
        {
            error.Write(Encoding.UTF8.GetBytes($"\n{test.FullName} has not ended after {_minutes} minutes: the run ends here.\n"));
        }

        Environment.Exit(ExitCode);
    }
}
