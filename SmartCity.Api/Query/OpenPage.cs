using System.IO.Pipelines;

using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>A page whose end is known and whose rows are still in the database.</summary>
internal sealed class OpenPage(SmartCityDbContext context, ulong hash, string? nextCursor, bool isSettled, Func<PipeWriter, CancellationToken, Task> write) : IAsyncDisposable
{
    /// <summary>A hash of its text.</summary>
    public ulong Hash => hash;

    /// <summary>The cursor of the next page; null at the end.</summary>
    public string? NextCursor => nextCursor;

    /// <summary>True when nothing in the asked range will change any more.</summary>
    public bool IsSettled => isSettled;

    /// <summary>Sends its rows as they come.</summary>
    public Task WriteAsync(PipeWriter output, CancellationToken cancellationToken) => write(output, cancellationToken);

    public ValueTask DisposeAsync() => context.DisposeAsync();
}
