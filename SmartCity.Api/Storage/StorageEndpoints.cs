using System.Buffers.Text;
using System.Text;
using System.Text.Json;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Lake;

namespace SmartCity.Api.Storage;

/// <summary><c>GET /storage/stats</c> and <c>GET /storage/list</c>.</summary>
internal static class StorageEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly IReadOnlyList<Parameter> ListParameters =
    [
        new("prefix", "Only objects whose key starts with this, e.g. raw-data/sensor_type=traffic/. Every object when it is not given."),
        Parameter.Number("limit", 100, 1, 1000, "The most objects in an answer."),
        new("cursor", "next_cursor of the page before. The prefix must stay as it was."),
    ];

    public static void MapStorage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/storage/stats", StatsAsync)
            .Describe("storage_stats", "Storage", "What is in the lake", "Objects and bytes, in total, by top folder and by sensor type. Counted at most once a minute.", [])
            .Answers(AnswerSchemas.StorageStats);
        routes.MapGet("/storage/list", ListAsync)
            .Describe("storage_list", "Storage", "The lake's objects", "Objects in the order of their keys' UTF-8 bytes.", ListParameters)
            .Answers(AnswerSchemas.StorageList);
    }

    private static async Task<IResult> StatsAsync(HttpContext context, StorageStats stats, IObjectStore lake)
    {
        var reader = new ParameterReader(context.Request.Query, []);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        StorageCount count;
        try
        {
            count = await stats.GetAsync(context.RequestAborted).WaitAsync(Patience, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            return Problems.StorageDown("The lake is being counted for the first time. Ask again in a little while.");
        }

        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("lake", lake.Description);
            json.WriteString("counted_at", JsonForms.Time(count.CountedAt.UtcDateTime));
            json.WriteNumber("total_objects", count.Total.Objects);
            json.WriteNumber("total_bytes", count.Total.Bytes);
            json.WriteTime("newest_object", count.Newest?.UtcDateTime);
            WriteSizes(json, "by_root", count.ByRoot);
            WriteSizes(json, "by_sensor_type", count.ByType);
            json.WriteEndObject();
        });
    }

    private static void WriteSizes(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, StorageSize> sizes)
    {
        json.WriteStartObject(name);
        foreach (var (part, size) in sizes)
        {
            json.WriteStartObject(part);
            json.WriteNumber("objects", size.Objects);
            json.WriteNumber("bytes", size.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static async Task<IResult> ListAsync(HttpContext context, IObjectStore lake)
    {
        var reader = new ParameterReader(context.Request.Query, ListParameters);
        string prefix = reader.Text("prefix") ?? "";
        int limit = reader.Number("limit");
        string? startAfter = Decode(reader, prefix);
        if (!IsPrefix(prefix))
        {
            reader.Errors.Add("prefix", "must be the beginning of an object's key: at most 1024 bytes, no empty, . or .. folders, no backslash or control character");
        }

        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var objects = new List<LakeObject>();
        bool isMore = false;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        await foreach (var found in lake.ListAsync(prefix, startAfter, patience.Token))
        {
            if (objects.Count == limit)
            {
                isMore = true;
                break;
            }

            objects.Add(found);
        }

        string? next = isMore ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(objects[^1].Key)) : null;
        context.LinkTo(next);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", objects.Count);
            json.WriteStartArray("objects");
            foreach (var found in objects)
            {
                json.WriteStartObject();
                json.WriteString("key", found.Key);
                json.WriteNumber("size", found.Size);
                json.WriteString("last_modified", JsonForms.Time(found.LastModified.UtcDateTime));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteText("next_cursor", next);
            json.WriteEndObject();
        });
    }

    /// <summary>The key that the page before ended with. One from another prefix is refused: it would skip objects.</summary>
    private static string? Decode(ParameterReader reader, string prefix)
    {
        if (reader.Text("cursor") is not { } text)
        {
            return null;
        }

        if (text.Length is > 0 and < 2048 && Base64Url.IsValid(text))
        {
            string key = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
            if (key.StartsWith(prefix, StringComparison.Ordinal) && IsPrefix(key))
            {
                return key;
            }
        }

        reader.Errors.Add("cursor", "is none of this listing's: take next_cursor as it came and leave prefix as it was");
        return null;
    }

    private static bool IsPrefix(string prefix)
    {
        if (Encoding.UTF8.GetByteCount(prefix) > 1024 || prefix.AsSpan().Contains('\\') || prefix.Any(char.IsControl))
        {
            return false;
        }

        string[] folders = prefix.Split('/');
        return folders.SkipLast(1).All(folder => folder is not ("" or "." or "..")) && folders[^1] is not ("." or "..");
    }
}
