using System.Net.Http.Headers;
using System.Web;
using System.Xml.Linq;

namespace SmartCity.Domain.Lake;

/// <summary>
/// Makes every listing URL-encoded. Minio's client asks for that and decodes the keys unseen, but some servers (versitygw) answer with plain ones, of
/// which <c>city=a%2Fb</c> would then come out as <c>city=a/b</c>.
/// </summary>
internal sealed class EncodedListings(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var asksForEncoding = request.Method == HttpMethod.Get && request.RequestUri!.Query.Contains("encoding-type=url", StringComparison.Ordinal);
        if (!asksForEncoding || !response.IsSuccessStatusCode)
        {
            return response;
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        response.Content = new ByteArrayContent(Encode(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/xml") } };
        return response;
    }

    private static byte[] Encode(byte[] body)
    {
        var listing = XDocument.Load(new MemoryStream(body), LoadOptions.PreserveWhitespace);
        var root = listing.Root!;
        if (root.Elements().Any(e => e.Name.LocalName == "EncodingType" && e.Value == "url"))
        {
            return body;
        }

        foreach (var name in root.Descendants().Where(e => e.Name.LocalName is "Key" or "Prefix"))
        {
            name.Value = HttpUtility.UrlEncode(name.Value);
        }

        var encoded = new MemoryStream();
        listing.Save(encoded, SaveOptions.DisableFormatting);
        return encoded.ToArray();
    }
}
