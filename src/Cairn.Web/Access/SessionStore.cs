using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Cairn.Web.Access;

/// <summary>
/// Sessions, in the memory of the server alone: the cookie holds nothing but a random key, and a session that was ended here is over at once,
/// whatever a browser still holds. They end after <see cref="Idle"/> without an act, after <see cref="Longest"/> in all, and with the server.
/// </summary>
public sealed class SessionStore(TimeProvider clock) : ITicketStore, IDisposable
{
    /// <summary>Claim that names the session; not the key in the cookie.</summary>
    public const string SessionClaim = "cairn:session";

    /// <summary>Longest without an act.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(15);

    /// <summary>Longest in all.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(8);

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Session> byKey = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Session> byName = new(StringComparer.Ordinal);
    private ITimer? timer;

    /// <summary>A session ended: its name and its account.</summary>
    public event Action<string, string>? Ended;

    /// <summary>Begins to end sessions that are idle.</summary>
    public void Watch() => timer ??= clock.CreateTimer(_ => EndIdle(), null, Round, Round);

    /// <inheritdoc/>
    public Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        string key = Word(), name = Word();
        if (ticket.Principal.Identity is ClaimsIdentity identity)
        {
            foreach (Claim old in identity.FindAll(SessionClaim).ToList())
            {
                identity.RemoveClaim(old);
            }

            identity.AddClaim(new Claim(SessionClaim, name));
        }

        DateTimeOffset now = clock.GetUtcNow();
        Session session = new(key, name, ticket.Principal.FindFirstValue(ClaimTypes.NameIdentifier) ?? "", now) { Ticket = ticket, LastAct = now };
        byKey[key] = session;
        byName[name] = session;
        return Task.FromResult(key);
    }

    /// <inheritdoc/>
    public Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        if (byKey.TryGetValue(key, out Session? session))
        {
            session.Ticket = ticket;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        if (!byKey.TryGetValue(key, out Session? session))
        {
            return Task.FromResult<AuthenticationTicket?>(null);
        }

        if (IsOver(session))
        {
            End(session);
            return Task.FromResult<AuthenticationTicket?>(null);
        }

        session.LastAct = clock.GetUtcNow();
        return Task.FromResult<AuthenticationTicket?>(session.Ticket);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key)
    {
        if (byKey.TryGetValue(key, out Session? session))
        {
            End(session);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether the session of this person still goes on; asked before every act in a page.</summary>
    public bool IsLive(ClaimsPrincipal person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return person.FindFirstValue(SessionClaim) is string name && byName.TryGetValue(name, out Session? session) && !IsOver(session);
    }

    /// <summary>An act in a page, which asks for nothing by HTTP.</summary>
    public void Touch(ClaimsPrincipal person)
    {
        ArgumentNullException.ThrowIfNull(person);
        if (person.FindFirstValue(SessionClaim) is string name && byName.TryGetValue(name, out Session? session) && !IsOver(session))
        {
            session.LastAct = clock.GetUtcNow();
        }
    }

    /// <summary>How many sessions of an account go on.</summary>
    public int CountOf(string accountId) => byName.Values.Count(s => s.AccountId == accountId && !IsOver(s));

    /// <summary>Ends every session of an account at once; all but one where <paramref name="butNotOf"/> is given.</summary>
    public void EndAll(string accountId, ClaimsPrincipal? butNotOf = null)
    {
        string? kept = butNotOf?.FindFirstValue(SessionClaim);
        foreach (Session session in byName.Values.Where(s => s.AccountId == accountId && s.Name != kept).ToList())
        {
            End(session);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => timer?.Dispose();

    internal void EndIdle()
    {
        foreach (Session session in byName.Values.Where(IsOver).ToList())
        {
            End(session);
        }
    }

    private static string Word() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private bool IsOver(Session session)
    {
        DateTimeOffset now = clock.GetUtcNow();
        return now - session.LastAct >= Idle || now - session.Begun >= Longest;
    }

    private void End(Session session)
    {
        if (byKey.TryRemove(session.Key, out _))
        {
            byName.TryRemove(session.Name, out _);
            Ended?.Invoke(session.Name, session.AccountId);
        }
    }

    private sealed class Session(string key, string name, string accountId, DateTimeOffset begun)
    {
        public string Key { get; } = key;

        public string Name { get; } = name;

        public string AccountId { get; } = accountId;

        public DateTimeOffset Begun { get; } = begun;

        public required DateTimeOffset LastAct { get; set; }

        public required AuthenticationTicket Ticket { get; set; }
    }
}
