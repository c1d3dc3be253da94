using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <summary>
/// The contract's fields as one pass over the JSON found them, unjudged: a later member of the same name may replace a bad one, and the sensor type may
/// stand last. Unknown members are passed over.
/// </summary>
internal ref struct ReadingFields
{
    /// <summary>No known member name is longer, even with every character escaped.</summary>
    private const int MaxRawName = 128;

    private MetricSlots _metricValues;
    private uint _metricNumbers;
    private uint _metricFaults;

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
    public void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Root = reader.TokenType;
        if (Root == JsonTokenType.StartObject)
        {
            ReadMembers(ref reader, json);
        }
        else
        {
            reader.Skip();
        }

        reader.Read();
    }

    private void ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
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
                SensorId = Take(ref reader, json);
            }
            else if (name.SequenceEqual("sensor_type"u8))
            {
                SensorType = Take(ref reader, json);
            }
            else if (name.SequenceEqual("city"u8))
            {
                City = Take(ref reader, json);
            }
            else if (name.SequenceEqual("district"u8))
            {
                District = Take(ref reader, json);
            }
            else if (name.SequenceEqual("timestamp"u8))
            {
                Timestamp = Take(ref reader, json);
            }
            else if (name.SequenceEqual("location"u8))
            {
                ReadLocation(ref reader, json);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadLocation(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
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
                Latitude = Take(ref reader, json);
            }
            else if (name.SequenceEqual("lon"u8))
            {
                Longitude = Take(ref reader, json);
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

        var token = new JsonToken(reader.TokenType, reader.ValueSpan, escaped: true);
        return JsonText.TryGetText(in token, buffer, out var written) ? buffer[..written] : default;
    }

    /// <summary>Keeps the value that the reader stands on, and passes over it.</summary>
    private static JsonToken Take(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        // Sliced from the input, whose lifetime the compiler knows.
        var start = (int)reader.TokenStartIndex + (reader.TokenType == JsonTokenType.String ? 1 : 0);
        var token = JsonToken.Of(in reader, json.Slice(start, reader.ValueSpan.Length));
        reader.Skip();
        return token;
    }

    [InlineArray(CatalogueIndex.MaxSlots)]
    private struct MetricSlots
    {
        private double _first;
    }
}
