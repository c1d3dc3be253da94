using System.Reflection;
using System.Runtime.InteropServices;

namespace SmartCity.AppHost.Broker;

/// <summary>The few functions of librdkafka that Confluent.Kafka does not expose: its mock cluster. They come from the very library Confluent.Kafka has loaded.</summary>
internal static unsafe partial class LibRdKafka
{
    public const int Producer = 0;
    public const int ConfigurationOk = 0;

    private const string Name = "smartcity-librdkafka";

    // Confluent.Kafka's own order: the build against the system's libraries, the one for older glibc without SASL, the one for musl.
    private static readonly string[] Candidates = ["librdkafka", "centos8-librdkafka", "alpine-librdkafka"];

    static LibRdKafka()
    {
        // Makes Confluent.Kafka load its library first; loading it again only finds it there.
        _ = Confluent.Kafka.Library.Version;
        NativeLibrary.SetDllImportResolver(typeof(LibRdKafka).Assembly, Resolve);
    }

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_new")]
    public static partial nint NewConfiguration();

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_destroy")]
    public static partial void DestroyConfiguration(nint configuration);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfiguration(nint configuration, string name, string value, byte* error, nuint errorSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set_log_cb")]
    public static partial void SetLogCallback(nint configuration, nint callback);

    [LibraryImport(Name, EntryPoint = "rd_kafka_new")]
    public static partial nint NewClient(int type, nint configuration, byte* error, nuint errorSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_destroy")]
    public static partial void DestroyClient(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_err2str")]
    public static partial nint ErrorText(int error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_new")]
    public static partial nint NewMockCluster(nint client, int brokers);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    public static partial void DestroyMockCluster(nint cluster);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    public static partial nint MockBootstraps(nint cluster);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_set_controller_id")]
    public static partial void SetMockController(nint cluster, int brokerId);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    public static partial void SetMockInitialRebalanceDelay(nint cluster, int milliseconds);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMockTopic(nint cluster, string topic, int partitions, int replicationFactor);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Name)
        {
            return 0;
        }

        foreach (var candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, typeof(Confluent.Kafka.Library).Assembly, null, out var library)
                && NativeLibrary.TryGetExport(library, "rd_kafka_mock_cluster_new", out _))
            {
                return library;
            }
        }

        throw new DllNotFoundException($"None of {string.Join(", ", Candidates)} can be loaded on {RuntimeInformation.RuntimeIdentifier}; the embedded broker is part of that library.");
    }
}
