using System.IO.Pipelines;
using System.Text;

using SmartCity.Api.Query;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

/// <summary>CSV and NDJSON leave as they are read: however many rows there are, no more of them are in memory than the connection holds.</summary>
[TestFixture(AnswerFormat.Csv)]
[TestFixture(AnswerFormat.Ndjson)]
internal sealed class StreamedAnswerTests(AnswerFormat format)
{
    private const int Rows = 100_000;

    /// <summary>A connection holds 64 KiB, what is being written 16 more; no row of these has fewer than 100 bytes or more than 1,000.</summary>
    private const int MostHeld = 80 * 1024 / 100;

    private static readonly RowOrder Order = new(ascending: true);

    private readonly WindowQuery _query = new()
    {
        Type = SensorTypes.Of(SensorType.Traffic),
        Cities = [],
        District = "",
        From = Windows.Noon,
        To = null,
        Resolution = Resolution.All[0],
        Zone = TimeZoneInfo.Utc,
        FinalOnly = false,
        Columns = MetricColumns.Of(SensorTypes.Of(SensorType.Traffic)),
        Ascending = true,
        Limit = Rows,
        After = null,
        Format = format,
    };

    private int _taken;

    private RowText Text => RowText.Of(_query)!;

    [SetUp]
    public void Reset() => _taken = 0;

    [Test]
    public async Task A_hundred_thousand_rows_are_read_from_the_source_no_faster_than_the_caller_takes_them()
    {
        var connection = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false));
        var writing = WriteAsync(connection.Writer, Source(Rows), Row(Rows - 1).Key);
        Assert.That(writing.IsCompleted, Is.False, "the first rows wait for a caller while most of the source has not been read");
        Assert.That(_taken, Is.InRange(1, MostHeld));

        int received = 0, mostHeld = 0;
        while (true)
        {
            var read = await connection.Reader.ReadAsync();
            foreach (var part in read.Buffer)
            {
                received += part.Span.Count((byte)'\n');
            }

            mostHeld = Math.Max(mostHeld, Volatile.Read(ref _taken) - received);
            connection.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await writing;
        Assert.That(received, Is.EqualTo(format == AnswerFormat.Csv ? Rows + 1 : Rows));
        Assert.That(mostHeld, Is.LessThan(2 * MostHeld));
    }

    [Test]
    public async Task Finding_the_end_of_a_page_keeps_no_row_and_gives_the_hash_of_what_is_sent()
    {
        // Each row is gone before the next but one is made.
        var kept = new List<WeakReference>();
        var survey = await RowStream.SurveyAsync(Watched(Source(Rows), kept), Text, Rows, default);
        Assert.That(kept.Count(row => row.IsAlive), Is.LessThanOrEqualTo(2));
        Assert.That((survey.Last, survey.IsMore, survey.AreFinal), Is.EqualTo(((RowKey?)Row(Rows - 1).Key, false, true)));
        Assert.That(survey.Hash, Is.EqualTo(System.IO.Hashing.XxHash3.HashToUInt64(await SentAsync(Source(Rows), survey.Last))));
    }

    [Test]
    public async Task A_page_ends_at_its_limit_and_says_whether_more_follows()
    {
        Assert.That((await RowStream.SurveyAsync(Source(10), Text, 10, default)).IsMore, Is.False);
        var survey = await RowStream.SurveyAsync(Source(11), Text, 10, default);
        Assert.That((survey.Last, survey.IsMore), Is.EqualTo(((RowKey?)Row(9).Key, true)));
        Assert.That(_taken, Is.EqualTo(21), "no row beyond the first of the next page is read");
    }

    [Test]
    public async Task Rows_that_come_while_a_page_is_sent_push_none_off_its_end()
    {
        // The page was rows 3 to 9 when its end was looked for; meanwhile 0 to 2 have come.
        string sent = Encoding.UTF8.GetString(await SentAsync(Source(50), Row(9).Key));
        string[] starts = [.. Enumerable.Range(0, 10).Select(index => $"2026-01-15T12:{index:00}:00Z")];
        Assert.That(starts.Where(start => !sent.Contains(start, StringComparison.Ordinal)), Is.Empty);
        Assert.That(sent.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(format == AnswerFormat.Csv ? 11 : 10));
    }

    [Test]
    public async Task A_page_without_rows_has_only_its_header()
        => Assert.That(Encoding.UTF8.GetString(await SentAsync(Source(5), null)), format == AnswerFormat.Csv ? Does.Match("^window_start,[^\r\n]*\r\n$") : Is.Empty);

    private async Task WriteAsync(PipeWriter output, IAsyncEnumerable<ResultRow> rows, RowKey? last)
    {
        await RowStream.WriteAsync(rows, Text, Order, last, output, default);
        await output.CompleteAsync();
    }

    private async Task<byte[]> SentAsync(IAsyncEnumerable<ResultRow> rows, RowKey? last)
    {
        using var sent = new MemoryStream();
        await RowStream.WriteAsync(rows, Text, Order, last, PipeWriter.Create(sent, new StreamPipeWriterOptions(leaveOpen: true)), default);
        return sent.ToArray();
    }

    /// <summary>Rows that are made as they are asked for.</summary>
    private async IAsyncEnumerable<ResultRow> Source(int rows)
    {
        for (int index = 0; index < rows; index++)
        {
            Interlocked.Increment(ref _taken);
            yield return Row(index);
        }

        await Task.CompletedTask;
    }

    /// <summary>Notes one row in a thousand, and has the last ones collected that nobody holds.</summary>
    private static async IAsyncEnumerable<ResultRow> Watched(IAsyncEnumerable<ResultRow> rows, List<WeakReference> noted)
    {
        int count = 0;
        await foreach (var row in rows)
        {
            if (count++ % 1000 == 0)
            {
                noted.Add(new WeakReference(row));
            }

            yield return row;
        }

        GC.Collect();
    }

    private ResultRow Row(int index)
    {
        var start = Windows.Noon.AddMinutes(index);
        return new ResultRow(new RowKey(start, "Warsaw", ""), start.AddMinutes(5), 10, true, 7, start.AddMinutes(6), [.. _query.Columns.Select((_, column) => (double?)(column + 0.5))]);
    }
}
