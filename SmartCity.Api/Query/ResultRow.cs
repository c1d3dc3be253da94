namespace SmartCity.Api.Query;

/// <summary>One row of an answer: a window as stored, or a bucket merged from several.</summary>
/// <param name="Key">Its start, city and district.</param>
/// <param name="End">Its end (excluded).</param>
/// <param name="ReadingCount">The readings counted.</param>
/// <param name="IsFinal">True when it never changes again.</param>
/// <param name="Revision">The (greatest) revision in it.</param>
/// <param name="ProcessingTime">When it (last) changed.</param>
/// <param name="Values">The figures, one for each column of the query.</param>
internal sealed record ResultRow(RowKey Key, DateTime End, long ReadingCount, bool IsFinal, long Revision, DateTime ProcessingTime, double?[] Values);

/// <summary>A page of rows, and where the next begins.</summary>
/// <param name="Rows">The rows, in order.</param>
/// <param name="NextCursor">The cursor of the next page; null at the end.</param>
/// <param name="Watermark">The greatest watermark known of what was asked for; null when none is.</param>
/// <param name="IsSettled">True when nothing in the asked range will change any more.</param>
internal sealed record ResultPage(IReadOnlyList<ResultRow> Rows, string? NextCursor, DateTime? Watermark, bool IsSettled);
