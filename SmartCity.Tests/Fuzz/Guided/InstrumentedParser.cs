using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

using SharpFuzz;
using SharpFuzz.Common;

using SmartCity.Domain.Readings;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Fuzz.Guided;

/// <summary>
/// A second copy of the parser, into which SharpFuzz has written that each branch counts itself. What it does to a message is the same; which ways it took is to be seen
/// afterwards. The copy lives in a load context of its own, together with a copy of this assembly, which holds it against the naive parser there.
/// </summary>
internal sealed class InstrumentedParser : IDisposable
{
    private readonly string _folder = Scratch.Folder("instrumented");
    private readonly byte[] _branches = GC.AllocateArray<byte>(1 << 16, pinned: true);

    public unsafe InstrumentedParser()
    {
        Directory.CreateDirectory(_folder);
        foreach (Assembly assembly in (Assembly[])[typeof(ReadingParser).Assembly, typeof(InstrumentedParser).Assembly])
        {
            File.Copy(assembly.Location, Path.Combine(_folder, Path.GetFileName(assembly.Location)));
        }

        Fuzzer.Instrument(
            Path.Combine(_folder, Path.GetFileName(typeof(ReadingParser).Assembly.Location)), type => type.StartsWith(typeof(ReadingParser).Namespace!, StringComparison.Ordinal), Options.Value);
        Trace.SharedMem = (byte*)Unsafe.AsPointer(ref _branches[0]);
        Judge = new Context(_folder).LoadFromAssemblyName(typeof(InstrumentedParser).Assembly.GetName()).GetType(typeof(AgainstNaive).FullName!)!
            .GetMethod(nameof(AgainstNaive.Judge))!.CreateDelegate<Func<byte[], string?>>();
    }

    /// <summary>What the parser and the naive one disagree about; null when they agree.</summary>
    public Func<byte[], string?> Judge { get; }

    /// <summary>How often each branch was taken since they were cleared; a byte that overflows begins anew.</summary>
    public Span<byte> Branches => _branches;

    /// <summary>Forgets the branches of the message before.</summary>
    public void Clear()
    {
        _branches.AsSpan().Clear();
        Trace.PrevLocation = 0;
    }

    public void Dispose() => Scratch.Remove(_folder);

    private sealed class Context(string folder) : AssemblyLoadContext("instrumented")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
            => Path.Combine(folder, assemblyName.Name + ".dll") is var path && File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
