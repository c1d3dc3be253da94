using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SmartCity.Tests.Fuzz;

/// <summary>Tells a 503 that the OpenAPI document allows, with a problem that says why, from any other.</summary>
internal sealed class DocumentedOutages(string openApi)
{
    private static readonly string[] Parts = ["Database unavailable", "Storage unavailable", "Kafka unavailable"];

    private readonly IReadOnlyList<Regex> _paths =
    [
        .. JsonDocument.Parse(openApi).RootElement.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.EnumerateObject().Any(operation => operation.Value.GetProperty("responses").TryGetProperty("503", out _)))
            .Select(path => new Regex("^" + Regex.Replace(Regex.Escape(path.Name), @"\\\{[^/]*}", "[^/]+") + "/?$", RegexOptions.IgnoreCase)),
    ];

    /// <summary>What is wrong with a 503; null when nothing is.</summary>
    public string? WrongWith(HostileRequest request, string answer)
    {
        string target = Encoding.Latin1.GetString(request.Bytes).Split(' ', 3).ElementAtOrDefault(1) ?? "";
        if (!_paths.Any(path => path.IsMatch(target.Split('?', '#')[0])))
        {
            return "this path has no 503";
        }

        string[] parts = answer.Split("\r\n\r\n", 2);
        if (parts.Length < 2 || !parts[0].Contains("\r\nContent-Type: application/problem+json", StringComparison.OrdinalIgnoreCase) || !parts[0].Contains("\r\nRetry-After: ", StringComparison.OrdinalIgnoreCase))
        {
            return "it is no problem, or does not say when to try again";
        }

        bool hasNoBody = Encoding.Latin1.GetString(request.Bytes).StartsWith("HEAD ", StringComparison.OrdinalIgnoreCase);
        bool saysWhy = Parts.Any(part => parts[1].Contains($"\"title\":\"{part}\"", StringComparison.Ordinal)) && parts[1].Contains("\"detail\":\"", StringComparison.Ordinal);
        return hasNoBody || saysWhy ? null : "it does not say which part does not answer";
    }
}
