using Cairn.CaseStore.Browse;
using Cairn.Core.Reading;
using Cairn.TestKit;
using Cairn.Web.Cases;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Cairn.Web.Tests;

/// <summary>Names and content of evidence that would be script, markup or another name if they were taken for it.</summary>
public sealed class HostileTests
{
    private const string Script = "<script>window.taken=1<\u2215script>";

    private static readonly (string Name, byte[] Bytes)[] Files =
    [
        ("<img src=x onerror=window.taken=1>.txt", "<script>window.taken=1</script>"u8.ToArray()),
        ("\"><svg onload=window.taken=1>.txt", "x"u8.ToArray()),
        ("javascript:window.taken=1.html", "<html><body onload='window.taken=1'>"u8.ToArray()),
        ("evil\u202Egpj.exe", "MZ"u8.ToArray()),
        ("@Html {{7*7}} ${7*7}.txt", "{{7*7}}"u8.ToArray()),
        ("picture.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='window.taken=1'><script>window.taken=1</script></svg>"u8.ToArray()),
        (Script + ".txt", "\u001b[31mred\u202E\0"u8.ToArray()),
    ];

    [Fact]
    public async Task Names_and_content_are_shown_and_never_run()
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync(accounts: false, moreCases: folder =>
        {
            using var evidence = new TempFolder();
            foreach ((string name, byte[] bytes) in Files)
            {
                evidence.Write("evidence/" + name, bytes);
            }

            Directory.CreateDirectory(folder);
            SampleCase.Examine(evidence.File("evidence"), Path.Combine(folder, "<b>hostile<b>"), evidence);
        });
        OpenCase open = server.App.Services.GetRequiredService<CaseShelf>().List().Cases.First(c => c.Title.StartsWith('<'));
        Assert.True(SpinWait.SpinUntil(() => open.Browser.State is { Entries: > 0, IsCurrent: true }, TimeSpan.FromSeconds(60)));
        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        await Browser.EnterAsync(page, server);
        await Browser.SeeAsync(page, "table.rows a", complaints);
        Assert.Contains("<b>hostile<b>", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        foreach (string address in new[] { "", "/files", "/gallery", "/audit" })
        {
            await page.GotoAsync($"/case/{open.Key}{address}");
            await page.WaitForTimeoutAsync(700);
        }

        await page.GotoAsync($"/case/{open.Key}/files");
        await Browser.SeeAsync(page, "#files tbody tr", complaints);
        string shown = await page.InnerTextAsync("#files");
        Assert.Contains("<img src=x onerror=window.taken=1>.txt", shown, StringComparison.Ordinal);
        // A name that would read backwards is written out.
        Assert.Contains("evil\\u202egpj.exe", shown, StringComparison.Ordinal);
        await PageTests.ShotAsync(page, "hostile-files");
        foreach (EntrySummary row in open.Browser.Page(EntryQuery.All, default, PageStart.First, 100).Rows)
        {
            await page.GotoAsync($"/case/{open.Key}/file/{row.Id}");
            await Browser.SeeAsync(page, ".tabs", complaints);
            foreach (string part in new[] { "text", "hex", "history" })
            {
                await page.ClickAsync($"#tab-{part}");
                await page.WaitForTimeoutAsync(150);
            }
        }

        Assert.Null(await page.EvaluateAsync<int?>("() => window.taken ?? null"));
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_reader_that_dies_is_begun_anew_and_one_that_answers_nonsense_is_not_believed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are found under /proc");
        using var folder = new TempFolder();
        string one = SampleCase.CopyTo(folder.File("case"));
        using var pool = new Reading.ReaderPool([SampleCase.Command], one, null);
        ReadingAnswer first = await pool.AskAsync(new ReadingRequest(ReadingAct.Bytes, 46, 0, 16));
        Assert.Equal(16, first.Data.Length);
        foreach (System.Diagnostics.Process reader in ReadersOf(one))
        {
            reader.Kill(entireProcessTree: true);
            await reader.WaitForExitAsync();
        }

        ReadingAnswer second = await pool.AskAsync(new ReadingRequest(ReadingAct.Bytes, 46, 0, 16));
        Assert.Equal(first.Data.ToArray(), second.Data.ToArray());
        Assert.Equal(2, pool.Started);

        string liar = folder.Write("liar", "#!/bin/sh\nprintf 'CRD\\001\\377\\377\\377\\177nonsense'\ncat >/dev/null\n"u8);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(liar, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        using var false_ = new Reading.ReaderPool([liar], one, null);
        ReadingAnswer refused = await false_.AskAsync(new ReadingRequest(ReadingAct.Bytes, 46, 0, 16));
        Assert.Equal(ReadingStatus.Failed, refused.Status);
        Assert.True(refused.Data.IsEmpty);
    }

    /// <summary>The readers that were started for this very folder.</summary>
    private static IEnumerable<System.Diagnostics.Process> ReadersOf(string folder) =>
        System.Diagnostics.Process.GetProcessesByName("cairn").Where(p => File.Exists($"/proc/{p.Id}/cmdline") && File.ReadAllText($"/proc/{p.Id}/cmdline").Contains(folder, StringComparison.Ordinal));
}
