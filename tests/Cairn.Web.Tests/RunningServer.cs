using System.Net;
using System.Text.RegularExpressions;
using Cairn.TestKit;
using Cairn.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Web.Tests;

/// <summary>The application, running in this process on a free port, over a folder with two copies of the sample's case with identities of their own.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    public const string Password = "four words are long enough";

    private RunningServer(TempFolder folder, WebApplication app) => (Folder, App) = (folder, app);

    public TempFolder Folder { get; }

    public WebApplication App { get; }

    public Uri Root => WebServer.AddressOf(App);

    public AccessList Access => App.Services.GetRequiredService<AccessList>();

    public SessionStore Sessions => App.Services.GetRequiredService<SessionStore>();

    /// <summary>Key of the case.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Starts it; with <paramref name="accounts"/> everybody signs in, else the printed link is good.</summary>
    public static async Task<RunningServer> StartAsync(bool accounts = true, Action<string>? moreCases = null, TimeProvider? clock = null)
    {
        TempFolder folder = new();
        SampleCase.CopyTo(folder.File("cases/one"));
        moreCases?.Invoke(folder.File("cases"));
        List<string> words = ["--cases", folder.File("cases"), "--data", folder.File("data"), "--reader", SampleCase.Command];
        if (accounts)
        {
            words.AddRange(["--accounts", "true"]);
        }

        WebApplication app = WebServer.Build(ServeSettings.Parse(words), clock);
        await WebServer.PrepareAsync(app);
        await app.StartAsync();
        RunningServer server = new(folder, app);
        server.Key = app.Services.GetRequiredService<Cases.CaseShelf>().List().Cases.First(c => c.Title == "one").Key;
        return server;
    }

    /// <summary>Makes an account with roles in the case, or for the unit.</summary>
    public async Task<Account> AccountAsync(string name, params Role[] roles)
    {
        using IServiceScope scope = App.Services.CreateScope();
        UserManager<Account> people = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        Account account = new() { UserName = name, DisplayName = name };
        IdentityResult made = await people.CreateAsync(account, Password);
        Assert.True(made.Succeeded, string.Join(' ', made.Errors.Select(e => e.Description)));
        foreach (Role role in roles)
        {
            await Access.SetAsync(account.Id, AccessTable.UnitRoles.Contains(role) ? Membership.EveryCase : Key, role, given: true);
        }

        return account;
    }

    /// <summary>A browser without pages: keeps cookies, follows nothing.</summary>
    public HttpClient Client(CookieContainer? cookies = null) =>
        new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() }) { BaseAddress = Root };

    /// <summary>A client of somebody who has signed in.</summary>
    public async Task<HttpClient> SignedInAsync(string name, CookieContainer? cookies = null)
    {
        HttpClient client = Client(cookies);
        using HttpResponseMessage answer = await PostAsync(client, "/sign-in", "/sign-in/password", ("name", name), ("password", Password));
        Assert.Equal("/", answer.Headers.Location?.ToString());
        return client;
    }

    /// <summary>Posts a form as a page does: with the token that the page holds.</summary>
    public static async Task<HttpResponseMessage> PostAsync(HttpClient client, string page, string action, params (string Name, string Value)[] fields)
    {
        string token = Token(await client.GetStringAsync(page));
        Dictionary<string, string> form = fields.ToDictionary(f => f.Name, f => f.Value);
        form["__RequestVerificationToken"] = token;
        using var content = new FormUrlEncodedContent(form);
        return await client.PostAsync(action, content);
    }

    public static string Token(string page) => FormToken().Match(page).Groups[1].Value;

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        Folder.Dispose();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
