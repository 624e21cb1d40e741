using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Cairn.Web.Access;
using Cairn.Web.Cases;
using Cairn.Web.Components;
using Cairn.Web.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Cairn.Web;

/// <summary>Puts the application together, runs it, and says where it is.</summary>
public static class WebServer
{
    private const int LongestRequest = 1 << 20;
    private const int GuessesAMinute = 20;
    private const int RequestsInTenSeconds = 4_000;

    /// <summary>Cancels when the stream ends.</summary>
    public static async Task WatchAsync(Stream input, CancellationTokenSource stop)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(stop);
        byte[] some = new byte[64];
        try
        {
            while (await input.ReadAsync(some).ConfigureAwait(false) > 0)
            {
            }

            await stop.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The program ends anyway.
        }
    }

    /// <summary>Runs until it is told to stop; prints the address once it can be opened.</summary>
    public static async Task RunAsync(ServeSettings settings, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        WebApplication app = Build(settings);
        await using (app.ConfigureAwait(false))
        {
            await PrepareAsync(app).ConfigureAwait(false);
            await app.StartAsync(cancel).ConfigureAwait(false);
            await SayAsync(app, settings, output).ConfigureAwait(false);
            using CancellationTokenRegistration ending = cancel.Register(() => app.Lifetime.StopApplication());
            await app.WaitForShutdownAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Where the server listens, without a path; known once it has started.</summary>
    public static Uri AddressOf(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(address);
    }

    /// <summary>The application, not started.</summary>
    public static WebApplication Build(ServeSettings settings, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        MakePrivateFolder(settings.DataFolder);
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(WebServer).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory, EnvironmentName = "Production" });
        builder.Configuration.Sources.Clear();
        if (settings.SettingsFile is string file)
        {
            builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }

        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.WebHost.UseStaticWebAssets();
        Listen(builder, settings);
        AddServices(builder, settings, clock ?? TimeProvider.System);
        WebApplication app = builder.Build();
        Pipeline(app, settings);
        return app;
    }

    /// <summary>Makes the databases ready and looks at the cases, so that the first page comes at once.</summary>
    public static async Task PrepareAsync(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        using (IServiceScope scope = app.Services.CreateScope())
        {
            AccountsContext context = scope.ServiceProvider.GetRequiredService<AccountsContext>();
            await context.Database.EnsureCreatedAsync().ConfigureAwait(false);
            AccessList access = app.Services.GetRequiredService<AccessList>();
            await access.LoadAsync().ConfigureAwait(false);
            await app.Services.GetRequiredService<LocalPerson>().PrepareAsync(scope.ServiceProvider.GetRequiredService<UserManager<Account>>(), access).ConfigureAwait(false);
        }

        app.Services.GetRequiredService<SessionStore>().Watch();
        _ = app.Services.GetRequiredService<CaseShelf>().List();
    }

    private static async Task SayAsync(WebApplication app, ServeSettings settings, TextWriter output)
    {
        Uri listening = AddressOf(app);
        // Passkeys belong to a name; 127.0.0.1 is none.
        string host = settings.IsLoopback ? (settings.Accounts ? "localhost" : "127.0.0.1") : settings.Address.Host;
        string root = $"{listening.Scheme}://{host}:{listening.Port.ToString(CultureInfo.InvariantCulture)}";
        LocalLink link = app.Services.GetRequiredService<LocalLink>();
        if (app.Services.GetRequiredService<LocalPerson>().IsOn)
        {
            await output.WriteLineAsync($"Open {root}/enter?t={link.Make()}").ConfigureAwait(false);
            await output.WriteLineAsync("The link is good once, for you alone. Ctrl+C ends the server.").ConfigureAwait(false);
            // Who was away for long comes in again without starting anew.
            app.Services.GetRequiredService<SessionStore>().Ended += (_, _) => output.WriteLine($"The session has ended. To go on, open {root}/enter?t={link.Make()}");
        }
        else if (await app.Services.GetRequiredService<FirstAccount>().IsOpenAsync().ConfigureAwait(false))
        {
            await output.WriteLineAsync($"Make the first account at {root}/first-account?t={link.Make()}").ConfigureAwait(false);
        }
        else
        {
            await output.WriteLineAsync($"Open {root}/").ConfigureAwait(false);
        }
    }

    private static void Listen(WebApplicationBuilder builder, ServeSettings settings)
    {
        X509Certificate2? certificate = settings.Certificate is null ? null : Load(settings);
        string[] hosts = settings.IsLoopback
            ? ["localhost", "127.0.0.1", "[::1]"]
            : [.. new[] { settings.Address.Host }.Where(h => h is not ("0.0.0.0" or "[::]")).Concat(Names(certificate!)).Concat(builder.Configuration.GetSection("Hosts").Get<string[]>() ?? []).Distinct(StringComparer.OrdinalIgnoreCase)];
        // A name that somebody else's server gives to this address (DNS rebinding) is refused.
        builder.Services.Configure<HostFilteringOptions>(o =>
        {
            o.AllowedHosts = [.. hosts];
            o.AllowEmptyHosts = false;
            o.IncludeFailureMessage = false;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LongestRequest;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 << 10;
            kestrel.Limits.MaxConcurrentConnections = 1_000;
            void Use(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen)
            {
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            }

            string host = settings.Address.Host.Trim('[', ']');
            if (host == "localhost")
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, settings.Address.Port, Use);
            }
            else if (System.Net.IPAddress.TryParse(host, out System.Net.IPAddress? ip))
            {
                kestrel.Listen(ip, settings.Address.Port, Use);
            }
            else
            {
                kestrel.ListenAnyIP(settings.Address.Port, Use);
            }
        });
    }

    private static X509Certificate2 Load(ServeSettings settings)
    {
        try
        {
            return settings.CertificateKey is string key
                ? X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPemFile(settings.Certificate!, key).Export(X509ContentType.Pkcs12), null)
                : X509CertificateLoader.LoadPkcs12FromFile(settings.Certificate!, null);
        }
        catch (System.Security.Cryptography.CryptographicException problem)
        {
            throw new SettingsException($"the certificate {settings.Certificate} cannot be used: {problem.Message}");
        }
    }

    private static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(ip => ip.ToString())));

    private static void AddServices(WebApplicationBuilder builder, ServeSettings settings, TimeProvider clock)
    {
        IServiceCollection services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(clock);
        services.AddHostFiltering(_ => { });
        services.AddDbContextFactory<AccountsContext>(o => o.UseSqlite($"Data Source={Path.Combine(settings.DataFolder, "accounts.db")}"));
        services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(settings.DataFolder, "keys"))).SetApplicationName("Cairn.Web");
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AccessList>();
        services.AddSingleton<AccountLog>();
        services.AddSingleton<LocalLink>();
        services.AddSingleton<LocalPerson>();
        services.AddSingleton<FirstAccount>();
        services.AddSingleton<CaseShelf>();
        services.AddSingleton<CaseRecord>();
        services.AddSingleton<Gate>();
        services.AddHttpContextAccessor();
        services.AddIdentityCore<Account>(o =>
        {
            o.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
            o.Lockout.MaxFailedAccessAttempts = 5;
            o.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15);
            o.Lockout.AllowedForNewUsers = true;
            // Length is what counts (NIST SP 800-63B): no rules on which characters.
            o.Password = new PasswordOptions { RequiredLength = 15, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false, RequiredUniqueChars = 5 };
            o.User.RequireUniqueEmail = false;
        }).AddEntityFrameworkStores<AccountsContext>().AddSignInManager().AddDefaultTokenProviders().AddClaimsPrincipalFactory<AccountClaims>();
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 210_000);
        services.Configure<IdentityPasskeyOptions>(o =>
        {
            o.UserVerificationRequirement = "required";
            o.ResidentKeyRequirement = "required";
        });
        AddSignIn(builder, settings);
        services.AddAuthorization();
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = settings.Address.Scheme == "https" ? "__Host-cairn-form" : "cairn-form";
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Cookie.HttpOnly = true;
            o.Cookie.SecurePolicy = settings.Address.Scheme == "https" ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
            o.HeaderName = "X-Cairn-Form";
            o.SuppressXFrameOptionsHeader = true;
        });
        services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            o.AddPolicy(AccountEndpoints.Slow, context => RateLimitPartition.GetFixedWindowLimiter(context.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = GuessesAMinute, Window = TimeSpan.FromMinutes(1) }));
            o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetFixedWindowLimiter(context.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = RequestsInTenSeconds, Window = TimeSpan.FromSeconds(10) }));
        });
        services.AddHsts(o => o.MaxAge = TimeSpan.FromDays(365));
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, SessionState>();
        services.AddRazorComponents().AddInteractiveServerComponents(o =>
        {
            o.DisconnectedCircuitMaxRetained = 50;
            o.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(2);
            o.DetailedErrors = false;
        }).AddHubOptions(o => o.MaximumReceiveMessageSize = 64 << 10);
    }

    private static void AddSignIn(WebApplicationBuilder builder, ServeSettings settings)
    {
        AuthenticationBuilder authentication = builder.Services.AddAuthentication(IdentityConstants.ApplicationScheme);
        authentication.AddIdentityCookies();
        builder.Services.AddOptions<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<SessionStore>((o, sessions) =>
        {
            bool isHttps = settings.Address.Scheme == "https";
            o.Cookie.Name = isHttps ? "__Host-cairn" : "cairn";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Cookie.SecurePolicy = isHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
            o.Cookie.IsEssential = true;
            o.ExpireTimeSpan = SessionStore.Longest;
            o.SlidingExpiration = false;
            o.SessionStore = sessions;
            o.LoginPath = "/sign-in";
            o.AccessDeniedPath = "/sign-in";
            // On each request, and not now and then: a changed password, a closed account or a revoked session counts at once.
            o.Events.OnValidatePrincipal = async context =>
            {
                SignInManager<Account> signIn = context.HttpContext.RequestServices.GetRequiredService<SignInManager<Account>>();
                if (await signIn.ValidateSecurityStampAsync(context.Principal).ConfigureAwait(false) is not Account { IsClosed: false })
                {
                    context.RejectPrincipal();
                    await signIn.SignOutAsync().ConfigureAwait(false);
                }
            };
            o.Events.OnRedirectToLogin = context => Answer(context.Response, StatusCodes.Status401Unauthorized);
            o.Events.OnRedirectToAccessDenied = context => Answer(context.Response, StatusCodes.Status403Forbidden);
        });
        foreach (string scheme in new[] { IdentityConstants.ExternalScheme, IdentityConstants.TwoFactorUserIdScheme, IdentityConstants.TwoFactorRememberMeScheme })
        {
            builder.Services.Configure<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions>(scheme, o => o.Cookie.SameSite = SameSiteMode.Strict);
        }

        if (builder.Configuration.GetSection("OpenIdConnect") is { } section && section.Exists())
        {
            OrganisationSignIn.Add(authentication, section);
        }

        static Task Answer(HttpResponse response, int status)
        {
            response.StatusCode = status;
            return Task.CompletedTask;
        }
    }

    private static void Pipeline(WebApplication app, ServeSettings settings)
    {
        app.UseHostFiltering();
        app.UseSecurityHeaders();
        if (settings.Address.Scheme == "https")
        {
            app.UseHsts();
        }

        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = context => context.Response.WriteAsync("Cairn could not do that. What was asked and why it failed is in the log of the server."), AllowStatusCode404Response = true });
        app.UseStatusCodePages(context => RefusalPage.WriteAsync(context.HttpContext.Response));
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        Gate gate = app.Services.GetRequiredService<Gate>();
        app.Use(next => context => gate.PassAsync(context, next));
        app.UseAntiforgery();
        app.MapStaticAssets().WithMetadata(new ApplicationFile());
        AccountEndpoints.Map(app);
        PictureEndpoints.Map(app);
        ReportEndpoint.Map(app);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null);
    }

    private static void MakePrivateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
