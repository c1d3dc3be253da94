namespace SmartCity.Tests.Chaos;

/// <summary>
/// The platform's first promise, shown by breaking it. As a test of the suite it is short; <c>tools/chaos/run.sh</c> runs it at length.
/// </summary>
internal sealed class CampaignTests
{
    [Test]
    public async Task Nothing_is_lost_doubled_or_different_whatever_breaks()
    {
        var campaign = new Campaign(CampaignSettings.FromEnvironment());

        CampaignReport report = await campaign.RunAsync();

        await TestContext.Progress.WriteLineAsync(report.ToJson());
        Assert.That(
            campaign.Found.Where(found => !found.Value.None).Select(found => $"{found.Key}: {found.Value}"), Is.Empty, "what is lost, doubled or different");
    }

    [Test]
    public void The_same_seed_draws_the_same_faults_and_each_kind_before_any_comes_twice()
    {
        IReadOnlyList<Fault> once = FaultSchedule.Draw(7, 100, TimeSpan.FromMinutes(10), FaultKind.All, 4);
        IReadOnlyList<Fault> again = FaultSchedule.Draw(7, 100, TimeSpan.FromMinutes(10), FaultKind.All, 4);

        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(once));
            Assert.That(FaultSchedule.Draw(8, 100, TimeSpan.FromMinutes(10), FaultKind.All, 4), Is.Not.EqualTo(once));
            Assert.That(once.Take(FaultKind.All.Count).Select(fault => fault.Kind), Is.EquivalentTo(FaultKind.All));
            Assert.That(once.Select(fault => fault.At), Is.Ordered);
            Assert.That(once.Zip(once.Skip(1)).Count(pair => pair.First.At == pair.Second.At), Is.GreaterThan(5), "some strike together");
        });
    }
}
