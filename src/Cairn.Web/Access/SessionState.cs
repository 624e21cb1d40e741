using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Cairn.Web.Access;

/// <summary>Who is at a page; nobody any more from the moment on that the session ends.</summary>
internal sealed class SessionState : ServerAuthenticationStateProvider, IDisposable
{
    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());
    private readonly SessionStore sessions;

    public SessionState(SessionStore sessions)
    {
        this.sessions = sessions;
        sessions.Ended += OnEnded;
    }

    public void Dispose() => sessions.Ended -= OnEnded;

    private void OnEnded(string session, string account)
    {
        _ = LeaveAsync(session);
    }

    private async Task LeaveAsync(string session)
    {
        try
        {
            AuthenticationState state = await GetAuthenticationStateAsync().ConfigureAwait(false);
            if (state.User.FindFirstValue(SessionStore.SessionClaim) == session)
            {
                SetAuthenticationState(Task.FromResult(new AuthenticationState(Nobody)));
            }
        }
        catch (InvalidOperationException)
        {
            // The page was not set up yet, or is gone.
        }
    }
}
