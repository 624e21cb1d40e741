using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace Cairn.Web.Access;

/// <summary>
/// The organisation's OpenID Connect, by settings: Authority, ClientId, ClientSecretFile, NameClaim (preferred_username). It says who somebody
/// is; whether they have an account here, and what they may, is decided here. An account is bound to the first subject that comes with its name.
/// </summary>
internal static class OrganisationSignIn
{
    public static void Add(AuthenticationBuilder authentication, IConfigurationSection section)
    {
        string authority = section["Authority"] ?? throw new SettingsException("OpenIdConnect: Authority is missing in the settings");
        string client = section["ClientId"] ?? throw new SettingsException("OpenIdConnect: ClientId is missing in the settings");
        string nameClaim = section["NameClaim"] ?? "preferred_username";
        string? secret = section["ClientSecretFile"] is string file ? File.ReadLines(file).FirstOrDefault() : null;
        authentication.AddOpenIdConnect(AccountEndpoints.Organisation, section["Title"] ?? "the organisation", o =>
        {
            o.Authority = authority;
            o.ClientId = client;
            o.ClientSecret = secret;
            o.ResponseType = "code";
            o.ResponseMode = "query";
            o.UsePkce = true;
            o.MapInboundClaims = false;
            o.SaveTokens = false;
            o.SignInScheme = IdentityConstants.ApplicationScheme;
            o.CallbackPath = "/sign-in/organisation/back";
            o.CorrelationCookie.SameSite = SameSiteMode.Lax;
            o.NonceCookie.SameSite = SameSiteMode.Lax;
            o.Events.OnRemoteFailure = context =>
            {
                context.Response.Redirect("/sign-in?said=organisation");
                context.HandleResponse();
                return Task.CompletedTask;
            };
            o.Events.OnTokenValidated = async context =>
            {
                IServiceProvider services = context.HttpContext.RequestServices;
                UserManager<Account> people = services.GetRequiredService<UserManager<Account>>();
                AccountLog log = services.GetRequiredService<AccountLog>();
                string subject = context.Principal?.FindFirstValue("sub") ?? "", issuer = context.SecurityToken.Issuer;
                string name = context.Principal?.FindFirstValue(nameClaim) ?? "";
                Account? account = subject.Length == 0 ? null : await people.FindByLoginAsync(issuer, subject).ConfigureAwait(false);
                if (account is null && name.Length > 0 && await people.FindByNameAsync(name).ConfigureAwait(false) is Account named
                    && !(await people.GetLoginsAsync(named).ConfigureAwait(false)).Any(l => l.LoginProvider == issuer))
                {
                    await people.AddLoginAsync(named, new UserLoginInfo(issuer, subject, issuer)).ConfigureAwait(false);
                    account = named;
                }

                if (account is null || account.IsLocal || account.IsClosed || await people.IsLockedOutAsync(account).ConfigureAwait(false))
                {
                    await log.AddAsync(account?.Id ?? "", "refused", "the organisation's sign-in: no account").ConfigureAwait(false);
                    context.Fail("there is no account for this person");
                    return;
                }

                context.Principal = await services.GetRequiredService<SignInManager<Account>>().CreateUserPrincipalAsync(account).ConfigureAwait(false);
                await log.AddAsync(account.Id, "signed in", "the organisation's sign-in").ConfigureAwait(false);
            };
        });
    }
}
