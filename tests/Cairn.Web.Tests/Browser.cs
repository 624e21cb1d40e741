using System.Text.Json;
using Cairn.TestKit;
using Cairn.Web.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Cairn.Web.Tests;

/// <summary>A real Chromium, without a window. Tests that need it are skipped where it is not installed.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private readonly IPlaywright playwright;

    private Browser(IPlaywright playwright, IBrowser chromium) => (this.playwright, Chromium) = (playwright, chromium);

    public IBrowser Chromium { get; }

    public static async Task<Browser> StartAsync()
    {
        string? program = Places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "chromium is not installed");
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, chromium);
    }

    /// <summary>A page of somebody with a session of their own; what its console complains of is kept.</summary>
    public async Task<(IPage Page, List<string> Complaints)> PageAsync(RunningServer server, bool dark = false, int width = 1280, int height = 800)
    {
        IBrowserContext context = await Chromium.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = server.Root.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
        });
        IPage page = await context.NewPageAsync();
        List<string> complaints = [];
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(server.Root.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                complaints.Add("asks another host: " + request.Url);
            }
        };
        return (page, complaints);
    }

    /// <summary>Signs in with name and password.</summary>
    public static async Task SignInAsync(IPage page, string name)
    {
        await page.GotoAsync("/sign-in");
        await page.FillAsync("input[name=name]", name);
        await page.FillAsync("input[name=password]", RunningServer.Password);
        await page.ClickAsync("button.primary");
        await page.WaitForURLAsync("**/");
    }

    /// <summary>Follows a printed link.</summary>
    public static Task EnterAsync(IPage page, RunningServer server) => page.GotoAsync($"/enter?t={server.App.Services.GetRequiredService<LocalLink>().Make()}");

    /// <summary>Waits for something on a page; where it does not come, says what is there instead.</summary>
    public static async Task SeeAsync(IPage page, string selector, List<string>? complaints = null)
    {
        try
        {
            await page.Locator(selector).First.WaitForAsync(new LocatorWaitForOptions { Timeout = 20_000 });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{selector} did not come to {page.Url}: {await page.Locator("body").InnerTextAsync()} {string.Join('\n', complaints ?? [])}");
        }
    }

    /// <summary>What axe-core finds wrong, one line each; skips where it is not there.</summary>
    public static async Task<IReadOnlyList<string>> AxeAsync(IPage page)
    {
        string script = Path.Combine(TestFiles.RepositoryRoot, "artifacts", "axe", "axe.min.js");
        Assert.SkipUnless(File.Exists(script), "axe-core is not there (artifacts/axe/axe.min.js; ./test fetches it)");
        await page.EvaluateAsync(await File.ReadAllTextAsync(script));
        JsonElement? result = await page.EvaluateAsync("() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.help + ' | ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.failureSummary || '').replaceAll('\\n', ' ')).join(' || ')))");
        return [.. result!.Value.EnumerateArray().Select(v => v.GetString()!)];
    }

    public async ValueTask DisposeAsync()
    {
        await Chromium.DisposeAsync();
        playwright.Dispose();
    }
}
