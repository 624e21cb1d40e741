using System.Net;
using Cairn.Web.Access;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Web.Tests;

public sealed class SignInTests
{
    [Fact]
    public async Task A_right_password_signs_in_and_a_wrong_one_does_not()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient wrong = server.Client();
        using HttpResponseMessage refused = await RunningServer.PostAsync(wrong, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", "not the right one at all"));
        Assert.Equal("/sign-in?said=wrong", refused.Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.Redirect, (await wrong.GetAsync("/")).StatusCode);
        using HttpClient right = await server.SignedInAsync("ann");
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Five_wrong_passwords_close_the_account_for_a_while_and_the_right_one_is_refused_then()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = server.Client();
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage refused = await RunningServer.PostAsync(client, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", $"guess number {i} of many"));
            Assert.Equal("/sign-in?said=wrong", refused.Headers.Location?.ToString());
        }

        using HttpResponseMessage right = await RunningServer.PostAsync(client, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", RunningServer.Password));
        Assert.Equal("/sign-in?said=wrong", right.Headers.Location?.ToString());
    }

    [Fact]
    public async Task Guessing_at_many_names_is_slowed_down()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpClient client = server.Client();
        List<HttpStatusCode> said = [];
        for (int i = 0; i < 22; i++)
        {
            using HttpResponseMessage answer = await RunningServer.PostAsync(client, "/sign-in", "/sign-in/password", ("name", $"name{i}"), ("password", "one password for all of them"));
            said.Add(answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, said[^1]);
        Assert.Equal(20, said.Count(s => s == HttpStatusCode.Redirect));
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = server.Client();
        using var form = new FormUrlEncodedContent([new("name", "ann"), new("password", RunningServer.Password)]);
        using HttpResponseMessage answer = await client.PostAsync("/sign-in/password", form);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using HttpClient inside = await server.SignedInAsync("ann");
        using HttpResponseMessage signOut = await inside.PostAsync("/sign-out", null);
        Assert.Equal(HttpStatusCode.BadRequest, signOut.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await inside.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task A_session_planted_by_another_never_becomes_that_of_who_signs_in_over_it()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("mallory", Role.Grader);
        await server.AccountAsync("ann", Role.Examiner);
        CookieContainer planted = new();
        using HttpClient mallory = await server.SignedInAsync("mallory", planted);
        CookieContainer copy = new();
        copy.Add(server.Root, planted.GetCookies(server.Root));
        using HttpClient ann = server.Client(copy);
        using HttpResponseMessage first = await RunningServer.PostAsync(ann, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", RunningServer.Password));
        Assert.Equal("/sign-in?said=again", first.Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.Redirect, (await mallory.GetAsync("/")).StatusCode);
        using HttpResponseMessage second = await RunningServer.PostAsync(ann, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", RunningServer.Password));
        Assert.Equal("/", second.Headers.Location?.ToString());
        Assert.NotEqual(planted.GetCookies(server.Root)["cairn"]?.Value, copy.GetCookies(server.Root)["cairn"]?.Value);
        Assert.Equal(HttpStatusCode.Redirect, (await mallory.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_itself_and_not_only_the_cookie()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        CookieContainer cookies = new();
        using HttpClient client = await server.SignedInAsync("ann", cookies);
        CookieContainer copy = new();
        copy.Add(server.Root, cookies.GetCookies(server.Root));
        using HttpResponseMessage left = await RunningServer.PostAsync(client, "/", "/sign-out");
        Assert.Equal("/signed-out", left.Headers.Location?.ToString());
        using HttpClient thief = server.Client(copy);
        Assert.Equal(HttpStatusCode.Redirect, (await thief.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Sessions_that_are_revoked_are_over_with_the_next_request()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Account ann = await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = await server.SignedInAsync("ann");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/")).StatusCode);
        server.Sessions.EndAll(ann.Id);
        Assert.Equal(HttpStatusCode.Redirect, (await client.GetAsync("/")).StatusCode);
    }

    [Theory]
    [InlineData(14, 1, true)]
    [InlineData(16, 1, false)]
    [InlineData(14, 34, true)]
    [InlineData(14, 35, false)]
    public async Task A_session_ends_when_idle_and_after_eight_hours_in_all(int minutes, int times, bool goesOn)
    {
        StoppedClock clock = new();
        await using RunningServer server = await RunningServer.StartAsync(clock: clock);
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = await server.SignedInAsync("ann");
        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < times; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(minutes));
            last = (await client.GetAsync("/")).StatusCode;
        }

        Assert.Equal(goesOn ? HttpStatusCode.OK : HttpStatusCode.Redirect, last);
    }

    [Fact]
    public async Task The_printed_link_is_good_once()
    {
        await using RunningServer server = await RunningServer.StartAsync(accounts: false);
        string word = server.App.Services.GetRequiredService<LocalLink>().Make();
        using HttpClient guess = server.Client();
        Assert.Equal("/sign-in?said=link", (await guess.GetAsync("/enter?t=guess")).Headers.Location?.ToString());
        using HttpClient first = server.Client();
        Assert.Equal("/", (await first.GetAsync($"/enter?t={word}")).Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync($"/case/{server.Key}")).StatusCode);
        using HttpClient second = server.Client();
        Assert.Equal("/sign-in?said=link", (await second.GetAsync($"/enter?t={word}")).Headers.Location?.ToString());
    }

    [Fact]
    public async Task The_first_account_is_made_once_and_by_the_printed_link_alone()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string word = server.App.Services.GetRequiredService<LocalLink>().Make();
        using HttpClient other = server.Client();
        Assert.DoesNotContain("name=\"password\"", await other.GetStringAsync("/first-account?t=guess"), StringComparison.Ordinal);
        using HttpClient client = server.Client();
        using HttpResponseMessage made = await RunningServer.PostAsync(client, $"/first-account?t={word}", "/first-account/make", ("t", word), ("name", "root"), ("display", "Root"), ("password", RunningServer.Password));
        Assert.Equal("/accounts", made.Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync($"/case/{server.Key}/veil/46/0")).StatusCode);
        Assert.DoesNotContain("name=\"password\"", await server.Client().GetStringAsync($"/first-account?t={word}"), StringComparison.Ordinal);
    }
}
