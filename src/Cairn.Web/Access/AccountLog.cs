using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Cairn.Web.Access;

/// <summary>Writes what happens to accounts: signing in and out, refusals, roles given and taken. Rows are only ever added.</summary>
public sealed class AccountLog(IDbContextFactory<AccountsContext> contexts, TimeProvider clock)
{
    private const int Longest = 500;

    /// <summary>Adds an event; texts are cut to 500 characters.</summary>
    public async Task AddAsync(string who, string what, string detail = "")
    {
        using AccountsContext context = await contexts.CreateDbContextAsync().ConfigureAwait(false);
        context.Events.Add(new AccountEvent
        {
            Utc = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Who = who,
            What = what,
            Detail = detail is { Length: > Longest } ? detail[..Longest] : detail ?? "",
        });
        await context.SaveChangesAsync().ConfigureAwait(false);
    }

    /// <summary>The latest events, newest first.</summary>
    public async Task<IReadOnlyList<AccountEvent>> LatestAsync(int count)
    {
        using AccountsContext context = await contexts.CreateDbContextAsync().ConfigureAwait(false);
        return await context.Events.AsNoTracking().OrderByDescending(e => e.Id).Take(count).ToListAsync().ConfigureAwait(false);
    }
}
