using SmartCity.Tests.Servers;

// Directly in the root namespace of the tests, so that it covers every one of them.
namespace SmartCity.Tests;

[SetUpFixture]
internal sealed class StopServersAfterTheRun
{
    [OneTimeTearDown]
    public Task Stop() => TestServers.StopAllAsync();
}
