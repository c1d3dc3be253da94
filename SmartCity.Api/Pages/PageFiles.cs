using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

using SmartCity.Api.Configuration;
using SmartCity.Api.Json;

namespace SmartCity.Api.Pages;

/// <summary>The dashboard: static files that lie beside the program, wherever it was started from.</summary>
internal static class PageFiles
{
    public static void UsePages(this WebApplication app, MapTiles? tiles)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            return;
        }

        app.MapGet("/", () => Results.Redirect("/ui/")).ExcludeFromDescription();
        app.MapGet("/ui/map/tiles.json", () => new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteText("url", tiles?.Url);
            json.WriteText("attribution", tiles?.Attribution);
            json.WriteEndObject();
        })).ExcludeFromDescription();
        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            ContentTypeProvider = new FileExtensionContentTypeProvider(),
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl = context.Context.Request.Path.StartsWithSegments("/lib")
                ? "public, max-age=31536000, immutable" // the version is in the path
                : "no-cache",
        });
    }
}
