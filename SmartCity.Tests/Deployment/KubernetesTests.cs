using k8s;
using k8s.Models;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

using SmartCity.Api.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>The manifests against the Kubernetes API's own types, and their settings against the programs that read them.</summary>
internal sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";

    private List<object> _objects = null!;

    [OneTimeSetUp]
    public void Read()
        => _objects =
        [
            .. Files().SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true)),
        ];

    [Test]
    public void A_member_that_Kubernetes_does_not_know_is_found()
        => Assert.That(
            () => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { portz: [] }\n", strict: true), Throws.Exception);

    [Test]
    public void Everything_lies_in_one_namespace_and_is_in_the_kustomization()
    {
        string kustomization = File.ReadAllText(Repository.Path($"{Folder}/kustomization.yaml"));
        Assert.Multiple(() =>
        {
            Assert.That(Files().Select(Path.GetFileName), Is.All.Matches<string>(name => kustomization.Contains($"- {name}", StringComparison.Ordinal)));
            Assert.That(_objects.Cast<IKubernetesObject<V1ObjectMeta>>().Where(o => o is not V1Namespace).Select(o => o.Metadata.NamespaceProperty), Is.All.EqualTo("smart-city"));
        });
    }

    [Test]
    public void Selectors_find_the_pods_that_they_are_meant_for()
    {
        IDictionary<string, string>[] pods = [.. Pods().Select(pod => pod.Metadata.Labels)];
        IDictionary<string, string>[] selectors =
        [
            .. All<V1Service>().Select(service => service.Spec.Selector),
            .. All<V1StatefulSet>().Select(set => set.Spec.Selector.MatchLabels),
            .. All<V1Deployment>().Select(deployment => deployment.Spec.Selector.MatchLabels),
            .. All<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels),
            .. All<V1NetworkPolicy>().Select(policy => policy.Spec.PodSelector.MatchLabels),
        ];
        Assert.That(selectors, Has.Length.EqualTo(9));
        Assert.That(selectors, Is.All.Matches<IDictionary<string, string>>(selector => pods.Count(labels => selector!.All(labels.Contains)) == 1));
        Assert.That(All<V1StatefulSet>().Single().Spec.ServiceName, Is.EqualTo(All<V1Service>().Single(service => service.Spec.ClusterIP == "None").Metadata.Name));
    }

    [Test]
    public void No_container_runs_as_root_or_writes_anywhere_but_to_its_volumes()
    {
        Assert.Multiple(() =>
        {
            foreach (V1PodTemplateSpec pod in Pods())
            {
                Assert.That(pod.Spec.SecurityContext.RunAsNonRoot, Is.True);
                Assert.That(pod.Spec.AutomountServiceAccountToken, Is.False);
                foreach (V1Container container in pod.Spec.Containers)
                {
                    Assert.That(container.SecurityContext.ReadOnlyRootFilesystem, Is.True, container.Name);
                    Assert.That(container.SecurityContext.AllowPrivilegeEscalation, Is.False, container.Name);
                    Assert.That(container.SecurityContext.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }), container.Name);
                    Assert.That(container.Resources.Limits.ContainsKey("memory"), Is.True, container.Name);
                    IEnumerable<string> volumes = (pod.Spec.Volumes ?? []).Select(volume => volume.Name).Concat(
                        All<V1StatefulSet>().SelectMany(set => set.Spec.VolumeClaimTemplates).Select(claim => claim.Metadata.Name));
                    Assert.That(container.VolumeMounts.Select(mount => mount.Name), Is.SubsetOf(volumes), container.Name);
                }
            }
        });
    }

    [Test]
    public void Probes_ask_for_paths_that_are_served_on_the_port_that_the_program_is_given()
    {
        foreach (V1Container container in Pods().SelectMany(pod => pod.Spec.Containers).Where(container => container.Name != "migrate"))
        {
            string port = Settings(container).Single(setting => setting.Key is "Worker:Port" or "Api:Port").Value!;
            Assert.That($"{container.Ports.Single(p => p.Name == "http").ContainerPort}", Is.EqualTo(port));
            Assert.That(container.LivenessProbe.HttpGet.Path, Is.EqualTo("/health/live"));
            Assert.That(container.ReadinessProbe.HttpGet.Path, Is.EqualTo("/health/ready"));
        }
    }

    [Test]
    public void The_workers_settings_are_valid_and_make_it_a_static_member()
    {
        Dictionary<string, string?> settings = Settings(Container("worker"));
        settings["Streams:StateDirectory"] = Path.GetTempPath(); // the container's folder is not on this machine
        settings["Worker:Port"] = "0";
        var worker = WorkerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());

        Assert.That(worker.Kafka.ClientProperties["group.instance.id"], Is.EqualTo("metadata.name"));
        Assert.That(worker.Streams.SessionTimeout, Is.GreaterThan(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void The_APIs_settings_are_valid_outside_Development_and_its_connection_is_the_readers()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(Settings(Container("api"))).Build();
        var api = ApiSettings.Read(configuration, new Microsoft.Extensions.Hosting.Internal.HostingEnvironment { EnvironmentName = Environments.Production });

        Assert.That(api.Database.ConnectionString, Does.Contain("Username=smartcity_api"));
        Assert.That(api.IngestIsOpen, Is.False);
    }

    private static IEnumerable<string> Files()
        => Directory.EnumerateFiles(Repository.Path(Folder), "*.yaml").Where(file => Path.GetFileName(file) != "kustomization.yaml");

    private IEnumerable<T> All<T>() => _objects.OfType<T>();

    private IEnumerable<V1PodTemplateSpec> Pods()
        => [.. All<V1StatefulSet>().Select(set => set.Spec.Template), .. All<V1Deployment>().Select(set => set.Spec.Template), .. All<V1Job>().Select(job => job.Spec.Template)];

    private V1Container Container(string name) => Pods().SelectMany(pod => pod.Spec.Containers).Single(container => container.Name == name);

    /// <summary>What a container finds in its environment, as configuration keys; a field's value is the field's path.</summary>
    private Dictionary<string, string?> Settings(V1Container container)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (V1EnvFromSource source in container.EnvFrom)
        {
            IDictionary<string, string> data = source.ConfigMapRef is { } map
                ? All<V1ConfigMap>().Single(one => one.Metadata.Name == map.Name).Data
                : All<V1Secret>().Single(one => one.Metadata.Name == source.SecretRef.Name).StringData;
            foreach ((string key, string value) in data)
            {
                settings[Key(key)] = value;
            }
        }

        foreach (V1EnvVar variable in container.Env)
        {
            settings[Key(variable.Name)] = variable.Value ?? variable.ValueFrom.FieldRef.FieldPath;
        }

        return settings;
    }

    private static string Key(string variable) => variable.Replace("__", ":", StringComparison.Ordinal);
}
