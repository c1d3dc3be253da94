using System.Text.Json;
using System.Text.Json.Serialization;

using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>
/// Which raw objects of a day are merged together. It lies in the lake before the objects that it leads to: after a crash the same objects are merged again into the
/// same names, whatever has come to the day meanwhile. A raw object is in one plan only.
/// </summary>
/// <param name="Sources">The raw objects, by their keys below the day's folder.</param>
/// <param name="Objects">The names of what they became; null while that is not all there.</param>
/// <param name="Readings">How many readings those hold.</param>
internal sealed record CompactPlan(IReadOnlyList<string> Sources, IReadOnlyList<string>? Objects = null, long Readings = 0)
{
    /// <summary>The plans of a day by number, read from the lake.</summary>
    public static async Task<SortedDictionary<int, CompactPlan>> ReadAsync(IObjectStore store, CompactDay day, CancellationToken cancellation)
    {
        var plans = new SortedDictionary<int, CompactPlan>();
        await foreach (LakeObject found in store.ListAsync(day.Plans, null, cancellation))
        {
            int number = day.NumberOf(found.Key) ?? throw new InvalidDataException($"{found.Key} is no plan of lake compact");
            byte[] json = await store.GetAsync(found.Key, cancellation) ?? throw new InvalidDataException($"{found.Key} is gone since it was listed");
            try
            {
                plans.Add(number, JsonSerializer.Deserialize(json, CompactJson.Default.CompactPlan) ?? throw new JsonException("it is null"));
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"{found.Key} cannot be read: {error.Message}", error);
            }
        }

        return plans;
    }

    public Task WriteAsync(IObjectStore store, CompactDay day, int number, CancellationToken cancellation)
        => store.PutAsync(day.PlanKey(number), JsonSerializer.SerializeToUtf8Bytes(this, CompactJson.Default.CompactPlan), "application/json", cancellation);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CompactPlan))]
internal sealed partial class CompactJson : JsonSerializerContext;
