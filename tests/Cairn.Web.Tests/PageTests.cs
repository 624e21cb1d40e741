using Cairn.CaseStore.Browse;
using Cairn.Web.Cases;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Cairn.Web.Tests;

public sealed class PageTests
{
    /// <summary>Every page with what shows that it is there.</summary>
    public static readonly (string Name, string Address, string Sign)[] Pages =
    [
        ("cases", "/", "table.rows a"),
        ("overview", "/case/{key}", ".bars"),
        ("files", "/case/{key}/files", "#files tbody tr"),
        ("file", "/case/{key}/file/{id}", ".tabs"),
        ("gallery", "/case/{key}/gallery", "#tiles .tile"),
        ("exposure", "/case/{key}/exposure", "main table"),
        ("decisions", "/case/{key}/decisions", "main section"),
        ("report", "/case/{key}/report", "main form"),
        ("members", "/case/{key}/members", "main table"),
        ("audit", "/case/{key}/audit", "main table tbody td"),
        ("accounts", "/accounts", "main table"),
        ("me", "/me", "main h1"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_page_comes_without_a_complaint_and_axe_finds_nothing(bool dark)
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync(accounts: false);
        long id = PictureId(server);
        (IPage page, List<string> complaints) = await browser.PageAsync(server, dark);
        await Browser.EnterAsync(page, server);
        List<string> found = [];
        foreach ((string name, string address, string sign) in Pages)
        {
            await page.GotoAsync(address.Replace("{key}", server.Key, StringComparison.Ordinal).Replace("{id}", $"{id}", StringComparison.Ordinal));
            try
            {
                await page.Locator(sign).First.WaitForAsync(new LocatorWaitForOptions { Timeout = 15_000 });
            }
            catch (TimeoutException)
            {
                found.Add($"{name}: {sign} did not come: {await page.Locator("main").InnerTextAsync()}");
            }

            await page.WaitForTimeoutAsync(300);
            await ShotAsync(page, $"{name}-{(dark ? "dark" : "light")}");
            found.AddRange((await Browser.AxeAsync(page)).Select(v => $"{name}: {v}"));
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    internal static long PictureId(RunningServer server)
    {
        OpenCase open = server.App.Services.GetRequiredService<CaseShelf>().Find(server.Key)!;
        // The server itself brings the side file up to date when it opens a case.
        Assert.True(SpinWait.SpinUntil(() => open.Browser.State is { Entries: > 0, IsCurrent: true }, TimeSpan.FromSeconds(60)), "the case was not made ready");
        return open.Browser.Page(new EntryQuery { HasPicture = true }, default, PageStart.First, 1).Rows[0].Id;
    }

    /// <summary>A picture of the page, where CAIRN_SCREENS names a folder for them.</summary>
    internal static async Task ShotAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("CAIRN_SCREENS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }
}
