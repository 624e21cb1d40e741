using System.Security.Claims;
using Microsoft.EntityFrameworkCore;

namespace Cairn.Web.Access;

/// <summary>Who belongs to which case, held in memory so that every act can ask; each change is written first and counts from then on.</summary>
public sealed class AccessList(IDbContextFactory<AccountsContext> contexts)
{
    private volatile IReadOnlyList<Membership> all = [];

    /// <summary>Every membership.</summary>
    public IReadOnlyList<Membership> All => all;

    /// <summary>Reads them anew.</summary>
    public async Task LoadAsync(CancellationToken cancel = default)
    {
        using AccountsContext context = await contexts.CreateDbContextAsync(cancel).ConfigureAwait(false);
        all = await context.Memberships.AsNoTracking().ToListAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Roles of a person in a case; those for the unit count in each.</summary>
    public IEnumerable<Role> RolesIn(ClaimsPrincipal person, string caseKey)
    {
        string? id = Id(person);
        return id is null ? [] : all.Where(m => m.AccountId == id && (m.CaseKey == caseKey || m.CaseKey == Membership.EveryCase)).Select(m => m.Role).Distinct();
    }

    /// <summary>Whether a person may do this in a case.</summary>
    public bool Allows(ClaimsPrincipal person, string caseKey, Permission permission) => AccessTable.Allows(RolesIn(person, caseKey), permission);

    /// <summary>Whether a person may do this for the unit.</summary>
    public bool AllowsUnit(ClaimsPrincipal person, Permission permission)
    {
        string? id = Id(person);
        return id is not null && AccessTable.Allows(all.Where(m => m.AccountId == id && m.CaseKey == Membership.EveryCase).Select(m => m.Role), permission);
    }

    /// <summary>Whether a person has any role in a case: what decides which cases are listed.</summary>
    public bool Knows(ClaimsPrincipal person, string caseKey) => RolesIn(person, caseKey).Any(role => role != Role.Administrator);

    /// <summary>Gives or takes a role.</summary>
    /// <exception cref="ArgumentException">The role is not one of a case, or not one of the unit.</exception>
    public async Task SetAsync(string accountId, string caseKey, Role role, bool given, CancellationToken cancel = default)
    {
        using (AccountsContext context = await contexts.CreateDbContextAsync(cancel).ConfigureAwait(false))
        {
            Membership? stored = await context.Memberships.FindAsync([accountId, caseKey, role], cancel).ConfigureAwait(false);
            if (given && stored is null)
            {
                context.Memberships.Add(new Membership { AccountId = accountId, CaseKey = caseKey, Role = role });
            }
            else if (!given && stored is not null)
            {
                context.Memberships.Remove(stored);
            }

            await context.SaveChangesAsync(cancel).ConfigureAwait(false);
        }

        await LoadAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Account id of a person; null where nobody has signed in.</summary>
    public static string? Id(ClaimsPrincipal person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return person.FindFirstValue(ClaimTypes.NameIdentifier);
    }
}
