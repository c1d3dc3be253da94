using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Kafka;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>What can be known of compose.yaml and the Dockerfiles without a container engine.</summary>
internal sealed class ComposeTests
{
    private readonly ComposeFile _compose = ComposeFile.Read();

    [Test]
    public void Every_part_of_the_platform_has_a_service()
        => Assert.That(
            _compose.Services.Keys, Is.EquivalentTo((string[])["kafka", "topics", "postgres", "s3", "migrate", "worker", "api", "simulator", "prometheus", "grafana"]));

    [Test]
    public void Ports_are_published_on_loopback_only()
        => Assert.That(_compose.Services.Values.SelectMany(service => service.Ports), Is.Not.Empty.And.All.StartsWith("127.0.0.1:"));

    [Test]
    public void Images_of_others_carry_a_version()
        => Assert.That(
            _compose.Services.Values.Where(service => service.Dockerfile is null).Select(service => service.Image),
            Is.Not.Empty.And.All.Match(@":v?\d+\.\d+"));

    [Test]
    public void What_others_wait_for_and_is_kept_running_has_a_healthcheck()
    {
        string[] awaited = [.. _compose.Services.Values.SelectMany(service => service.DependsOn).Distinct()];
        Assert.Multiple(() =>
        {
            Assert.That(awaited, Is.SubsetOf(_compose.Services.Keys));
            foreach (string name in (string[])[.. awaited, "worker", "api"])
            {
                Assert.That(_compose.Services[name] is { Runs: false } or { HasHealthcheck: true }, Is.True, name);
            }
        });
    }

    [Test]
    public void Data_is_kept_in_named_volumes_and_configuration_comes_from_folders_that_exist_and_cannot_be_written_to()
    {
        string[] mounts = [.. _compose.Services.Values.SelectMany(service => service.Volumes)];
        string[] folders = [.. mounts.Where(mount => mount.StartsWith("./", StringComparison.Ordinal))];
        Assert.That(mounts.Except(folders).Select(mount => mount.Split(':')[0]), Is.EquivalentTo(_compose.Volumes));
        Assert.That(folders, Is.Not.Empty.And.All.EndsWith(":ro").And.All.Matches<string>(mount => Directory.Exists(Repository.Path(mount!.Split(':')[0]))));
    }

    [Test]
    public void Our_images_are_built_in_two_stages_and_do_not_run_as_root()
    {
        string[] files = [.. _compose.Services.Values.Select(service => service.Dockerfile).OfType<string>().Distinct()];
        Assert.That(files, Has.Length.EqualTo(3));
        foreach (string file in files)
        {
            string[] lines = File.ReadAllLines(Repository.Path(file));
            Assert.That(lines.Count(line => line.StartsWith("FROM ", StringComparison.Ordinal)), Is.EqualTo(2), file);
            Assert.That(lines[^2], Is.EqualTo("USER $APP_UID"), file);
            string program = Path.GetDirectoryName(file)!;
            Assert.That(lines[^1], Is.EqualTo($"ENTRYPOINT [\"dotnet\", \"{program}.dll\"]"), file);
        }
    }

    [Test]
    public void A_Dockerfile_copies_every_project_that_its_own_needs()
    {
        foreach (string file in _compose.Services.Values.Select(service => service.Dockerfile).OfType<string>().Distinct())
        {
            string text = File.ReadAllText(Repository.Path(file));
            foreach (string project in WithReferences(Path.GetDirectoryName(file)!))
            {
                Assert.That(text, Does.Contain($"COPY {project}/{project}.csproj {project}/").And.Contain($"COPY {project}/ {project}/"), file);
            }
        }
    }

    [Test]
    public void The_workers_settings_are_valid()
    {
        // The container's folder is not on this machine; the port may be taken here.
        var here = new Dictionary<string, string?> { ["Streams:StateDirectory"] = Path.GetTempPath(), ["Worker:Port"] = "0" };
        IConfiguration configuration = new ConfigurationBuilder().AddConfiguration(Configuration("worker")).AddInMemoryCollection(here).Build();

        Assert.That(() => WorkerSettings.Read(configuration), Throws.Nothing);
    }

    [Test]
    public void The_topics_are_made_as_the_worker_would_make_them()
    {
        string[] made =
        [
            .. _compose.Services["topics"].Command.Single().Split('\n')
                .Where(line => line.StartsWith("kafka-topics.sh", StringComparison.Ordinal))
                .Select(line => line.Replace("--create --if-not-exists", "--create", StringComparison.Ordinal)),
        ];

        Assert.That(made, Is.EqualTo(TopicPlan.For(KafkaSettings.For("kafka:29092"), new StreamsOptions()).Select(plan => plan.Command("kafka:29092"))));
    }

    private IConfiguration Configuration(string service)
        => new ConfigurationBuilder()
            .AddInMemoryCollection(_compose.Services[service].Environment.Select(v => new KeyValuePair<string, string?>(v.Key.Replace("__", ":", StringComparison.Ordinal), v.Value)))
            .Build();

    private static HashSet<string> WithReferences(string project)
    {
        var all = new HashSet<string> { project };
        string xml = File.ReadAllText(Repository.Path($"{project}/{project}.csproj"));
        foreach (string part in xml.Split("<ProjectReference Include=\"..\\").Skip(1))
        {
            all.UnionWith(WithReferences(part[..part.IndexOf('\\', StringComparison.Ordinal)]));
        }

        return all;
    }
}
