namespace SmartCity.Streams.Sinks.Lake;

/// <summary>A growing list of large structs in pieces, so that growing copies nothing and no piece is large enough for the large-object heap.</summary>
internal sealed class RowList<T>
    where T : struct
{
    private const int PieceBits = 8;
    private const int PieceSize = 1 << PieceBits;

    private readonly List<T[]> _pieces = [];

    public int Count { get; private set; }

    public ref readonly T this[int index] => ref _pieces[index >> PieceBits][index & (PieceSize - 1)];

    public void Add(in T row)
    {
        if (Count == _pieces.Count << PieceBits)
        {
            _pieces.Add(new T[PieceSize]);
        }

        _pieces[^1][Count++ & (PieceSize - 1)] = row;
    }
}
