using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;

namespace Cairn.Web.Access;

/// <summary>Signing in and out, the first account, one's own password and passkeys. Pages post to these and are led on by a redirect.</summary>
internal static class AccountEndpoints
{
    /// <summary>Name of the policy that slows down guessing.</summary>
    public const string Slow = "credentials";

    /// <summary>Name of the organisation's sign-in.</summary>
    public const string Organisation = "organisation";

    private const int LongestWord = 256;

    // So that an unknown name takes as long as a wrong password.
    private static readonly Account Nobody = new();
    private static readonly string NobodysHash = new PasswordHasher<Account>().HashPassword(Nobody, Guid.NewGuid().ToString());

    public static void Map(WebApplication app)
    {
        app.MapGet("/enter", EnterAsync);
        app.MapPost("/sign-in/password", PasswordAsync).RequireRateLimiting(Slow);
        app.MapPost("/sign-in/passkey/options", PasskeyOptionsAsync).RequireRateLimiting(Slow);
        app.MapPost("/sign-in/passkey", PasskeyAsync).RequireRateLimiting(Slow);
        app.MapPost("/sign-in/organisation", OrganisationAsync).RequireRateLimiting(Slow);
        app.MapPost("/first-account/make", FirstAsync).RequireRateLimiting(Slow);
        app.MapPost("/sign-out", SignOutAsync);
        app.MapPost("/session/alive", async (HttpContext context, [FromServices] IAntiforgery antiforgery) =>
            await antiforgery.IsRequestValidAsync(context).ConfigureAwait(false) ? Results.NoContent() : Results.BadRequest());
        app.MapPost("/me/password", ChangePasswordAsync).RequireRateLimiting(Slow);
        app.MapPost("/me/passkey/options", NewPasskeyOptionsAsync);
        app.MapPost("/me/passkey/add", AddPasskeyAsync);
        app.MapPost("/me/passkey/remove", RemovePasskeyAsync);
    }

    /// <summary>The link that was printed at the start: a session of the person at this machine.</summary>
    private static async Task<IResult> EnterAsync(HttpContext context, [FromQuery] string? t, [FromServices] LocalLink link, [FromServices] SignInManager<Account> signIn,
        [FromServices] LocalPerson local, [FromServices] AccountLog log)
    {
        if (context.User.Identity?.IsAuthenticated == true)
        {
            return Results.LocalRedirect("/");
        }

        if (!local.IsOn || !link.Take(t) || await local.AccountAsync(signIn.UserManager).ConfigureAwait(false) is not Account account)
        {
            await log.AddAsync("", "refused", "the local link: not the one that was printed, or used before").ConfigureAwait(false);
            return Results.LocalRedirect("/sign-in?said=link");
        }

        await signIn.SignInAsync(account, isPersistent: false, "link").ConfigureAwait(false);
        await log.AddAsync(account.Id, "signed in", "local link").ConfigureAwait(false);
        return Results.LocalRedirect("/");
    }

    private static async Task<IResult> PasswordAsync(HttpContext context, [FromForm] string? name, [FromForm] string? password, [FromServices] SignInManager<Account> signIn, [FromServices] AccountLog log)
    {
        if (await WasSignedInAsync(context, signIn).ConfigureAwait(false))
        {
            return Results.LocalRedirect("/sign-in?said=again");
        }

        Account? account = name is null or { Length: > LongestWord } ? null : await signIn.UserManager.FindByNameAsync(name.Trim()).ConfigureAwait(false);
        if (account is null || account.IsLocal || account.IsClosed || account.PasswordHash is null || password is null or { Length: > LongestWord })
        {
            _ = new PasswordHasher<Account>().VerifyHashedPassword(Nobody, NobodysHash, password is { Length: <= LongestWord } ? password : "");
            await log.AddAsync(account?.Id ?? "", "refused", "sign-in with a password").ConfigureAwait(false);
            return Results.LocalRedirect("/sign-in?said=wrong");
        }

        Microsoft.AspNetCore.Identity.SignInResult result = await signIn.PasswordSignInAsync(account, password, isPersistent: false, lockoutOnFailure: true).ConfigureAwait(false);
        await log.AddAsync(account.Id, result.Succeeded ? "signed in" : "refused", result.IsLockedOut ? "password: locked out" : "password").ConfigureAwait(false);
        // Locked out and wrong look alike to whoever guesses.
        return result.Succeeded ? Results.LocalRedirect("/") : Results.LocalRedirect("/sign-in?said=wrong");
    }

    private static async Task<IResult> PasskeyOptionsAsync(HttpContext context, [FromServices] SignInManager<Account> signIn, [FromServices] IAntiforgery antiforgery) =>
        await antiforgery.IsRequestValidAsync(context).ConfigureAwait(false)
            ? Results.Content(await signIn.MakePasskeyRequestOptionsAsync(null).ConfigureAwait(false), "application/json")
            : Results.BadRequest();

    private static async Task<IResult> PasskeyAsync(HttpContext context, [FromForm] string? credential, [FromServices] SignInManager<Account> signIn, [FromServices] AccountLog log)
    {
        if (await WasSignedInAsync(context, signIn).ConfigureAwait(false) || credential is null)
        {
            return Results.LocalRedirect("/sign-in?said=again");
        }

        PasskeyAssertionResult<Account> said = await signIn.PerformPasskeyAssertionAsync(credential).ConfigureAwait(false);
        if (!said.Succeeded || said.User.IsClosed || said.User.IsLocal || await signIn.UserManager.IsLockedOutAsync(said.User).ConfigureAwait(false))
        {
            await log.AddAsync(said.User?.Id ?? "", "refused", "sign-in with a passkey").ConfigureAwait(false);
            return Results.LocalRedirect("/sign-in?said=passkey");
        }

        await signIn.UserManager.AddOrUpdatePasskeyAsync(said.User, said.Passkey).ConfigureAwait(false);
        await signIn.SignInAsync(said.User, isPersistent: false, "passkey").ConfigureAwait(false);
        await log.AddAsync(said.User.Id, "signed in", "passkey").ConfigureAwait(false);
        return Results.LocalRedirect("/");
    }

    private static async Task<IResult> OrganisationAsync(HttpContext context, [FromServices] IAuthenticationSchemeProvider schemes, [FromServices] SignInManager<Account> signIn, [FromForm] string? go)
    {
        _ = go;
        if (await WasSignedInAsync(context, signIn).ConfigureAwait(false))
        {
            return Results.LocalRedirect("/sign-in?said=again");
        }

        return await schemes.GetSchemeAsync(Organisation).ConfigureAwait(false) is null
            ? Results.NotFound()
            : Results.Challenge(new AuthenticationProperties { RedirectUri = "/welcome" }, [Organisation]);
    }

    private static async Task<IResult> FirstAsync([FromForm] string? t, [FromForm] string? name, [FromForm] string? display, [FromForm] string? password, [FromServices] LocalLink link,
        [FromServices] FirstAccount first, [FromServices] SignInManager<Account> signIn, [FromServices] AccessList access, [FromServices] AccountLog log)
    {
        if (!link.Is(t) || !await first.IsOpenAsync().ConfigureAwait(false))
        {
            await log.AddAsync("", "refused", "the first account: wrong link, or there is one already").ConfigureAwait(false);
            return Results.LocalRedirect("/sign-in?said=link");
        }

        var account = new Account { UserName = name?.Trim(), DisplayName = display is { Length: > 0 and <= LongestWord } ? display.Trim() : name?.Trim() ?? "" };
        IdentityResult made = password is null or { Length: > LongestWord } ? IdentityResult.Failed() : await signIn.UserManager.CreateAsync(account, password).ConfigureAwait(false);
        if (!made.Succeeded)
        {
            return Results.LocalRedirect($"/first-account?t={Uri.EscapeDataString(t!)}&said={(made.Errors.Any(e => e.Code.StartsWith("Password", StringComparison.Ordinal)) ? "password" : "name")}");
        }

        _ = link.Take(t);
        await access.SetAsync(account.Id, Membership.EveryCase, Role.Administrator, given: true).ConfigureAwait(false);
        await signIn.SignInAsync(account, isPersistent: false, "password").ConfigureAwait(false);
        await log.AddAsync(account.Id, "first account made", account.UserName ?? "").ConfigureAwait(false);
        return Results.LocalRedirect("/accounts");
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, [FromForm] string? all, [FromServices] SignInManager<Account> signIn, [FromServices] SessionStore sessions, [FromServices] AccountLog log)
    {
        string id = AccessList.Id(context.User) ?? "";
        await signIn.SignOutAsync().ConfigureAwait(false);
        if (all == "all")
        {
            sessions.EndAll(id);
        }

        await log.AddAsync(id, "signed out", all == "all" ? "everywhere" : "").ConfigureAwait(false);
        // What this browser still holds of the session goes too.
        context.Response.Headers["Clear-Site-Data"] = "\"cache\", \"storage\"";
        return Results.LocalRedirect("/signed-out");
    }

    private static async Task<IResult> ChangePasswordAsync(HttpContext context, [FromForm] string? old, [FromForm] string? password, [FromServices] SignInManager<Account> signIn,
        [FromServices] SessionStore sessions, [FromServices] AccountLog log)
    {
        Account? account = await signIn.UserManager.GetUserAsync(context.User).ConfigureAwait(false);
        if (account?.PasswordHash is null || old is null or { Length: > LongestWord } || password is null or { Length: > LongestWord } || await signIn.UserManager.IsLockedOutAsync(account).ConfigureAwait(false))
        {
            return Results.LocalRedirect("/me?said=wrong");
        }

        IdentityResult changed = await signIn.UserManager.ChangePasswordAsync(account, old, password).ConfigureAwait(false);
        if (!changed.Succeeded)
        {
            bool isWrong = changed.Errors.Any(e => e.Code == "PasswordMismatch");
            if (isWrong)
            {
                await signIn.UserManager.AccessFailedAsync(account).ConfigureAwait(false);
            }

            await log.AddAsync(account.Id, "refused", "change of password").ConfigureAwait(false);
            return Results.LocalRedirect(isWrong ? "/me?said=wrong" : "/me?said=weak");
        }

        sessions.EndAll(account.Id, butNotOf: context.User);
        await signIn.RefreshSignInAsync(account).ConfigureAwait(false);
        await log.AddAsync(account.Id, "password changed").ConfigureAwait(false);
        return Results.LocalRedirect("/me?said=changed");
    }

    private static async Task<IResult> NewPasskeyOptionsAsync(HttpContext context, [FromServices] SignInManager<Account> signIn, [FromServices] IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context).ConfigureAwait(false) || await signIn.UserManager.GetUserAsync(context.User).ConfigureAwait(false) is not Account { IsLocal: false } account)
        {
            return Results.BadRequest();
        }

        string options = await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity { Id = account.Id, Name = account.UserName ?? "", DisplayName = account.DisplayName }).ConfigureAwait(false);
        return Results.Content(options, "application/json");
    }

    private static async Task<IResult> AddPasskeyAsync(HttpContext context, [FromForm] string? credential, [FromForm] string? label, [FromServices] SignInManager<Account> signIn, [FromServices] AccountLog log)
    {
        if (credential is null || await signIn.UserManager.GetUserAsync(context.User).ConfigureAwait(false) is not Account { IsLocal: false } account)
        {
            return Results.LocalRedirect("/me?said=passkey");
        }

        PasskeyAttestationResult made = await signIn.PerformPasskeyAttestationAsync(credential).ConfigureAwait(false);
        if (!made.Succeeded)
        {
            return Results.LocalRedirect("/me?said=passkey");
        }

        made.Passkey.Name = label is { Length: > 0 and <= 60 } ? label : "passkey";
        IdentityResult stored = await signIn.UserManager.AddOrUpdatePasskeyAsync(account, made.Passkey).ConfigureAwait(false);
        await log.AddAsync(account.Id, "passkey added", made.Passkey.Name).ConfigureAwait(false);
        return Results.LocalRedirect(stored.Succeeded ? "/me?said=added" : "/me?said=passkey");
    }

    private static async Task<IResult> RemovePasskeyAsync(HttpContext context, [FromForm] string? id, [FromServices] SignInManager<Account> signIn, [FromServices] AccountLog log)
    {
        byte[] credential = new byte[1_024];
        if (id is null || !Convert.TryFromBase64String(id, credential, out int length) || await signIn.UserManager.GetUserAsync(context.User).ConfigureAwait(false) is not Account account)
        {
            return Results.LocalRedirect("/me?said=passkey");
        }

        await signIn.UserManager.RemovePasskeyAsync(account, credential[..length]).ConfigureAwait(false);
        await log.AddAsync(account.Id, "passkey removed").ConfigureAwait(false);
        return Results.LocalRedirect("/me?said=removed");
    }

    /// <summary>
    /// Who is signed in cannot sign in over it: that session ends first, so that one planted by somebody else never becomes another person's.
    /// </summary>
    private static async Task<bool> WasSignedInAsync(HttpContext context, SignInManager<Account> signIn)
    {
        if (context.User.Identity?.IsAuthenticated != true)
        {
            return false;
        }

        await signIn.SignOutAsync().ConfigureAwait(false);
        return true;
    }
}

/// <summary>The person at this machine, where no accounts are asked for.</summary>
public sealed class LocalPerson(ServeSettings settings)
{
    private const string Name = "local";

    /// <summary>Whether there is one.</summary>
    public bool IsOn => !settings.Accounts;

    /// <summary>Their account: it has no password and every role.</summary>
    public async Task<Account?> AccountAsync(UserManager<Account> people)
    {
        ArgumentNullException.ThrowIfNull(people);
        return await people.FindByNameAsync(Name).ConfigureAwait(false);
    }

    /// <summary>Makes it where it is missing.</summary>
    public async Task PrepareAsync(UserManager<Account> people, AccessList access)
    {
        ArgumentNullException.ThrowIfNull(people);
        ArgumentNullException.ThrowIfNull(access);
        Account? account = await AccountAsync(people).ConfigureAwait(false);
        if (account is null)
        {
            account = new Account { UserName = Name, DisplayName = Environment.UserName, IsLocal = true };
            IdentityResult made = await people.CreateAsync(account).ConfigureAwait(false);
            if (!made.Succeeded)
            {
                throw new SettingsException("the account of this machine's user could not be made: " + string.Join("; ", made.Errors.Select(e => e.Description)));
            }
        }

        foreach (Role role in Enum.GetValues<Role>())
        {
            if (access.All.Any(m => m.AccountId == account.Id && m.CaseKey == Membership.EveryCase && m.Role == role) != IsOn)
            {
                await access.SetAsync(account.Id, Membership.EveryCase, role, IsOn).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Whether the first account is still to be made.</summary>
public sealed class FirstAccount(IServiceScopeFactory scopes)
{
    /// <summary>There is no account but the local one.</summary>
    public async Task<bool> IsOpenAsync()
    {
        using IServiceScope scope = scopes.CreateScope();
        UserManager<Account> people = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        return !people.Users.Any(a => !a.IsLocal);
    }
}

/// <summary>Adds the display name to what a session knows of a person.</summary>
internal sealed class AccountClaims(UserManager<Account> people, Microsoft.Extensions.Options.IOptions<IdentityOptions> options) : UserClaimsPrincipalFactory<Account>(people, options)
{
    public const string DisplayName = "cairn:name";

    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(Account user)
    {
        ClaimsIdentity identity = await base.GenerateClaimsAsync(user).ConfigureAwait(false);
        identity.AddClaim(new Claim(DisplayName, user.DisplayName));
        return identity;
    }
}
