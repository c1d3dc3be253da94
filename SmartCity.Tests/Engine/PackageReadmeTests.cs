using System.Collections;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

using SmartCity.Streams.Engine;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine;

/// <summary>Whoever has only the package's README can write a topology: its pieces, typed in as they come, are a program that compiles and does what it says.</summary>
internal sealed partial class PackageReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Repository.Path("SmartCity.Streams.Engine/README.md"));
    private static readonly string[] Pieces = [.. Fenced().Matches(Readme).Where(block => block.Groups["language"].Value == "csharp").Select(block => block.Groups["text"].Value)];

    /// <summary>What a new console project brings by itself; and a console that is no other test's.</summary>
    private const string Around = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;

        internal static class Console
        {
            public static readonly List<string> Lines = [];

            public static void WriteLine(string line) => Lines.Add(line);
        }
        """;

    [Test]
    public void Its_pieces_compile_as_one_program()
    {
        // The aggregate of one's own is a file.
        CSharpCompilation program = Compile(string.Concat(Pieces[..^1]), Pieces[^1]);

        Assert.That(Errors(program), Is.Empty);
    }

    [Test]
    public void What_is_tried_without_Kafka_prints_what_it_says()
    {
        string told = Fenced().Matches(Readme).Single(block => block.Groups["language"].Value == "text").Groups["text"].Value;

        Assert.That(Run(Compile(Pieces[0] + Pieces[1])), Is.EqualTo(told.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Test]
    public void Its_aggregate_is_the_samples()
        => Assert.That(Pieces[^1], Is.EqualTo(File.ReadAllText(Repository.Path("samples/Stays/Stay.cs"))));

    [Test]
    public void A_samples_topology_is_short()
        => Assert.That(File.ReadAllLines(Repository.Path("samples/Stays/Program.cs")), Has.Length.LessThan(60));

    [Test]
    public void Nothing_is_public_that_a_topology_has_no_use_for()
        => Assert.That(typeof(KafkaStreams).Assembly.GetExportedTypes().Select(type => type.FullName!["SmartCity.Streams.Engine.".Length..].Split('`')[0]), Is.EquivalentTo((string[])
        [
            "KafkaStreams", "StreamsConfig", "StreamsRoles", "ProcessingGuarantee", "StreamsState", "StreamsStatus", "InputTaskStatus", "WindowTaskStatus",
            "StreamsReset", "StreamTimes", "StateFolders", "StreamsException", "RecordHeaders", "Topology",
            "Dsl.StreamsBuilder", "Dsl.Consumed", "Dsl.Consumed", "Dsl.IRecordParser", "Dsl.RecordRejection", "Dsl.KStream", "Dsl.BranchedKStream",
            "Dsl.Grouped", "Dsl.KGroupedStream", "Dsl.WindowedKStream",
            "Processing.Record", "Processing.RecordPosition", "Processing.IProcessor", "Processing.IProcessorContext", "Processing.WindowProgress",
            "Serialization.ISerde", "Serialization.Serdes", "Serialization.Unit",
            "Tasks.RawRecord",
            "Testing.TopologyTestDriver", "Testing.TestDriverOptions", "Testing.TestRecord",
            "Windows.TimeWindows", "Windows.EmitStrategy", "Windows.Windowed", "Windows.WindowUpdate", "Windows.GroupSelector", "Windows.GroupCollector",
            "Windows.IMergeableAggregator", "Windows.CountAggregator", "Windows.Counter",
        ]));

    private static CSharpCompilation Compile(params string[] files)
    {
        string[] platform = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!.ToString()!.Split(Path.PathSeparator);
        return CSharpCompilation.Create(
            "FromTheReadme",
            [.. files.Append(Around).Select(file => CSharpSyntaxTree.ParseText(file))],
            platform
                .Where(file => Path.GetFileName(file) is var name
                    && (name.StartsWith("System.", StringComparison.Ordinal) || name is "SmartCity.Streams.Engine.dll" or "Microsoft.Extensions.Logging.Abstractions.dll"))
                .Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
    }

    private static IEnumerable<string> Errors(CSharpCompilation program)
        => program.GetDiagnostics().Where(one => one.Severity >= DiagnosticSeverity.Warning).Select(one => one.ToString());

    private static string[] Run(CSharpCompilation program)
    {
        using var code = new MemoryStream();
        Assert.That(program.Emit(code).Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error), Is.Empty);
        code.Position = 0;
        var context = new AssemblyLoadContext("readme", isCollectible: true);
        try
        {
            Assembly assembly = context.LoadFromStream(code);
            assembly.EntryPoint!.Invoke(null, [Array.Empty<string>()]);
            var lines = (IEnumerable)assembly.GetType("Console")!.GetField("Lines")!.GetValue(null)!;
            return [.. lines.Cast<string>()];
        }
        finally
        {
            context.Unload();
        }
    }

    [GeneratedRegex("""^```(?<language>\w+)\n(?<text>.*?)^```""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
