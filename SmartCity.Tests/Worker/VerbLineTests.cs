using SmartCity.Domain.Configuration;
using SmartCity.Streams.Hosting;

namespace SmartCity.Tests.Worker;

/// <summary>How the worker's verbs read what stands behind their name.</summary>
internal sealed class VerbLineTests
{
    private static readonly Verb Fly = new(
        "fly", "fly", _ => Task.FromResult(0), VerbOption.Yes, new VerbOption("--since", "TIME", "when"), new VerbOption("--for", "DURATION", "how long"), new VerbOption("--wings", "N", "how many"));

    [Test]
    public void Options_and_settings_stand_in_any_order_with_an_equals_sign_or_without()
    {
        VerbLine line = new(Fly, ["--for", "90m", "--Lake:Folder", "lake", "--wings=2", "--Streams:Threads=3", "--since=2026-01-15", "--yes"]);

        Assert.Multiple(() =>
        {
            Assert.That(line.Yes, Is.True);
            Assert.That(line.Duration("--for", TimeSpan.Zero), Is.EqualTo(TimeSpan.FromMinutes(90)));
            Assert.That(line.Number("--wings", 1, 1, 4), Is.EqualTo(2));
            Assert.That(line.Time("--since"), Is.EqualTo(new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero)));
            Assert.That(line.Settings((settings, _) => (settings["Lake:Folder"], settings["Streams:Threads"])), Is.EqualTo(("lake", "3")));
        });
    }

    [Test]
    public void What_is_not_said_has_its_default()
    {
        VerbLine line = new(Fly, []);

        Assert.That((line.Yes, line.Duration("--for", TimeSpan.FromDays(1)), line.Number("--wings", 1, 1, 4), line.Time("--since")), Is.EqualTo((false, TimeSpan.FromDays(1), 1, (DateTimeOffset?)null)));
    }

    [TestCase("--Yes", "--Yes is no option of fly, which takes --yes, --since=TIME, --for=DURATION, --wings=N, settings (--SECTION:KEY=VALUE).")]
    [TestCase("now", "now is no option of fly")]
    [TestCase("Lake:Folder=lake", "Lake:Folder=lake is no option of fly")]
    [TestCase("--yes=no", "--yes takes no value.")]
    [TestCase("--since", "--since needs a value: --since=TIME.")]
    [TestCase("--Lake:Folder", "--Lake:Folder needs a value: --Lake:Folder=VALUE.")]
    public void What_it_does_not_know_is_refused(string argument, string message)
        => Assert.That(() => new VerbLine(Fly, [argument, "--yes"]), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));

    [Test]
    public void A_value_that_breaks_its_rule_is_refused_with_the_rule()
    {
        VerbLine line = new(Fly, ["--since=yesterday", "--for=30", "--wings=5"]);

        Assert.Multiple(() =>
        {
            Assert.That(() => line.Time("--since"), Throws.TypeOf<UsageException>().With.Message.EqualTo("--since is yesterday but must be a time such as 2026-01-15 or 2026-01-15T14:00:00Z."));
            Assert.That(() => line.Duration("--for", default), Throws.TypeOf<UsageException>().With.Message.StartsWith("--for is 30 but must be a duration"));
            Assert.That(() => line.Number("--wings", 1, 1, 4), Throws.TypeOf<UsageException>().With.Message.EqualTo("--wings is 5 but must be a whole number from 1 to 4."));
        });
    }

    [Test]
    public void Settings_that_are_wrong_are_said_all_at_once()
        => Assert.That(
            () => new VerbLine(Fly, ["--Lake:FlushBytes=none", "--Lake:Folder=", "--Lake:Endpoint="]).Settings(LakeSettings.Read),
            Throws.TypeOf<ConfigurationException>().With.Property(nameof(ConfigurationException.Messages)).Count.EqualTo(2));
}
