using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace SmartCity.Domain.Readings;

/// <summary>
/// Reads JSON as machines write it: strings without escapes, numbers without exponents, at most one blank after a colon or comma. That takes little more than half the
/// time of <see cref="System.Text.Json.Utf8JsonReader"/>. It accepts nothing that is not JSON; whatever else it meets it leaves unjudged and returns false.
/// </summary>
internal ref struct PlainJson(ReadOnlySpan<byte> json)
{
    /// <summary>So many digits are below 2^53, and so exact in a double.</summary>
    private const int ExactDigits = 15;

    private static readonly SearchValues<byte> EndsOfPlainText = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(c => (byte)c), (byte)'"', (byte)'\\']);

    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;

    public readonly bool AtEnd => _at == _json.Length;

    /// <summary>True when an object begins here; false leaves the place.</summary>
    public bool TryBeginObject() => TryTake((byte)'{');

    /// <summary>Moves to the object's next member, or past its end; <paramref name="isFirst"/> when none was read.</summary>
    public bool TryNextMember(bool isFirst, out ReadOnlySpan<byte> name, out bool ended)
    {
        name = default;
        ended = TryTake((byte)'}');
        if (ended)
        {
            return true;
        }

        if (!isFirst && !TryTake((byte)','))
        {
            return false;
        }

        PassBlank();
        if (!TryText(out name) || !TryTake((byte)':'))
        {
            return false;
        }

        PassBlank();
        return true;
    }

    /// <summary>The string that stands here, without its quotes; false leaves the place.</summary>
    public bool TryText(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_at >= _json.Length || _json[_at] != '"')
        {
            return false;
        }

        var start = _at + 1;
        var length = PlainLength(_json[start..]);
        if (length < 0 || _json[start + length] != '"')
        {
            return false;
        }

        text = _json.Slice(start, length);
        _at = start + length + 1;
        return true;
    }

    /// <summary>The number that stands here: its bytes, and the double nearest to it; false leaves the place.</summary>
    public bool TryNumber(out ReadOnlySpan<byte> text, out double value)
    {
        text = default;
        value = 0;
        var negative = _at < _json.Length && _json[_at] == '-';
        var at = negative ? _at + 1 : _at;
        long mantissa = 0;
        var whole = Digits(ref at, ref mantissa);
        if (whole == 0 || (whole > 1 && _json[at - whole] == '0'))
        {
            return false;
        }

        var decimals = 0;
        if (at < _json.Length && _json[at] == '.')
        {
            at++;
            decimals = Digits(ref at, ref mantissa);
            if (decimals == 0)
            {
                return false;
            }
        }

        text = _json[_at..at];
        _at = at;
        value = whole + decimals <= ExactDigits ? JsonText.Quotient(mantissa, decimals, negative) : JsonText.ParseNumber(text);
        return true;
    }

    /// <summary>Passes over a string or number.</summary>
    public bool TryPass() => TryText(out _) || TryNumber(out _, out _);

    private readonly int Digits(ref int at, ref long value)
    {
        var start = at;
        for (; at < _json.Length && (uint)(_json[at] - '0') <= 9; at++)
        {
            value = unchecked((value * 10) + (_json[at] - '0')); // Too many digits are left to ParseNumber.
        }

        return at - start;
    }

    private bool TryTake(byte expected)
    {
        if (_at < _json.Length && _json[_at] == expected)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void PassBlank()
    {
        if (_at < _json.Length && _json[_at] == ' ')
        {
            _at++;
        }
    }

    /// <summary>The place of the first quote, backslash or control character; -1 where there is none.</summary>
    private static int PlainLength(ReadOnlySpan<byte> rest)
    {
        // Nearly every string of a reading is shorter than a vector.
        if (Vector128.IsHardwareAccelerated && rest.Length >= Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(rest);
            var ends = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\')) | Vector128.LessThan(bytes, Vector128.Create((byte)' '));
            if (ends != Vector128<byte>.Zero)
            {
                return BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
            }
        }

        return rest.IndexOfAny(EndsOfPlainText);
    }
}
