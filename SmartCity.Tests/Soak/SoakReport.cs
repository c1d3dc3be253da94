using System.Globalization;
using System.Text;

namespace SmartCity.Tests.Soak;

/// <summary>The samples of a soak as a table (CSV) and as a picture (SVG).</summary>
internal static class SoakReport
{
    private const int Width = 900;
    private const int Panel = 150;
    private const int Margin = 70;
    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];

    public static string Csv(IReadOnlyList<SoakSample> samples)
    {
        var text = new StringBuilder("seconds");
        for (int worker = 0; worker < samples[0].Workers.Count; worker++)
        {
            text.Append(CultureInfo.InvariantCulture, $",resident_mib_{worker},managed_mib_{worker},stores_mib_{worker}");
        }

        text.AppendLine(",blocks_mib,changelog_mib,lag_readings,row_delay_s");
        foreach (SoakSample sample in samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"{sample.At.TotalSeconds:0}");
            foreach (WorkerSample? worker in sample.Workers)
            {
                text.Append(worker is null ? ",,," : string.Create(CultureInfo.InvariantCulture, $",{worker.Resident:0.0},{worker.Managed:0.0},{worker.Stores:0.00}"));
            }

            text.AppendLine(string.Create(CultureInfo.InvariantCulture, $",{sample.Blocks:0.0},{sample.Changelog:0.0},{sample.Lag:0},{sample.RowDelay:0.0}"));
        }

        return text.ToString();
    }

    public static string Svg(IReadOnlyList<SoakSample> samples)
    {
        (string Title, Func<SoakSample, double?>[] Lines)[] panels =
        [
            ("resident memory of each worker, MiB", EachWorker(samples, worker => worker.Resident)),
            ("managed heap of each worker after its last collection, MiB", EachWorker(samples, worker => worker.Managed)),
            ("window stores (RocksDB) of each worker, MiB", EachWorker(samples, worker => worker.Stores)),
            ("repartition topic (blue, purged) and changelog (red, compacted) on the broker's disk, MiB", [s => s.Blocks, s => s.Changelog]),
            ("readings not yet read", [s => s.Lag]),
            ("rows not yet in the database, s", [s => s.RowDelay]),
        ];
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {panels.Length * Panel}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        for (int panel = 0; panel < panels.Length; panel++)
        {
            Draw(svg, panel * Panel, panels[panel].Title, samples, panels[panel].Lines);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static Func<SoakSample, double?>[] EachWorker(IReadOnlyList<SoakSample> samples, Func<WorkerSample, double> figure)
        => [.. Enumerable.Range(0, samples[0].Workers.Count).Select<int, Func<SoakSample, double?>>(
            worker => sample => sample.Workers[worker] is { } there ? figure(there) : null)];

    private static void Draw(StringBuilder svg, int top, string title, IReadOnlyList<SoakSample> samples, Func<SoakSample, double?>[] lines)
    {
        const int height = Panel - 50;
        double most = Math.Max(1, samples.SelectMany(sample => lines.Select(line => line(sample) ?? 0)).Max() * 1.1);
        double last = Math.Max(1, samples[^1].At.TotalSeconds);
        int bottom = top + 25 + height;
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"{top + 17}\">{title}</text>");
        for (int step = 0; step <= 2; step++)
        {
            double y = bottom - (height * step / 2.0);
            svg.AppendLine(CultureInfo.InvariantCulture, $"<line x1=\"{Margin}\" x2=\"{Width - 10}\" y1=\"{y:0.0}\" y2=\"{y:0.0}\" stroke=\"#ccc\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Margin - 6}\" y=\"{y + 4:0.0}\" text-anchor=\"end\">{most * step / 2:0.#}</text>");
        }

        for (int step = 0; step <= 5; step++)
        {
            double x = Margin + ((Width - 10 - Margin) * step / 5.0);
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{bottom + 15}\" text-anchor=\"middle\">{last * step / 5 / 60:0.#} min</text>");
        }

        for (int line = 0; line < lines.Length; line++)
        {
            IEnumerable<string> points = samples
                .Select(sample => (sample.At, Value: lines[line](sample)))
                .Where(point => point.Value is not null)
                .Select(point => string.Create(
                    CultureInfo.InvariantCulture, $"{Margin + ((Width - 10 - Margin) * point.At.TotalSeconds / last):0.0},{bottom - (height * point.Value!.Value / most):0.0}"));
            svg.AppendLine(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{Colours[line % Colours.Length]}\" points=\"{string.Join(' ', points)}\"/>");
        }
    }
}
