using System.CommandLine;
using System.Globalization;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.Replay;

namespace SmartCity.Simulator.Cli;

/// <summary><c>validate FILE</c>: judges each line as the platform will, as if it arrived now.</summary>
internal sealed class ValidateCommand : Command
{
    private const int Invalid = 1;
    private const int ShownPerReason = 3;

    private readonly Argument<FileInfo> _file = new("FILE") { Description = "Readings, one JSON object a line; may be gzipped" };

    public ValidateCommand()
        : base("validate", "Say which lines of a file are valid readings")
    {
        _file.AcceptExistingOnly();
        Arguments.Add(_file);
        SetAction(result =>
        {
            using var lines = LineReader.Open(result.GetValue(_file)!.FullName);
            return Judge(lines, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Console.Out);
        });
    }

    /// <summary>Writes the counts by kind and by reason, with the first few lines of each reason; 0 if all are valid, else 1.</summary>
    internal static int Judge(LineReader lines, long nowMs, TextWriter output)
    {
        var parser = new ReadingParser(new ReadingRules());
        var valid = new long[SensorTypes.All.Count];
        var rejected = new SortedDictionary<string, (long Count, List<string> Examples)>(StringComparer.Ordinal);
        while (lines.TryRead(out var line))
        {
            if (parser.TryParse(line, nowMs, out var reading, out var rejection))
            {
                valid[(int)reading.Type]++;
                continue;
            }

            var (count, examples) = rejected.TryGetValue(rejection.Reason.Code(), out var known) ? known : (0, []);
            if (count < ShownPerReason)
            {
                examples.Add(string.Create(CultureInfo.InvariantCulture, $"line {lines.LineNumber}: {rejection.Detail}"));
            }

            rejected[rejection.Reason.Code()] = (count + 1, examples);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{valid.Sum():n0} valid, {rejected.Values.Sum(r => r.Count):n0} invalid"));
        foreach (var type in SensorTypes.All.Where(t => valid[(int)t.Type] > 0))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {type.Name,-24}{valid[(int)type.Type],12:n0}"));
        }

        foreach (var (reason, (count, examples)) in rejected)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {reason,-24}{count,12:n0}  {string.Join("; ", examples)}"));
        }

        return rejected.Count == 0 ? Publication.Success : Invalid;
    }
}
