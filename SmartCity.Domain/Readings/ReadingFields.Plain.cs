using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <content>The short way for readings as machines write them, which are nearly all; what it finds is what the long way would find.</content>
internal ref partial struct ReadingFields
{
    /// <summary>False when it takes more than <see cref="PlainJson"/> knows to tell what stands there; then what was found so far means nothing.</summary>
    private bool TryReadPlain()
    {
        var json = new PlainJson(_json);
        if (!json.TryBeginObject())
        {
            return false;
        }

        Root = JsonTokenType.StartObject;
        for (var isFirst = true; ; isFirst = false)
        {
            if (!json.TryNextMember(isFirst, out var name, out var ended))
            {
                return false;
            }

            if (ended)
            {
                return json.AtEnd;
            }

            if (!TryReadPlainMember(ref json, name))
            {
                return false;
            }
        }
    }

    private bool TryReadPlainMember(scoped ref PlainJson json, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("metrics"u8))
        {
            return TryReadPlainMetrics(ref json);
        }

        if (name.SequenceEqual("location"u8))
        {
            return TryReadPlainLocation(ref json);
        }

        var isSensorId = name.SequenceEqual("sensor_id"u8);
        var isSensorType = name.SequenceEqual("sensor_type"u8);
        var isCity = name.SequenceEqual("city"u8);
        var isDistrict = name.SequenceEqual("district"u8);
        var isTimestamp = name.SequenceEqual("timestamp"u8);
        if (!(isSensorId | isSensorType | isCity | isDistrict | isTimestamp))
        {
            return json.TryPass();
        }

        if (!json.TryText(out var text))
        {
            return false;
        }

        var token = new JsonToken(JsonTokenType.String, text);
        if (isSensorId)
        {
            SensorId = token;
        }
        else if (isSensorType)
        {
            SensorType = token;
        }
        else if (isCity)
        {
            City = token;
        }
        else if (isDistrict)
        {
            District = token;
        }
        else
        {
            Timestamp = token;
        }

        return true;
    }

    private bool TryReadPlainLocation(scoped ref PlainJson json)
    {
        Location = JsonTokenType.StartObject;
        Latitude = Longitude = default;
        if (!json.TryBeginObject())
        {
            return false;
        }

        for (var isFirst = true; ; isFirst = false)
        {
            if (!json.TryNextMember(isFirst, out var name, out var ended))
            {
                return false;
            }

            if (ended)
            {
                return true;
            }

            if (!json.TryNumber(out var text, out _))
            {
                return false;
            }

            if (name.SequenceEqual("lat"u8))
            {
                Latitude = new JsonToken(JsonTokenType.Number, text);
            }
            else if (name.SequenceEqual("lon"u8))
            {
                Longitude = new JsonToken(JsonTokenType.Number, text);
            }
        }
    }

    private bool TryReadPlainMetrics(scoped ref PlainJson json)
    {
        Metrics = JsonTokenType.StartObject;
        _metricNumbers = _metricFaults = 0;
        if (!json.TryBeginObject())
        {
            return false;
        }

        for (var isFirst = true; ; isFirst = false)
        {
            if (!json.TryNextMember(isFirst, out var name, out var ended))
            {
                return false;
            }

            if (ended)
            {
                return true;
            }

            var slot = CatalogueIndex.SlotOf(name);
            if (slot < 0 ? !json.TryPass() : !TryReadPlainMetric(ref json, slot))
            {
                return false;
            }
        }
    }

    private bool TryReadPlainMetric(scoped ref PlainJson json, int slot)
    {
        if (json.TryNumber(out _, out var value))
        {
            _metricValues[slot] = value;
            _metricNumbers |= 1u << slot;
            return true;
        }

        if (!json.TryBeginObject())
        {
            return false;
        }

        ClearMetric(slot);
        for (var isFirst = true; ; isFirst = false)
        {
            if (!json.TryNextMember(isFirst, out var name, out var ended))
            {
                return false;
            }

            if (ended)
            {
                return true;
            }

            if (!name.SequenceEqual("value"u8))
            {
                if (!json.TryPass())
                {
                    return false;
                }
            }
            else if (json.TryNumber(out _, out value))
            {
                _metricValues[slot] = value;
                _metricNumbers |= 1u << slot;
            }
            else
            {
                return false;
            }
        }
    }
}
