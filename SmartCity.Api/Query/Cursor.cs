using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Api.Query;

/// <summary>
/// Where a page ended. It carries the range too, so that "the last 24 hours" means the same on every page, and a mark of the query it belongs to. Opaque to
/// callers; nothing in it is secret.
/// </summary>
internal sealed record Cursor(RowKey After, DateTime From, DateTime? To)
{
    /// <summary>The longest cursor there can be: two names of 256 bytes and some.</summary>
    private const int MaxLength = 4096;

    public string Encode(string identity) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(
        new CursorForm(After.Start.Ticks, After.City, After.District, From.Ticks, To?.Ticks, Mark(identity)), CursorJson.Default.CursorForm));

    /// <summary>Reads a cursor; null when it is none, or belongs to another query.</summary>
    public static Cursor? Decode(string text, string identity)
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text))
        {
            return null;
        }

        try
        {
            var form = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), CursorJson.Default.CursorForm);
            return form is { City: not null, District: not null } && form.Mark == Mark(identity)
                ? new Cursor(new RowKey(Utc(form.Start), form.City, form.District), Utc(form.From), form.To is { } to ? Utc(to) : null)
                : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentOutOfRangeException or FormatException)
        {
            return null;
        }
    }

    private static DateTime Utc(long ticks) => new(ticks, DateTimeKind.Utc);

    private static uint Mark(string identity) => XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(identity));
}

internal sealed record CursorForm(
    [property: JsonPropertyName("s")] long Start,
    [property: JsonPropertyName("c")] string City,
    [property: JsonPropertyName("d")] string District,
    [property: JsonPropertyName("f")] long From,
    [property: JsonPropertyName("t")] long? To,
    [property: JsonPropertyName("q")] uint Mark);

[JsonSerializable(typeof(CursorForm))]
internal sealed partial class CursorJson : JsonSerializerContext;
