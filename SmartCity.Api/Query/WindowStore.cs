using System.Data.Common;
using System.Runtime.CompilerServices;

using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Configuration;
using SmartCity.Api.Database;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>
/// Answers window queries from the database. EF Core writes the SQL for either database; the rows are read from the data reader as they come, since a page of
/// ten thousand rows as entities would cost twenty megabytes.
/// </summary>
internal sealed class WindowStore(CityDatabase database, WindowTimes windows)
{
    /// <summary>Answers a query; with <paramref name="backFromLatest"/> the range is that long and ends with the newest window.</summary>
    public async Task<ResultPage> ReadAsync(WindowQuery query, TimeSpan? backFromLatest, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        var watermarks = await Watermarks.ReadAsync(context, query, cancellationToken);
        if (await AnchoredAsync(context, query, backFromLatest, cancellationToken) is not { } anchored)
        {
            return new ResultPage([], null, watermarks.Newest, false);
        }

        query = anchored;
        var rows = new List<ResultRow>();
        string? next = null;
        await foreach (var row in RowsAsync(context, query, watermarks, query.Limit + 1, cancellationToken))
        {
            if (rows.Count == query.Limit)
            {
                next = new Cursor(rows[^1].Key, query.From, query.To).Encode(query.Identity);
                break;
            }

            rows.Add(row);
        }

        return new ResultPage(rows, next, watermarks.Newest, IsSettled(query, watermarks) && rows.TrueForAll(row => row.IsFinal));
    }

    /// <summary>The same for a format that is sent row by row: what its headers say is known when this returns, the rows are still to be sent.</summary>
    public async Task<OpenPage> OpenAsync(WindowQuery query, RowText text, TimeSpan? backFromLatest, CancellationToken cancellationToken)
    {
        var context = database.Open();
        try
        {
            var watermarks = await Watermarks.ReadAsync(context, query, cancellationToken);
            var anchored = await AnchoredAsync(context, query, backFromLatest, cancellationToken);
            query = anchored ?? query;
            var rows = anchored is null ? AsyncEnumerable.Empty<ResultRow>() : RowsAsync(context, query, watermarks, query.Limit + 1, cancellationToken);
            var survey = await RowStream.SurveyAsync(rows, text, query.Limit, cancellationToken);
            string? next = survey.IsMore ? new Cursor(survey.Last!.Value, query.From, query.To).Encode(query.Identity) : null;
            return new OpenPage(context, survey.Hash, next, IsSettled(query, watermarks) && survey.AreFinal, (output, cancellation) => RowStream.WriteAsync(
                RowsAsync(context, query, watermarks, null, cancellation), text, new RowOrder(query.Ascending), survey.Last, output, cancellation));
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>The query with its range; null when it counts back from the newest window and there is none.</summary>
    private static async Task<WindowQuery?> AnchoredAsync(SmartCityDbContext context, WindowQuery query, TimeSpan? backFromLatest, CancellationToken cancellationToken)
    {
        if (backFromLatest is not { } back)
        {
            return query;
        }

        return await Matching(context, query).MaxAsync(row => (DateTime?)row.WindowStart, cancellationToken) is { } newest
            ? WindowQueryParser.BackFromLatest(query, newest, back)
            : null;
    }

    /// <summary>Whether time is complete beyond the range, for every city asked for.</summary>
    private bool IsSettled(WindowQuery query, Watermarks watermarks) => query.To is { } to && watermarks.Oldest >= to + windows.Size + windows.Grace;

    /// <summary>The rows in their order; no more than <paramref name="most"/> are needed.</summary>
    private IAsyncEnumerable<ResultRow> RowsAsync(SmartCityDbContext context, WindowQuery query, Watermarks watermarks, int? most, CancellationToken cancellationToken)
        => query.Resolution.IsSliding
            ? ReadWindowsAsync(context, query, most, cancellationToken)
            : RollUp.Merge(ReadAlignedAsync(context, query, cancellationToken), query, windows, watermarks, cancellationToken);

    /// <summary>The rows of the cities and districts asked for, at any time.</summary>
    private static IQueryable<WindowEntity> Matching(SmartCityDbContext context, WindowQuery query)
    {
        IQueryable<WindowEntity> rows = context.Windows(query.Type);
        if (query.Cities is [var city])
        {
            rows = rows.Where(row => row.City == city);
        }
        else if (query.Cities.Count > 0)
        {
            rows = rows.Where(row => query.Cities.Contains(row.City));
        }

        // "" as a constant, so that the database can see that the index of whole-city rows will do.
        rows = query.District switch
        {
            null => rows.Where(row => row.District != ""),
            "" => rows.Where(row => row.District == ""),
            var district => rows.Where(row => row.District == district),
        };
        return rows;
    }

    private static IAsyncEnumerable<ResultRow> ReadWindowsAsync(SmartCityDbContext context, WindowQuery query, int? most, CancellationToken cancellationToken)
    {
        var (from, to) = (query.From, query.To);
        var rows = Matching(context, query).Where(row => row.WindowStart >= from);
        if (to is not null)
        {
            rows = rows.Where(row => row.WindowStart < to);
        }

        if (query.FinalOnly)
        {
            rows = rows.Where(row => row.IsFinal);
        }

        if (query.After is { } after)
        {
#pragma warning disable CA1309 // the database compares, by bytes
            // The bound on the start alone is implied by the rest, but only it lets the database begin at the right place of an index.
            rows = query.Ascending
                ? rows.Where(row => row.WindowStart >= after.Start && (row.WindowStart > after.Start
                    || string.Compare(row.City, after.City) > 0 || (row.City == after.City && string.Compare(row.District, after.District) > 0)))
                : rows.Where(row => row.WindowStart <= after.Start && (row.WindowStart < after.Start
                    || string.Compare(row.City, after.City) > 0 || (row.City == after.City && string.Compare(row.District, after.District) > 0)));
#pragma warning restore CA1309
        }

        rows = Ordered(rows, query);
        return ReadAsync(most is { } limit ? rows.Take(limit) : rows, context, query.Columns, cancellationToken);
    }

    /// <summary>The aligned windows of the buckets asked for, from the bucket in which the page before ended.</summary>
    private static IAsyncEnumerable<ResultRow> ReadAlignedAsync(SmartCityDbContext context, WindowQuery query, CancellationToken cancellationToken)
    {
        var buckets = new Buckets(query.Resolution, query.Zone);
        var from = query.After is { } after && query.Ascending ? after.Start : query.From;
        var to = query.After is { } before && !query.Ascending ? Earlier(buckets.EndOf(before.Start), query.To) : query.To;
        var rows = Matching(context, query).Where(row => row.Aligned && row.WindowStart >= from);
        if (to is not null)
        {
            rows = rows.Where(row => row.WindowStart < to);
        }

        return ReadAsync(Ordered(rows, query), context, MetricColumns.Of(query.Type), cancellationToken);
    }

    private static DateTime Earlier(DateTime time, DateTime? other) => other < time ? other.Value : time;

    private static IQueryable<WindowEntity> Ordered(IQueryable<WindowEntity> rows, WindowQuery query)
        => (query.Ascending ? rows.OrderBy(row => row.WindowStart) : rows.OrderByDescending(row => row.WindowStart)).ThenBy(row => row.City).ThenBy(row => row.District);

    private static async IAsyncEnumerable<ResultRow> ReadAsync(
        IQueryable<WindowEntity> rows, SmartCityDbContext context, IReadOnlyList<MetricColumn> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        await using var command = rows.CreateDbCommand();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var at = new Ordinals(reader, columns);
        bool isRead = false;
        try
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                yield return at.Row(reader);
            }

            isRead = true;
        }
        finally
        {
            if (!isRead)
            {
                // A page is full: without this, closing the reader would fetch and drop all the rows that are left.
                command.Cancel();
            }
        }
    }

    /// <summary>Where each column stands in a result.</summary>
    private sealed class Ordinals(DbDataReader reader, IReadOnlyList<MetricColumn> columns)
    {
        private readonly int _city = reader.GetOrdinal("city");
        private readonly int _district = reader.GetOrdinal("district");
        private readonly int _start = reader.GetOrdinal("window_start");
        private readonly int _end = reader.GetOrdinal("window_end");
        private readonly int _count = reader.GetOrdinal("reading_count");
        private readonly int _final = reader.GetOrdinal("is_final");
        private readonly int _revision = reader.GetOrdinal("revision");
        private readonly int _processed = reader.GetOrdinal("processing_time");
        private readonly int[] _metrics = [.. columns.Select(column => reader.GetOrdinal(column.Name))];

        public ResultRow Row(DbDataReader row)
        {
            var values = new double?[_metrics.Length];
            for (int index = 0; index < values.Length; index++)
            {
                int ordinal = _metrics[index];
                values[index] = row.IsDBNull(ordinal) ? null : columns[index].Figure == MetricFigure.Count ? row.GetInt64(ordinal) : row.GetDouble(ordinal);
            }

            return new ResultRow(
                new RowKey(Utc(row.GetDateTime(_start)), row.GetString(_city), row.GetString(_district)), Utc(row.GetDateTime(_end)), row.GetInt64(_count),
                row.GetBoolean(_final), row.GetInt64(_revision), Utc(row.GetDateTime(_processed)), values);
        }

        private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
    }
}
