using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;

namespace SmartCity.Tests.Worker;

internal sealed class StreamsOptionsTests
{
    [Test]
    public void Without_settings_the_windows_are_those_of_the_design()
    {
        var (options, errors) = Read();

        Assert.That(errors, Is.Empty);
        Assert.That(options.Window, Is.EqualTo(new WindowOptions { Size = TimeSpan.FromMinutes(5), Advance = TimeSpan.FromMinutes(1), Grace = TimeSpan.FromMinutes(10) }));
        Assert.That(options.Roles, Is.EqualTo(WorkerRoles.Combine | WorkerRoles.Windows | WorkerRoles.Postgres | WorkerRoles.Lake));
        Assert.That(options.Guarantee, Is.EqualTo(ProcessingGuarantee.ExactlyOnce));
    }

    [Test]
    public void An_advance_that_does_not_divide_the_size_names_one_that_does()
    {
        var (_, errors) = Read(("Streams:Window:Advance", "00:02:00"));

        Assert.That(errors, Is.EqualTo(new[] { "Streams:Window:Advance is 00:02:00 but must divide Size (00:05:00). Set Streams__Window__Advance=00:01:00." }));
    }

    [Test]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var (_, errors) = Read(
            ("Streams:ApplicationId", "smart city"), ("Streams:Roles", "combine,windws"), ("Streams:Threads", "0"), ("Streams:ProcessingGuarantee", "maybe"),
            ("Streams:Window:Grace", "10"), ("Streams:Treads", "2"), ("Streams:CommitInterval", "5s"), ("Streams:StateDirectory", "/proc/nowhere"));

        Assert.That(errors, Has.Count.EqualTo(8));
        Assert.That(errors, Has.All.Match(@"^Streams:[A-Za-z:]+ is .+\. (Set|Did you mean) Streams__[A-Za-z_]+(=\S+\.|\?)$"));
        Assert.That(errors, Has.Some.EqualTo("Streams:Window:Grace is 10 but must be a duration such as 00:05:00, 30s or 5m. Set Streams__Window__Grace=00:10:00."));
        Assert.That(errors, Has.Some.EqualTo("Streams:Treads is set but is no setting of Streams. Did you mean Streams__Threads?"));
    }

    [TestCase("windows", WorkerRoles.Windows)]
    [TestCase("Combine, lake", WorkerRoles.Combine | WorkerRoles.Lake)]
    [TestCase("all", WorkerRoles.All)]
    public void Roles_are_a_list_in_any_case(string text, WorkerRoles expected)
    {
        var (options, errors) = Read(("Streams:Roles", text));

        Assert.That(errors, Is.Empty);
        Assert.That(options.Roles, Is.EqualTo(expected));
    }

    private static (StreamsOptions Options, IReadOnlyList<string> Errors) Read(params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => new KeyValuePair<string, string?>(v.Key, v.Value))).Build();
        var errors = new ConfigurationErrors();
        return (StreamsOptions.Read(configuration, errors), errors.Messages);
    }
}
