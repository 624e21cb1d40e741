using System.Security.Claims;
using Cairn.CaseStore;
using Cairn.CaseStore.Browse;
using Cairn.CaseStore.Review;
using Cairn.Web.Access;

namespace Cairn.Web.Cases;

/// <summary>Writes what people look for, open and are refused in a case into the audit log of its review.</summary>
public sealed class CaseRecord(AccountLog log)
{
    private const int Longest = 4_000;

    /// <summary>A person asked for what they may not.</summary>
    public void Refused(OpenCase open, ClaimsPrincipal person, Permission permission, string what)
    {
        ArgumentNullException.ThrowIfNull(open);
        try
        {
            Write(open, person, ActKind.Refusal, ("permission", $"{permission}"), ("asked", what));
        }
        catch (CaseException)
        {
            // A refusal must hold where it cannot be written too; the log of accounts takes it.
            _ = log.AddAsync(AccessList.Id(person) ?? "", "refused", $"case {open.Key}: {permission}: {what}");
        }
    }

    /// <summary>A person looked for something.</summary>
    public void Searched(OpenCase open, ClaimsPrincipal person, EntryQuery query, string where)
    {
        ArgumentNullException.ThrowIfNull(query);
        Write(open, person, ActKind.Search, ("query", query.ToText()), ("page", where));
    }

    /// <summary>Content was sent to a person: a picture not veiled, bytes, text.</summary>
    public void Opened(OpenCase open, ClaimsPrincipal person, long entryId, string how) =>
        Write(open, person, ActKind.Open, ("entry", $"{entryId}"), ("how", how));

    /// <summary>Something was made of the case and sent out.</summary>
    public void Exported(OpenCase open, ClaimsPrincipal person, string what, string sha256) =>
        Write(open, person, ActKind.Export, ("what", what), ("sha256", sha256));

    private static void Write(OpenCase open, ClaimsPrincipal person, ActKind kind, params (string Name, string Value)[] detail)
    {
        ArgumentNullException.ThrowIfNull(open);
        open.Review.Record(OpenCase.ActorOf(person), Guid.NewGuid(), kind, detail.ToDictionary(d => d.Name, d => d.Value.Length > Longest ? d.Value[..Longest] : d.Value));
    }
}
