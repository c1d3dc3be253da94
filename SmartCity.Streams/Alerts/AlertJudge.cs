using System.Data.Common;

using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Alerts;

/// <summary>
/// Judges windows in the transaction that writes them, each once: when the watermark of its type and city passes its end, with what has come by then. Which windows those are
/// follows from the watermark in the database and the one about to be written, so a batch that is written again is judged again, and one that is not, is not. Silent
/// sensors are judged by the watermark too and not by the clock: when the whole platform has stood still, no sensor is to blame.
/// </summary>
internal sealed class AlertJudge(AlertOptions options, TimeSpan windowSize, TimeProvider clock)
{
    /// <summary>Where there is no watermark yet, windows up to this old are judged.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromHours(24);

    /// <summary>
    /// Silence is judged by a watermark that was seen so long ago: the status of a sensor travels for some seconds, in which a stream that catches up covers hours.
    /// </summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    // What the database was seen to have judged already: spares a query where nothing can be new.
    private readonly Dictionary<(string Type, string City), DateTime> _judgedTo = [];
    private (long SeenAt, DateTime Watermark)? _settling;

    /// <summary>To be called after the batch's windows and before its watermarks are written.</summary>
    public async Task JudgeAsync(
        DbConnection connection, DbTransaction transaction, KeyValuePair<(string Type, string City), Progress>[] watermarks, CancellationToken cancellation)
    {
        foreach (var ((type, city), progress) in watermarks)
        {
            var rules = options.Rules.Where(rule => rule.IsFor(type, city)).ToList();
            var to = WindowTable.Utc(progress.WatermarkMs);
            if (rules.Count > 0 && _judgedTo.GetValueOrDefault((type, city)) < Floor(to))
            {
                await JudgeWindowsAsync(connection, transaction, rules, type, city, to, cancellation);
            }
        }

        if (options.SensorSilent && watermarks.Length > 0)
        {
            var newest = WindowTable.Utc(watermarks.Max(row => row.Value.WatermarkMs));
            if (_settling is not { } seen)
            {
                _settling = (clock.GetTimestamp(), newest);
            }
            else if (clock.GetElapsedTime(seen.SeenAt) >= Settled)
            {
                // Once a minute. Should this transaction fail, the next judgement makes up for it.
                _settling = (clock.GetTimestamp(), newest);
                await SilenceJudge.JudgeAsync(connection, transaction, seen.Watermark, clock.GetUtcNow().UtcDateTime, cancellation);
            }
        }
    }

    private async Task JudgeWindowsAsync(
        DbConnection connection, DbTransaction transaction, List<AlertRule> rules, string type, string city, DateTime to, CancellationToken cancellation)
    {
        var before = await WatermarkAsync(connection, transaction, type, city, cancellation);
        if (before is { } judged)
        {
            _judgedTo[(type, city)] = Floor(judged);
        }

        var from = before ?? to - FirstLook;
        if (Floor(from) >= Floor(to))
        {
            return;
        }

        var windows = await WindowsAsync(connection, transaction, rules, city, from, to, cancellation);
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var (rule, index) in rules.Select((rule, index) => (rule, index)))
        {
            var open = (await AlertTable.ReadAsync(
                Sql.Command(
                    connection, transaction, $"SELECT {AlertTable.Columns} FROM alerts WHERE rule = @rule AND city = @city AND district = '' AND sensor_id = '' AND state <> 'resolved'",
                    ("rule", rule.Id), ("city", city)),
                cancellation)).FirstOrDefault();
            foreach (var window in windows)
            {
                var known = open;
                if (rule.Judge(city, window.Start, window.Values[index], window.Counts[index], now, ref open) is not { } changed)
                {
                    continue;
                }

                await (changed is { State: AlertEntity.Pending, Windows: 0 }
                    ? AlertTable.ForgetAsync(connection, transaction, changed, cancellation)
                    : AlertTable.WriteAsync(connection, transaction, changed, isNew: known is null, cancellation));
            }
        }
    }

    private static async Task<DateTime?> WatermarkAsync(DbConnection connection, DbTransaction transaction, string type, string city, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, transaction, "SELECT watermark FROM stream_progress WHERE sensor_type = @type AND city = @city", ("type", type), ("city", city));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? AlertTable.Utc(reader, 0) : null;
    }

    /// <summary>The aligned windows whose end the watermark passes, in order, with what each rule looks at.</summary>
    private async Task<List<JudgedWindow>> WindowsAsync(
        DbConnection connection, DbTransaction transaction, List<AlertRule> rules, string city, DateTime from, DateTime to, CancellationToken cancellation)
    {
        var windows = new List<JudgedWindow>();
        string columns = string.Join(", ", rules.SelectMany(rule => (string[])[rule.Column, rule.CountColumn]));
        await using var command = Sql.Command(
            connection, transaction,
            $"SELECT window_start, {columns} FROM {rules[0].Type.Table} WHERE city = @city AND district = '' AND aligned = @aligned AND window_start > @after AND window_start <= @until ORDER BY window_start",
            ("city", city), ("aligned", true), ("after", from - windowSize), ("until", to - windowSize));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            windows.Add(new JudgedWindow(
                AlertTable.Utc(reader, 0),
                [.. rules.Select((_, index) => reader.IsDBNull(1 + (2 * index)) ? (double?)null : Convert.ToDouble(reader.GetValue(1 + (2 * index)), System.Globalization.CultureInfo.InvariantCulture))],
                [.. rules.Select((_, index) => reader.GetInt64(2 + (2 * index)))]));
        }

        return windows;
    }

    private DateTime Floor(DateTime time) => new(time.Ticks - ((time.Ticks - DateTime.UnixEpoch.Ticks) % windowSize.Ticks), DateTimeKind.Utc);

    private sealed record JudgedWindow(DateTime Start, double?[] Values, long[] Counts);
}
