namespace SmartCity.Api.Parameters;

/// <summary>How an answer says that there is more: <c>Link: &lt;…&gt;; rel="next"</c>, the request with the cursor of the next page.</summary>
internal static class NextPage
{
    /// <summary>Sets the header where there is a next page.</summary>
    public static void LinkTo(this HttpContext context, string? nextCursor)
    {
        if (nextCursor is not null)
        {
            var request = context.Request;
            var query = QueryString.Create(request.Query.Where(pair => pair.Key != "cursor")).Add("cursor", nextCursor);
            context.Response.Headers.Link = $"<{request.PathBase + request.Path + query.ToUriComponent()}>; rel=\"next\"";
        }
    }
}
