using System.Collections.Concurrent;
using System.Text;

using NUnit.Framework.Interfaces;

using SmartCity.Tests.Support;

[assembly: HangGuard(minutes: 10)]

namespace SmartCity.Tests.Support;

/// <summary>
/// Ends the whole run, naming the test, when a test has taken longer than any may: a test that hangs cannot be ended alone, and must not use up the time that
/// the run has in CI.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class HangGuardAttribute(int minutes) : Attribute, ITestAction
{
    private const int ExitCode = 70;

    private readonly ConcurrentDictionary<string, Timer> _running = new(StringComparer.Ordinal);

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test) => _running[test.Id] = new Timer(_ => End(test), null, TimeSpan.FromMinutes(minutes), Timeout.InfiniteTimeSpan);

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
            error.Write(Encoding.UTF8.GetBytes($"\n{test.FullName} has not ended after {minutes} minutes: the run ends here.\n"));
        }

        Environment.Exit(ExitCode);
    }
}
