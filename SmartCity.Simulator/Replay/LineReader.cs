using System.IO.Compression;

namespace SmartCity.Simulator.Replay;

/// <summary>Reads a file line by line as bytes, unzipped if it begins like a gzip file. Lines end with a line feed, which is not part of them.</summary>
internal sealed class LineReader : IDisposable
{
    private readonly Stream _stream;
    private byte[] _buffer = new byte[128 * 1024];
    private int _from;
    private int _to;
    private bool _ended;

    public LineReader(Stream file) => _stream = Unzipped(file);

    /// <summary>The number of the last line read, from 1.</summary>
    public long LineNumber { get; private set; }

    public static LineReader Open(string path) => new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan));

    /// <summary>The next line, good until the next call; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_from + searched, _to - _from - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = _buffer.AsSpan(_from, searched + found);
                _from += searched + found + 1;
                LineNumber++;
                return true;
            }

            searched = _to - _from;
            if (_ended)
            {
                line = _buffer.AsSpan(_from, searched);
                _from = _to;
                LineNumber += searched > 0 ? 1 : 0;
                return searched > 0;
            }

            Fill();
        }
    }

    public void Dispose() => _stream.Dispose();

    private void Fill()
    {
        if (_from > 0)
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
        }

        if (_to == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = _stream.Read(_buffer, _to, _buffer.Length - _to);
        _ended = read == 0;
        _to += read;
    }

    private static Stream Unzipped(Stream file)
    {
        var zipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
    }
}
