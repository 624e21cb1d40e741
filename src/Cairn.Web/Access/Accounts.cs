using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Cairn.Web.Access;

/// <summary>A person who signs in. The id is stable and is what a case keeps.</summary>
public sealed class Account : IdentityUser
{
    /// <summary>Name that others see.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>The person at this machine who started the program; has no password and signs in by the printed link alone.</summary>
    public bool IsLocal { get; set; }

    /// <summary>Closed: cannot sign in any more. Accounts are never deleted, since votes name them.</summary>
    public bool IsClosed { get; set; }
}

/// <summary>A role of a person in a case.</summary>
public sealed class Membership
{
    /// <summary>Stands for every case of the unit.</summary>
    public const string EveryCase = "*";

    /// <summary>The account.</summary>
    public string AccountId { get; set; } = "";

    /// <summary>Key of the case, or <see cref="EveryCase"/>.</summary>
    public string CaseKey { get; set; } = "";

    /// <summary>The role.</summary>
    public Role Role { get; set; }
}

/// <summary>An act of signing in, out, or on accounts; only ever added to.</summary>
public sealed class AccountEvent
{
    /// <summary>From 1.</summary>
    public long Id { get; set; }

    /// <summary>ISO 8601 UTC.</summary>
    public string Utc { get; set; } = "";

    /// <summary>Account id of who did it, or empty where nobody had signed in.</summary>
    public string Who { get; set; } = "";

    /// <summary>What was done.</summary>
    public string What { get; set; } = "";

    /// <summary>To whom or what.</summary>
    public string Detail { get; set; } = "";
}

/// <summary>accounts.db in the data folder: Identity's tables, who belongs to which case, what happened to accounts.</summary>
public sealed class AccountsContext(DbContextOptions<AccountsContext> options) : IdentityUserContext<Account>(options)
{
    /// <summary>Who belongs to which case.</summary>
    public DbSet<Membership> Memberships => Set<Membership>();

    /// <summary>What happened to accounts.</summary>
    public DbSet<AccountEvent> Events => Set<AccountEvent>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        base.OnModelCreating(builder);
        builder.Entity<Membership>().HasKey(m => new { m.AccountId, m.CaseKey, m.Role });
        builder.Entity<Membership>().Property(m => m.Role).HasConversion<string>();
        builder.Entity<AccountEvent>().HasKey(e => e.Id);
    }
}
