using System.Globalization;

namespace SmartCity.AppHost.Hosting;

/// <summary>What a run says of itself on the console: where everything is, and each part as it has started.</summary>
internal sealed class Banner(TextWriter output, TimeProvider clock, long startedAt)
{
    private bool _inLine;

    public void Title() => output.WriteLine("Smart City — embedded: in-memory broker (at-least-once), SQLite, local lake");

    public void Places(int port, int wantedPort, string kafka, DataFolder folder, bool isKept)
    {
        if (port != wantedPort && wantedPort != 0)
        {
            output.WriteLine(Text($"  port {wantedPort} is taken; this run has {port}"));
        }

        var data = isKept ? folder.Path : $"…/{Path.GetFileName(folder.Path)} (--keep DIR)";
        output.WriteLine(Text($"  {"dashboard",-11}{Url(port),-27}api docs  {Url(port)}/docs"));
        output.WriteLine(Text($"  {"kafka",-11}{kafka,-27}data  {data}"));
    }

    /// <summary>A part works; the time is since the start of the program.</summary>
    public void Started(string part) => Mark("✓", Text($"{part} {clock.GetElapsedTime(startedAt).TotalSeconds:0.0}s"));

    public void Simulating(double rate) => Mark("✓", Text($"simulator {rate:0.###}/s"));

    public void Running()
    {
        EndLine();
        output.WriteLine("  windows update live; each is final 10 min after it ends.  Ctrl+C stops.");
    }

    public void History(long readings, TimeSpan span, TimeSpan took) => output.WriteLine(
        Text($"  ✓ history: {readings:n0} readings of the past {span.TotalHours:0.##} h sent in {took.TotalSeconds:0.0} s"));

    public void Failed(string part, string message, string? log)
    {
        EndLine();
        output.WriteLine($"  ✗ {part}: {message}");
        if (File.Exists(log))
        {
            output.WriteLine($"    log: {log}");
        }
    }

    public void Stopping()
    {
        EndLine();
        output.WriteLine("  stopping…");
    }

    public void Stopped(TimeSpan took, string? kept) =>
        output.WriteLine(Text($"  stopped in {took.TotalSeconds:0.0} s{(kept is null ? "" : $"; data stays in {kept}")}"));

    private void Mark(string sign, string text)
    {
        output.Write($"  {sign} {text}");
        output.Flush();
        _inLine = true;
    }

    private void EndLine()
    {
        if (_inLine)
        {
            output.WriteLine();
            _inLine = false;
        }
    }

    private static string Url(int port) => Text($"http://localhost:{port}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
