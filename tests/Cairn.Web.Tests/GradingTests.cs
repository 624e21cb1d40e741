using Cairn.CaseStore.Review;
using Cairn.Web.Access;
using Cairn.Web.Cases;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Cairn.Web.Tests;

public sealed class GradingTests
{
    [Fact]
    public async Task Two_grade_by_keyboard_without_knowing_of_each_other_a_third_decides_and_kappa_is_shown()
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync();
        _ = PageTests.PictureId(server);
        OpenCase open = server.App.Services.GetRequiredService<CaseShelf>().Find(server.Key)!;
        open.Review.TakeOverPictures(TestContext.Current.CancellationToken);
        await server.AccountAsync("ann", Role.Grader);
        await server.AccountAsync("bob", Role.Grader);
        Account cat = await server.AccountAsync("cat", Role.Reviewer);
        open.Review.AskForSecondVotes(new Actor(cat.Id, "cat"), Guid.NewGuid(), SecondVotes.All);

        await GradeAsync(browser, server, "ann", ["n", "n", "c", "t"]);
        await GradeAsync(browser, server, "bob", ["n", "n", "n", "t"]);
        StoredVote[] votes = [.. open.Review.Reader.Votes()];
        Assert.Equal(["ann", "bob"], votes.Select(v => v.By.Name).Distinct());
        Assert.All(votes, vote => Assert.False(vote.Revealed));
        Assert.Contains(open.Review.Reader.Progress(), p => p.State == ContentState.Disagreement);

        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        await Browser.SignInAsync(page, "cat");
        await page.GotoAsync($"/case/{server.Key}/decisions");
        await page.Locator(".one-picture").WaitForAsync();
        await PageTests.ShotAsync(page, "decisions-open-light");
        string kappa = await page.Locator("main b", new PageLocatorOptions { HasText = "kappa" }).InnerTextAsync();
        // By hand: over contents with two votes each, from the table that the two series make.
        AgreementTable overall = open.Review.Reader.Agreement().Overall;
        Assert.Contains($"{overall.Kappa:0.000}", kappa, StringComparison.Ordinal);
        while (await page.Locator(".one-picture").CountAsync() > 0)
        {
            string before = await page.Locator(".one-picture").GetAttributeAsync("data-id") ?? "";
            await page.Keyboard.PressAsync("n");
            await page.WaitForFunctionAsync($"() => !document.querySelector('.one-picture') || document.querySelector('.one-picture').dataset.id !== '{before}'");
        }

        Assert.DoesNotContain(open.Review.Reader.Progress(), p => p.State == ContentState.Disagreement);
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_picture_is_veiled_until_somebody_holds_and_is_gone_when_they_let_go()
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync();
        _ = PageTests.PictureId(server);
        Account ann = await server.AccountAsync("ann", Role.Grader);
        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        List<string> asked = [];
        page.Request += (_, request) => asked.Add(new Uri(request.Url).AbsolutePath);
        await Browser.SignInAsync(page, "ann");
        await page.GotoAsync($"/case/{server.Key}/gallery");
        await Browser.SeeAsync(page, ".tile", complaints);
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.tile img.veil')].every((i) => i.complete && i.naturalWidth > 0)");
        Assert.DoesNotContain(asked, path => path.Contains("/clear/", StringComparison.Ordinal));
        // What came is a handful of pixels: nobody can sharpen it again.
        Assert.True(await page.EvaluateAsync<int>("() => Math.max(...[...document.querySelectorAll('.tile img.veil')].map((i) => Math.max(i.naturalWidth, i.naturalHeight)))") <= 24);
        await PageTests.ShotAsync(page, "gallery-veiled-light");

        await page.Locator("#tiles").FocusAsync();
        await page.Keyboard.DownAsync(" ");
        await page.Locator(".tile img.clear").WaitForAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('.tile img.clear').naturalWidth > 24");
        await PageTests.ShotAsync(page, "gallery-held-light");
        await page.WaitForTimeoutAsync(250);
        await page.Keyboard.UpAsync(" ");
        await page.WaitForFunctionAsync("() => !document.querySelector('.tile img.clear')");
        OpenCase open = server.App.Services.GetRequiredService<CaseShelf>().Find(server.Key)!;
        ExposureSum sum = open.Review.Reader.ExposureOf(new Actor(ann.Id, "ann")).InAll;
        for (int i = 0; i < 50 && sum.Revealed == 0; i++)
        {
            await page.WaitForTimeoutAsync(100);
            sum = open.Review.Reader.ExposureOf(new Actor(ann.Id, "ann")).InAll;
        }

        Assert.Equal(1, sum.Revealed);
        Assert.InRange(sum.RevealedMilliseconds, 200, 30_000);

        await page.Keyboard.PressAsync("Escape");
        await page.WaitForFunctionAsync("() => !document.querySelector('.tile img')");
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_vote_is_taken_back_by_a_key()
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync();
        _ = PageTests.PictureId(server);
        await server.AccountAsync("ann", Role.Grader);
        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        await Browser.SignInAsync(page, "ann");
        await page.GotoAsync($"/case/{server.Key}/gallery");
        await Browser.SeeAsync(page, ".tile", complaints);
        await page.Locator("#tiles").FocusAsync();
        await page.Keyboard.PressAsync("n");
        await page.Locator("#tile-0 .tile-grade").WaitForAsync();
        await page.Keyboard.PressAsync("Backspace");
        await page.WaitForFunctionAsync("() => !document.querySelector('#tile-0 .tile-grade')");
    }

    [Fact]
    public async Task A_session_that_is_revoked_leaves_the_page_at_once()
    {
        await using Browser browser = await Browser.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync();
        Account ann = await server.AccountAsync("ann", Role.Grader);
        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        await Browser.SignInAsync(page, "ann");
        await page.GotoAsync($"/case/{server.Key}/gallery");
        await Browser.SeeAsync(page, "#tiles", complaints);
        server.Sessions.EndAll(ann.Id);
        await page.WaitForURLAsync("**/signed-out", new PageWaitForURLOptions { Timeout = 5_000 });
    }

    /// <summary>Signs in, opens the gallery and gives a grade by each key.</summary>
    private static async Task GradeAsync(Browser browser, RunningServer server, string name, IReadOnlyList<string> keys)
    {
        (IPage page, List<string> complaints) = await browser.PageAsync(server);
        await Browser.SignInAsync(page, name);
        await page.GotoAsync($"/case/{server.Key}/gallery");
        await Browser.SeeAsync(page, ".tile", complaints);
        await page.Locator("#tiles").FocusAsync();
        Assert.Equal(0, await page.Locator(".tile-grade").CountAsync());
        for (int i = 0; i < keys.Count; i++)
        {
            await page.Keyboard.PressAsync(keys[i]);
            await page.Locator($"#tile-{i} .tile-grade").WaitForAsync();
        }

        await PageTests.ShotAsync(page, $"gallery-graded-{name}");
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        await page.Context.CloseAsync();
    }
}
