using System.Security.Cryptography;

namespace Cairn.Web.Security;

/// <summary>What every answer says to the browser, and what is refused before anything else looks at a request.</summary>
public static class SecurityHeaders
{
    private const string NonceItem = "cairn:nonce";

    /// <summary>The nonce of this answer's own scripts and styles.</summary>
    public static string Nonce(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (string)context.Items[NonceItem]!;
    }

    /// <summary>Adds the headers and refuses requests that another site has caused.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app)
    {
        app.Use(async (context, next) =>
        {
            string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
            context.Items[NonceItem] = nonce;
            IHeaderDictionary headers = context.Response.Headers;
            // Only ours, from here: no other site is asked for anything, nothing frames us, no script but those of the application runs.
            headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'none'; img-src 'self'; font-src 'self'; connect-src 'self'; "
                + "form-action 'self'; base-uri 'self'; object-src 'none'; frame-src 'none'; worker-src 'none'; media-src 'none'; manifest-src 'none'; frame-ancestors 'none'";
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Cross-Origin-Embedder-Policy"] = "require-corp";
            headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), payment=(), autoplay=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";
            headers["Origin-Agent-Cluster"] = "?1";
            headers["X-DNS-Prefetch-Control"] = "off";
            headers["X-Robots-Tag"] = "noindex, nofollow";
            context.Response.OnStarting(() =>
            {
                // Files of the application may be kept; whatever a person sees of a case may not.
                bool isFile = context.GetEndpoint()?.Metadata.GetMetadata<ApplicationFile>() is not null;
                if (!isFile)
                {
                    context.Response.Headers.CacheControl = "no-store";
                }

                return Task.CompletedTask;
            });

            if (IsFromElsewhere(context.Request))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }

            await next(context).ConfigureAwait(false);
        });
    }

    /// <summary>
    /// A browser says which site caused a request. Following a link to a page is allowed (the session's cookie is not sent along);
    /// anything else from another site, a socket too, is not.
    /// </summary>
    private static bool IsFromElsewhere(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        // Where no referrer is sent, a form's origin is "null" too: then the browser's own word on the site decides.
        bool isOurs = origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}" || (origin == "null" && site is "same-origin");
        if (!isOurs)
        {
            return true;
        }

        if (site is "" or "same-origin" or "none")
        {
            return false;
        }

        bool isNavigation = request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document" && HttpMethods.IsGet(request.Method);
        return !isNavigation;
    }
}

/// <summary>Marks an endpoint that gives a file of the application itself.</summary>
public sealed class ApplicationFile;
