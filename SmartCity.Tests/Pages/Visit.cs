using Deque.AxeCore.Commons;

using Microsoft.Playwright;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>One look at a page: it notes every error on the console and every request to another host, for <see cref="DisposeAsync"/> to fail on.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private static readonly string[] NoNetwork = ["net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_SOCKET_NOT_CONNECTED"];

    /// <summary>The pages have no frames, so one run in the page will do; the library's own way opens a page more for each run and takes several times as long.</summary>
    private const string RunAxe = """
        async (rules) => {
          const { violations } = await axe.run(document, { preload: false, resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) });
          return violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${node.html} ${[...node.any, ...node.all].map((check) => check.message).join("; ")}`).join("\n  ")}`);
        }
        """;

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly Uri _address;
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];
    private bool _hasAxe;

    private Visit(Uri address, IBrowserContext context, IPage page) => (_address, _context, Page) = (address, context, page);

    public IPage Page { get; }

    /// <summary>Errors of answers and connections are what the test is about, not a complaint.</summary>
    public bool ExpectsFailures { get; init; }

    public static Task<Visit> ToAsync(Uri address, string path, ColorScheme scheme = ColorScheme.Light) => ToAsync(address, path, scheme, expectsFailures: false, width: 1380);

    public static async Task<Visit> ToAsync(Uri address, string path, ColorScheme scheme, bool expectsFailures, int width)
    {
        var browser = await Stage.BrowserAsync();
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce, // no colour on its way from one to another when axe looks
            AcceptDownloads = true,
            Locale = "en-GB",
            TimezoneId = "Europe/Warsaw",
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        var visit = new Visit(address, context, page) { ExpectsFailures = expectsFailures };
        page.Console += (_, message) => visit.Note(message);
        page.PageError += (_, error) => visit.Complain(error);
        page.Request += (_, request) => visit.Note(request);
        await page.GotoAsync(new Uri(address, path).ToString());
        return visit;
    }

    public ILocator this[string selector] => Page.Locator(selector);

    /// <summary>Waits until an expression is true on the page. (Playwright's own wait evaluates text in the page, which the page's policy rightly forbids.)</summary>
    public Task UntilAsync(string expression) => Eventually.IsTrueAsync(() => Page.EvaluateAsync<bool>(expression), expression);

    /// <summary>Waits until the text of an element matches.</summary>
    public Task TextAsync(string selector, Func<string, bool> isRight, string what)
        => Eventually.IsTrueAsync(async () => await Page.Locator(selector).CountAsync() > 0 && isRight(await Page.Locator(selector).First.TextContentAsync() ?? ""), $"{selector} {what}");

    /// <summary>What axe finds wrong, each with the elements at fault: by every rule, or by those named.</summary>
    public async Task<IReadOnlyList<string>> ViolationsAsync(params string[] rules)
    {
        if (!_hasAxe)
        {
            await Page.EvaluateAsync(Axe);
            _hasAxe = true;
        }

        return await Page.EvaluateAsync<string[]>(RunAxe, rules);
    }

    /// <summary>Keeps a picture where SMARTCITY_SCREENSHOTS names a folder.</summary>
    public async Task ScreenshotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SMARTCITY_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        lock (_complaints)
        {
            Assert.That(_complaints, Is.Empty, "what the browser complained of");
        }
    }

    private void Note(IConsoleMessage message)
    {
        if (message.Type is "error" or "warning" && !(ExpectsFailures && message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) && !(ExpectsFailures && NoNetwork.Any(message.Text.Contains)))
        {
            Complain(message.Text);
        }
    }

    private void Note(IRequest request)
    {
        if (!request.Url.StartsWith(_address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + _address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
        {
            Complain("asked " + request.Url);
        }
    }

    private void Complain(string text)
    {
        lock (_complaints)
        {
            _complaints.Add(text);
        }
    }
}
