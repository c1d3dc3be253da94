using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <summary>
/// The contract's fields as one pass over the JSON found them, unjudged: a later member of the same name may replace a bad one, and the sensor type may
/// stand last. Unknown members are passed over.
/// </summary>
[SkipLocalsInit]
internal ref partial struct ReadingFields
{
    /// <summary>A valid name or timestamp with every character escaped is no longer: 128 code points of two escaped code units each.</summary>
    private const int MaxRawText = Names.MaxCodePoints * 12;

    /// <summary>No known member name is longer, even with every character escaped.</summary>
    private const int MaxRawName = 128;

    /// <summary>Room for the strings without their escapes.</summary>
    public const int ScratchSize = 5 * MaxRawText;

    private readonly ReadOnlySpan<byte> _json;
    private readonly Span<byte> _scratch;
    private MetricSlots _metricValues;
    private uint _metricNumbers;
    private uint _metricFaults;

    /// <summary>Prepares to read; what is read refers to <paramref name="json"/> and, for strings with escapes, to <paramref name="scratch"/>.</summary>
    public ReadingFields(ReadOnlySpan<byte> json, Span<byte> scratch)
    {
        Unsafe.SkipInit(out this);
        _json = json;
        _scratch = scratch;
        Clear();
    }

    public JsonTokenType Root { get; private set; }

    public JsonToken SensorId { get; private set; }

    public JsonToken SensorType { get; private set; }

    public JsonToken City { get; private set; }

    public JsonToken District { get; private set; }

    public JsonToken Timestamp { get; private set; }

    public JsonTokenType Location { get; private set; }

    public JsonToken Latitude { get; private set; }

    public JsonToken Longitude { get; private set; }

    public JsonTokenType Metrics { get; private set; }

    /// <summary>True when the metric in this slot is a number, then in <paramref name="value"/> (not necessarily a finite one).</summary>
    public readonly bool TryGetNumber(int slot, out double value)
    {
        value = _metricValues[slot];
        return (_metricNumbers & (1u << slot)) != 0;
    }

    /// <summary>True when the metric in this slot is there but is not a number.</summary>
    public readonly bool IsFaulty(int slot) => (_metricFaults & (1u << slot)) != 0;

    /// <summary>Reads one JSON value that fills the input; throws <see cref="JsonException"/> when it is not that.</summary>
    public void Read()
    {
        if (TryReadPlain())
        {
            return;
        }

        Clear();
        var reader = new Utf8JsonReader(_json);
        reader.Read();
        Root = reader.TokenType;
        if (Root == JsonTokenType.StartObject)
        {
            ReadMembers(ref reader);
        }
        else
        {
            reader.Skip();
        }

        reader.Read();
    }

    private void Clear()
    {
        _metricNumbers = _metricFaults = 0;
        Root = Location = Metrics = JsonTokenType.None;
        SensorId = SensorType = City = District = Timestamp = Latitude = Longitude = default;
    }

    private void ReadMembers(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[MaxRawName];
        while (NextMember(ref reader))
        {
            var name = MemberName(in reader, buffer);
            reader.Read();
            if (name.SequenceEqual("metrics"u8))
            {
                ReadMetrics(ref reader);
            }
            else if (name.SequenceEqual("sensor_id"u8))
            {
                SensorId = TakeString(ref reader, 0);
            }
            else if (name.SequenceEqual("sensor_type"u8))
            {
                SensorType = TakeString(ref reader, 1);
            }
            else if (name.SequenceEqual("city"u8))
            {
                City = TakeString(ref reader, 2);
            }
            else if (name.SequenceEqual("district"u8))
            {
                District = TakeString(ref reader, 3);
            }
            else if (name.SequenceEqual("timestamp"u8))
            {
                Timestamp = TakeString(ref reader, 4);
            }
            else if (name.SequenceEqual("location"u8))
            {
                ReadLocation(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadLocation(ref Utf8JsonReader reader)
    {
        Location = reader.TokenType;
        Latitude = Longitude = default;
        if (Location != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        Span<byte> buffer = stackalloc byte[MaxRawName];
        while (NextMember(ref reader))
        {
            var name = MemberName(in reader, buffer);
            reader.Read();
            if (name.SequenceEqual("lat"u8))
            {
                Latitude = Take(ref reader);
            }
            else if (name.SequenceEqual("lon"u8))
            {
                Longitude = Take(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadMetrics(ref Utf8JsonReader reader)
    {
        Metrics = reader.TokenType;
        _metricNumbers = _metricFaults = 0;
        if (Metrics != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        Span<byte> buffer = stackalloc byte[MaxRawName];
        while (NextMember(ref reader))
        {
            var slot = CatalogueIndex.SlotOf(MemberName(in reader, buffer));
            reader.Read();
            if (slot < 0)
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMetricObject(ref reader, slot, buffer);
            }
            else
            {
                SetMetric(ref reader, slot);
            }
        }
    }

    private void ReadMetricObject(ref Utf8JsonReader reader, int slot, scoped Span<byte> buffer)
    {
        ClearMetric(slot);
        while (NextMember(ref reader))
        {
            var isValue = MemberName(in reader, buffer).SequenceEqual("value"u8);
            reader.Read();
            if (isValue)
            {
                SetMetric(ref reader, slot);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void SetMetric(ref Utf8JsonReader reader, int slot)
    {
        ClearMetric(slot);
        if (reader.TokenType == JsonTokenType.Number)
        {
            _metricValues[slot] = JsonText.ParseNumber(reader.ValueSpan);
            _metricNumbers |= 1u << slot;
        }
        else if (reader.TokenType != JsonTokenType.Null)
        {
            _metricFaults |= 1u << slot;
            reader.Skip();
        }
    }

    private void ClearMetric(int slot)
    {
        _metricNumbers &= ~(1u << slot);
        _metricFaults &= ~(1u << slot);
    }

    private static bool NextMember(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>The name of the member the reader stands on; empty when it cannot be a known one.</summary>
    private static ReadOnlySpan<byte> MemberName(scoped in Utf8JsonReader reader, Span<byte> buffer)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        return JsonText.TryUnescape(reader.ValueSpan, buffer, out var written) ? buffer[..written] : default;
    }

    /// <summary>Keeps the value that the reader stands on, a string without its escapes, and passes over it.</summary>
    private readonly JsonToken TakeString(scoped ref Utf8JsonReader reader, int field)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.ValueIsEscaped)
        {
            return Take(ref reader);
        }

        var room = _scratch.Slice(field * MaxRawText, MaxRawText);
        return JsonText.TryUnescape(reader.ValueSpan, room, out var written)
            ? new JsonToken(JsonTokenType.String, room[..written])
            : new JsonToken(JsonTokenType.String, reader.ValueSpan, isNoText: true);
    }

    /// <summary>Keeps the value that the reader stands on, and passes over it.</summary>
    private static JsonToken Take(scoped ref Utf8JsonReader reader)
    {
        var token = new JsonToken(reader.TokenType, reader.ValueSpan);
        reader.Skip();
        return token;
    }

    [InlineArray(CatalogueIndex.MaxSlots)]
    private struct MetricSlots
    {
        private double _first;
    }
}
