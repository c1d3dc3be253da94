using System.Text;

namespace SmartCity.Tests.Fuzz;

/// <summary>The judge of the fuzzed API's outages sees what is none.</summary>
internal sealed class DocumentedOutagesTests
{
    private const string Document = """{"paths":{"/sensors/{id}":{"get":{"responses":{"200":{},"503":{}}}},"/types":{"get":{"responses":{"200":{}}}}}}""";
    private const string Good = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n\r\n{\"title\":\"Database unavailable\",\"detail\":\"Connection refused\"}";

    [TestCase("GET /sensors/a?x=y", Good, null)]
    [TestCase("HEAD /sensors/a", "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n\r\n", null)]
    [TestCase("GET /types", Good, "this path has no 503")]
    [TestCase("GET /sensors/a", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "it is no problem, or does not say when to try again")]
    [TestCase("GET /sensors/a", "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n\r\n{\"title\":\"Sorry\"}", "it does not say which part does not answer")]
    public void A_503_is_foreseen_only_where_the_document_has_it_and_with_its_reason(string request, string answer, string? wrong)
        => Assert.That(new DocumentedOutages(Document).WrongWith(new HostileRequest(Encoding.Latin1.GetBytes(request + " HTTP/1.1\r\n\r\n"), false), answer), Is.EqualTo(wrong));
}
