namespace SmartCity.Tests.Pages;

[SetUpFixture]
internal sealed class StopTheStageAfterThePages
{
    [OneTimeTearDown]
    public Task Stop() => Stage.StopAsync();
}
