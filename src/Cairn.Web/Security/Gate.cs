using System.Security.Claims;
using Cairn.Web.Access;
using Cairn.Web.Cases;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Cairn.Web.Security;

/// <summary>Asks, before any endpoint is run, whether this person may; what is not in the table is refused.</summary>
public sealed class Gate(SessionStore sessions, AccessList access, CaseShelf shelf, CaseRecord record, AccountLog log)
{
    private static readonly Dictionary<string, Address> ByPattern = AccessTable.Addresses.ToDictionary(a => a.Pattern, StringComparer.Ordinal);

    /// <summary>The row of the table for an endpoint; null where there is none.</summary>
    public static Address? AddressOf(Endpoint? endpoint) =>
        endpoint is RouteEndpoint { RoutePattern: RoutePattern pattern } && ByPattern.TryGetValue("/" + pattern.RawText?.TrimStart('/'), out Address? address) ? address : null;

    /// <summary>Lets a request through or answers it with a refusal.</summary>
    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        Endpoint? endpoint = context.GetEndpoint();
        if (endpoint is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        bool isSignedIn = context.User.Identity?.IsAuthenticated == true && sessions.IsLive(context.User);
        if (endpoint.Metadata.GetMetadata<ApplicationFile>() is not null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        // The sockets of pages: what a page does is asked for again within it.
        if (endpoint is RouteEndpoint { RoutePattern.RawText: string raw } && raw.TrimStart('/').StartsWith("_blazor", StringComparison.Ordinal))
        {
            await (isSignedIn ? next(context) : Refuse(context, StatusCodes.Status401Unauthorized)).ConfigureAwait(false);
            return;
        }

        Address? address = AddressOf(endpoint);
        if (address is null || !Takes(address, context.Request.Method))
        {
            await Refuse(context, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }

        if (address.Need == Need.Nobody)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        if (!isSignedIn)
        {
            if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers["Sec-Fetch-Dest"].ToString() is "" or "document" or "empty")
            {
                context.Response.Redirect("/sign-in", permanent: false);
                return;
            }

            await Refuse(context, StatusCodes.Status401Unauthorized).ConfigureAwait(false);
            return;
        }

        switch (address.Need)
        {
            case Need.Unit when !access.AllowsUnit(context.User, address.Permission):
                await log.AddAsync(AccessList.Id(context.User) ?? "", "refused", $"{context.Request.Method} {address.Pattern}: {address.Permission}").ConfigureAwait(false);
                await Refuse(context, StatusCodes.Status403Forbidden).ConfigureAwait(false);
                return;
            case Need.Case:
                string key = context.Request.RouteValues["key"] as string ?? "";
                OpenCase? open = shelf.Find(key);
                // A case that one does not belong to and one that is not there look alike.
                if (open is null || !access.RolesIn(context.User, key).Any())
                {
                    if (open is not null)
                    {
                        record.Refused(open, context.User, address.Permission, $"{context.Request.Method} {address.Pattern}: not of this case");
                    }

                    await Refuse(context, StatusCodes.Status404NotFound).ConfigureAwait(false);
                    return;
                }

                if (!access.Allows(context.User, key, address.Permission))
                {
                    record.Refused(open, context.User, address.Permission, $"{context.Request.Method} {address.Pattern}");
                    await Refuse(context, StatusCodes.Status403Forbidden).ConfigureAwait(false);
                    return;
                }

                context.Items[typeof(OpenCase)] = open;
                break;
            default:
                break;
        }

        await next(context).ConfigureAwait(false);
    }

    /// <summary>Within a page: the case, where the session goes on and the person may do this; throws otherwise, and the refusal is recorded.</summary>
    /// <exception cref="RefusedException">The person may not.</exception>
    /// <param name="person">Who.</param>
    /// <param name="key">The case.</param>
    /// <param name="permission">What is needed.</param>
    /// <param name="isAct">The person did something, so the session goes on; a page that brings itself up to date does not keep it alive.</param>
    public OpenCase Enter(ClaimsPrincipal person, string key, Permission permission, bool isAct = true)
    {
        ArgumentNullException.ThrowIfNull(person);
        if (!sessions.IsLive(person))
        {
            throw new RefusedException("The session has ended.");
        }

        if (shelf.Find(key) is not OpenCase open || !access.RolesIn(person, key).Any())
        {
            throw new RefusedException("There is no such case.");
        }

        if (!access.Allows(person, key, permission))
        {
            record.Refused(open, person, permission, "within a page");
            throw new RefusedException("Your role in this case does not allow this.");
        }

        if (isAct)
        {
            sessions.Touch(person);
        }

        return open;
    }

    /// <summary>Within a page that is no case's.</summary>
    /// <exception cref="RefusedException">The person may not.</exception>
    public void EnterUnit(ClaimsPrincipal person, Permission? permission = null)
    {
        ArgumentNullException.ThrowIfNull(person);
        if (!sessions.IsLive(person))
        {
            throw new RefusedException("The session has ended.");
        }

        if (permission is Permission needed && !access.AllowsUnit(person, needed))
        {
            throw new RefusedException("Your role does not allow this.");
        }

        sessions.Touch(person);
    }

    private static bool Takes(Address address, string method) => address.Methods.Split(' ').Contains(HttpMethods.IsHead(method) ? "GET" : method, StringComparer.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}

/// <summary>A person asked for what they may not.</summary>
public sealed class RefusedException(string message) : Exception(message);
