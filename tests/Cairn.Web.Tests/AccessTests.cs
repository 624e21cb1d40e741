using System.Net;
using Cairn.CaseStore.Review;
using Cairn.Web.Access;
using Cairn.Web.Cases;
using Cairn.Web.Security;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Web.Tests;

public sealed class AccessTests
{
    [Fact]
    public async Task Every_endpoint_is_in_the_table_or_is_a_file_of_the_application_or_the_socket_of_pages()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        EndpointDataSource endpoints = server.App.Services.GetRequiredService<EndpointDataSource>();
        List<string> seen = [];
        foreach (RouteEndpoint endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<ApplicationFile>() is not null || endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("_blazor", StringComparison.Ordinal))
            {
                continue;
            }

            Address? address = Gate.AddressOf(endpoint);
            // What the framework adds by itself and nothing here uses stays refused.
            Assert.True(address is not null || endpoint.RoutePattern.RawText.Contains("_framework", StringComparison.Ordinal) || endpoint.RoutePattern.RawText == "{**path:file}", endpoint.RoutePattern.RawText);
            if (address is not null)
            {
                seen.Add(address.Pattern);
            }
        }

        Assert.Equal(AccessTable.Addresses.Select(a => a.Pattern).Order(StringComparer.Ordinal), seen.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_role_comes_to_what_the_table_says_and_to_nothing_else()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        long picture = PageTests.PictureId(server);
        List<string> wrong = [];
        foreach (Role role in Enum.GetValues<Role>())
        {
            await server.AccountAsync(role.ToString(), role);
            using HttpClient client = await server.SignedInAsync(role.ToString());
            foreach (Address address in AccessTable.Addresses.Where(a => a.Need is Need.Case or Need.Unit && a.Methods == "GET"))
            {
                string path = Fill(address.Pattern, server.Key, picture);
                using HttpResponseMessage answer = await client.GetAsync(path);
                bool may = AccessTable.Roles[role].Contains(address.Permission);
                if (answer.StatusCode != (may ? HttpStatusCode.OK : HttpStatusCode.Forbidden))
                {
                    wrong.Add($"{role} {path}: {answer.StatusCode}, should be {(may ? "let in" : "refused")}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Nobody_comes_in_without_signing_in()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpClient client = server.Client();
        foreach (Address address in AccessTable.Addresses.Where(a => a.Need != Need.Nobody))
        {
            string path = Fill(address.Pattern, server.Key, 46);
            using HttpResponseMessage answer = address.Methods == "GET" ? await client.GetAsync(path) : await client.PostAsync(path, null);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized || answer.Headers.Location?.ToString() == "/sign-in", $"{path}: {answer.StatusCode}");
        }

        using HttpResponseMessage socket = await client.PostAsync("/_blazor/negotiate?negotiateVersion=1", null);
        Assert.Equal(HttpStatusCode.Unauthorized, socket.StatusCode);
    }

    [Fact]
    public async Task Another_case_is_as_if_it_were_not_there_and_that_it_was_asked_for_is_recorded()
    {
        await using RunningServer server = await RunningServer.StartAsync(moreCases: folder =>
        {
            // A case of its own: the same evidence, examined anew, has another identity.
            using var settings = new TestKit.TempFolder();
            SampleCase.Examine(settings.Write("evidence/a.txt", "hello"u8)[..^6], Path.Combine(folder, "two"), settings);
        });
        string other = server.App.Services.GetRequiredService<CaseShelf>().List().Cases.First(c => c.Title == "two").Key;
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient ann = await server.SignedInAsync("ann");
        using HttpResponseMessage hidden = await ann.GetAsync($"/case/{other}/files");
        using HttpResponseMessage absent = await ann.GetAsync($"/case/{new string('0', 32)}/files");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        Assert.Equal(await absent.Content.ReadAsStringAsync(), await hidden.Content.ReadAsStringAsync());
        Assert.DoesNotContain("two", await ann.GetStringAsync("/"), StringComparison.Ordinal);
        using AuditReader log = AuditReader.Open(server.Folder.File("cases/two"))!;
        Assert.Contains(log.Page(new AuditFilter { Kind = ActKind.Refusal }, null, 10), e => e.Name == "ann");
    }

    [Fact]
    public async Task A_role_that_is_taken_away_is_gone_with_the_next_request()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Account ann = await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = await server.SignedInAsync("ann");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/case/{server.Key}/files")).StatusCode);
        await server.Access.SetAsync(ann.Id, server.Key, Role.Examiner, given: false);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/case/{server.Key}/files")).StatusCode);
    }

    [Fact]
    public async Task Pictures_come_encoded_anew_and_what_was_looked_at_is_recorded()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        long picture = PageTests.PictureId(server);
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient ann = await server.SignedInAsync("ann");
        foreach (string path in new[] { $"veil/{picture}/0", $"clear/{picture}/0", $"picture/{picture}/512" })
        {
            using HttpResponseMessage answer = await ann.GetAsync($"/case/{server.Key}/{path}");
            byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
            // The evidence holds PNG and BMP files; a JPEG was made by the worker.
            Assert.Equal("image/jpeg", answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal([0xFF, 0xD8, 0xFF], bytes[..3]);
            Assert.Contains("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }

        using AuditReader log = AuditReader.Open(server.Folder.File("cases/one"))!;
        Assert.Equal(2, log.Page(new AuditFilter { Kind = ActKind.Open }, null, 10).Count);
    }

    [Fact]
    public async Task A_report_is_a_file_to_keep_and_that_it_was_made_is_recorded_with_its_hash()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.CaseOfficer);
        await server.AccountAsync("bob", Role.Grader);
        using HttpClient ann = await server.SignedInAsync("ann");
        using HttpResponseMessage answer = await RunningServer.PostAsync(ann, $"/case/{server.Key}/report", $"/case/{server.Key}/report/make", ("kind", "pdf"), ("length", "short"));
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal("%PDF"u8.ToArray(), bytes[..4]);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        using AuditReader log = AuditReader.Open(server.Folder.File("cases/one"))!;
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        Assert.Contains(log.Page(new AuditFilter { Kind = ActKind.Export }, null, 10), e => e.Name == "ann" && e.Detail.Contains(hash, StringComparison.Ordinal));
        using HttpClient bob = await server.SignedInAsync("bob");
        using HttpResponseMessage refused = await RunningServer.PostAsync(bob, "/", $"/case/{server.Key}/report/make", ("kind", "pdf"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Theory]
    [InlineData("/case/../../../etc/passwd")]
    [InlineData("/case/%2e%2e%2f%2e%2e%2fetc/files")]
    [InlineData("/app.css/../../accounts.db")]
    [InlineData("/..%2f..%2faccounts.db")]
    public async Task No_path_leads_out_of_the_application(string path)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient ann = await server.SignedInAsync("ann");
        using HttpResponseMessage answer = await ann.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Every_answer_has_the_headers()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient ann = await server.SignedInAsync("ann");
        HashSet<string> nonces = [];
        foreach (string path in new[] { "/", "/sign-in", "/me", $"/case/{server.Key}/files", "/nothing", "/app.css", "/accounts" })
        {
            using HttpResponseMessage answer = await ann.GetAsync(path);
            string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("object-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
            Assert.True(nonces.Add(policy), "the nonce of an answer is its own");
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
            Assert.False(answer.Headers.Contains("Server"));
            if (path != "/app.css")
            {
                Assert.True(answer.Headers.CacheControl?.NoStore, path);
            }
        }
    }

    [Fact]
    public async Task The_cookie_of_a_session_is_not_for_scripts_nor_for_other_sites_and_holds_nothing()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient client = server.Client();
        using HttpResponseMessage answer = await RunningServer.PostAsync(client, "/sign-in", "/sign-in/password", ("name", "ann"), ("password", RunningServer.Password));
        string cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("cairn=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task What_another_site_causes_is_refused(string header, string value)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.AccountAsync("ann", Role.Examiner);
        using HttpClient ann = await server.SignedInAsync("ann");
        using HttpRequestMessage request = new(HttpMethod.Get, $"/case/{server.Key}/clear/46/0");
        _ = request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage answer = await ann.SendAsync(request);
        Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.BadRequest, $"{answer.StatusCode}");
    }

    [Theory]
    [InlineData("--urls", "http://0.0.0.0:5000")]
    [InlineData("--urls", "https://0.0.0.0:5000")]
    [InlineData("--urls", "http://cairn.example:80")]
    [InlineData("--urls", "ftp://127.0.0.1")]
    public void Other_addresses_than_this_machine_ask_for_tls(string name, string value)
    {
        using var folder = new TestKit.TempFolder();
        Assert.Throws<SettingsException>(() => ServeSettings.Parse(["--cases", folder.Path, name, value]));
    }

    [Fact]
    public void Accounts_are_never_kept_within_a_case()
    {
        using var folder = new TestKit.TempFolder();
        Assert.Throws<SettingsException>(() => ServeSettings.Parse(["--cases", folder.Path, "--data", folder.File("accounts")]));
    }

    private static string Fill(string pattern, string key, long id) => pattern.Replace("{key}", key, StringComparison.Ordinal).Replace("{id:long}", $"{id}", StringComparison.Ordinal)
        .Replace("{frame:int}", "0", StringComparison.Ordinal).Replace("{side:int}", "256", StringComparison.Ordinal);
}
