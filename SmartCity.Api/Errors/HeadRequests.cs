namespace SmartCity.Api.Errors;

/// <summary>Answers HEAD wherever GET is answered: the route is chosen as for GET, and nobody writes a body.</summary>
internal static class HeadRequests
{
    private static readonly object Mark = new();

    /// <summary>Goes before routing.</summary>
    public static IApplicationBuilder RouteHeadAsGet(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Items[Mark] = Mark;
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    });

    /// <summary>Goes after routing.</summary>
    public static IApplicationBuilder AnswerHead(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Items.ContainsKey(Mark))
        {
            context.Request.Method = HttpMethods.Head;
        }

        return next(context);
    });
}
