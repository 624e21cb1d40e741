using System.Diagnostics;
using System.Globalization;
using Cairn.TestKit;
using Microsoft.Playwright;

namespace Cairn.Web.Tests;

/// <summary>
/// A case of a million rows in a real browser, with the server as a process of its own. CAIRN_LARGE_CASE names the case (Cairn.Bench made-case makes
/// it), CAIRN_WEB the folder of a published Cairn.Web; without them it is skipped. What it measured goes to the test's output.
/// </summary>
public sealed class LargeCaseTests
{
    [Fact]
    public async Task A_million_rows_are_opened_filtered_scrolled_and_graded_without_waiting()
    {
        string? large = Environment.GetEnvironmentVariable("CAIRN_LARGE_CASE"), web = Environment.GetEnvironmentVariable("CAIRN_WEB");
        Assert.SkipWhen(large is null || web is null, "CAIRN_LARGE_CASE and CAIRN_WEB are not set");
        await using Browser browser = await Browser.StartAsync();
        using var data = new TempFolder();
        ProcessStartInfo start = new(Path.Combine(web, "Cairn.Web")) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string word in new[] { "--case", large, "--data", data.File("data"), "--reader", SampleCase.Command })
        {
            start.ArgumentList.Add(word);
        }

        Stopwatch clock = Stopwatch.StartNew();
        using Process server = Process.Start(start)!;
        try
        {
            string line = await server.StandardOutput.ReadLineAsync() ?? "";
            Say("started", clock);
            Uri link = new(line[(line.IndexOf("http", StringComparison.Ordinal))..]);
            IPage page = await browser.Chromium.NewPageAsync(new BrowserNewPageOptions { BaseURL = link.GetLeftPart(UriPartial.Authority), ViewportSize = new ViewportSize { Width = 1280, Height = 800 } });
            await page.GotoAsync(link.PathAndQuery);
            string root = await page.Locator("table.rows a").First.GetAttributeAsync("href") ?? "";
            clock.Restart();
            await page.GotoAsync(root + "/files");
            await page.WaitForFunctionAsync("() => document.querySelector('.count b')?.innerText === '1,000,000'", null, new PageWaitForFunctionOptions { Timeout = 300_000 });
            Say("side file ready and files shown", clock);

            foreach (string name in new[] { "", "/files", "/gallery" })
            {
                clock.Restart();
                await page.GotoAsync(root + name);
                await page.Locator(name switch { "" => ".bar-line", "/files" => "#files tbody tr", _ => "#tiles .tile" }).First.WaitForAsync();
                Say($"page {name}", clock);
                await PageTests.ShotAsync(page, $"million{name.Replace('/', '-')}");
            }

            await page.GotoAsync(root + "/files");
            await page.Locator("#files tbody tr").First.WaitForAsync();
            List<double> filters = [];
            string before = await page.InnerTextAsync(".count");
            foreach (string text in new[] { "img", "jpg", "report", "a", "2023", "holiday", "zz", "doc", "exe", "photo" })
            {
                clock.Restart();
                await page.FillAsync("[data-find]", text);
                await page.Keyboard.PressAsync("Enter");
                await page.WaitForFunctionAsync("(b) => document.querySelector('.count').innerText !== b", before);
                filters.Add(clock.Elapsed.TotalMilliseconds);
                before = await page.InnerTextAsync(".count");
            }

            Say("filters", filters);
            await page.GotoAsync(root + "/files");
            await page.Locator("#files tbody tr").First.WaitForAsync();
            List<double> places = [];
            for (int i = 1; i <= 10; i++)
            {
                string first = await page.Locator("#files tbody tr").First.GetAttributeAsync("data-id") ?? "";
                clock.Restart();
                await page.EvaluateAsync("(p) => { const s = document.querySelector('.slide'); s.value = p; s.dispatchEvent(new Event('input', { bubbles: true })); }", i * 97_003);
                await page.WaitForFunctionAsync("(f) => document.querySelector('#files tbody tr')?.dataset.id !== f", first);
                places.Add(clock.Elapsed.TotalMilliseconds);
            }

            Say("places by the slider", places);
            await page.GotoAsync(root + "/gallery");
            await page.Locator("#tiles .tile").First.WaitForAsync();
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.tile img.veil')].every((i) => i.complete)", null, new PageWaitForFunctionOptions { Timeout = 120_000 });
            List<double> blank = [];
            for (int i = 0; i < 20; i++)
            {
                string first = await page.Locator("#tiles .tile").First.GetAttributeAsync("data-id") ?? "";
                await page.Mouse.MoveAsync(400, 400);
                clock.Restart();
                await page.Mouse.WheelAsync(0, 272);
                await page.WaitForFunctionAsync("(f) => document.querySelector('#tiles .tile')?.dataset.id !== f", first);
                await page.WaitForFunctionAsync("() => { const box = document.querySelector('#tiles').getBoundingClientRect(); return [...document.querySelectorAll('.tile')].filter((t) => t.getBoundingClientRect().top < box.bottom).every((t) => t.querySelector('img.veil')?.complete); }");
                blank.Add(clock.Elapsed.TotalMilliseconds);
                await page.WaitForTimeoutAsync(400);
            }

            Say("gallery scrolled by two rows until no tile is blank", blank);
            await page.GotoAsync(root + "/gallery");
            await page.Locator("#tiles .tile").First.WaitForAsync();
            await page.Locator("#tiles").FocusAsync();
            clock.Restart();
            List<double> votes = [];
            for (int i = 0; i < 200; i++)
            {
                double at = clock.Elapsed.TotalMilliseconds;
                await page.Keyboard.PressAsync("n");
                await page.WaitForFunctionAsync("(i) => document.querySelector(`#tile-${i}`)?.classList.contains('current')", i + 1);
                votes.Add(clock.Elapsed.TotalMilliseconds - at);
            }

            Say("200 votes by keyboard, each", votes);
            server.Refresh();
            TestContext.Current.TestOutputHelper!.WriteLine($"memory of the server: {server.WorkingSet64 / 1048576.0:N0} MiB, at most {server.PeakWorkingSet64 / 1048576.0:N0} MiB");
            Assert.InRange(server.PeakWorkingSet64, 0, 1L << 30);
        }
        finally
        {
            server.StandardInput.Close();
            Assert.True(server.WaitForExit(20_000), "the server did not end with its input");
        }
    }

    private static void Say(string what, Stopwatch clock) => TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {clock.Elapsed.TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture)} ms");

    private static void Say(string what, List<double> times)
    {
        times.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"{what}: median {times[times.Count / 2]:N0} ms, longest {times[^1]:N0} ms ({times.Count})");
    }
}
