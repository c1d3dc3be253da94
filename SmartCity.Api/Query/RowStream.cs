using System.IO.Hashing;
using System.IO.Pipelines;

using SmartCity.Api.Json;

namespace SmartCity.Api.Query;

/// <summary>
/// A page of rows that is never in memory as a whole. Its headers must be right before its first row is sent, so the rows are read twice: once to find where the page ends and
/// what it hashes to (<see cref="SurveyAsync"/>), and once more to be sent as they come, no faster than the caller takes them.
/// </summary>
internal static class RowStream
{
    /// <summary>What waits to be sent at most, beside what the connection holds.</summary>
    private const int FlushBytes = 16 * 1024;

    /// <summary>Reads up to <paramref name="limit"/> rows and keeps none.</summary>
    public static async Task<RowSurvey> SurveyAsync(IAsyncEnumerable<ResultRow> rows, RowText text, int limit, CancellationToken cancellationToken)
    {
        using var scratch = new PooledBuffer();
        var hash = new XxHash3();
        text.WriteHead(scratch);
        RowKey? last = null;
        int count = 0;
        bool areFinal = true;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            if (count++ == limit)
            {
                return new RowSurvey(last, IsMore: true, areFinal, hash.GetCurrentHashAsUInt64());
            }

            last = row.Key;
            areFinal &= row.IsFinal;
            text.WriteRow(scratch, row);
            hash.Append(scratch.WrittenSpan);
            scratch.Clear();
        }

        hash.Append(scratch.WrittenSpan);
        return new RowSurvey(last, IsMore: false, areFinal, hash.GetCurrentHashAsUInt64());
    }

    /// <summary>
    /// Sends the rows up to that with which the surveyed page ended. Rows that came in between are sent too; none is left out, so the next page follows without a gap.
    /// </summary>
    public static async Task WriteAsync(IAsyncEnumerable<ResultRow> rows, RowText text, RowOrder order, RowKey? last, PipeWriter output, CancellationToken cancellationToken)
    {
        text.WriteHead(output);
        if (last is { } end)
        {
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                if (order.Compare(row.Key, end) > 0)
                {
                    break;
                }

                text.WriteRow(output, row);
                if (output.UnflushedBytes >= FlushBytes && (await output.FlushAsync(cancellationToken)).IsCompleted)
                {
                    return; // nobody is listening any more
                }
            }
        }

        await output.FlushAsync(cancellationToken);
    }
}

/// <summary>What is known of a page once its rows have been read.</summary>
/// <param name="Last">Its last row; null when it has none.</param>
/// <param name="IsMore">True when rows follow it.</param>
/// <param name="AreFinal">True when none of its rows changes any more.</param>
/// <param name="Hash">A hash of its text.</param>
internal sealed record RowSurvey(RowKey? Last, bool IsMore, bool AreFinal, ulong Hash);
