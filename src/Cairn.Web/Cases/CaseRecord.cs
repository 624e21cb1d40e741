using System.Security.Claims;
using Cairn.Web.Access;

namespace Cairn.Web.Cases;

/// <summary>Writes what people do in a case: views, searches, refusals.</summary>
public sealed class CaseRecord(AccountLog log)
{
    /// <summary>A picture was sent to a person, not veiled.</summary>
    public void Viewed(OpenCase open, ClaimsPrincipal person, long entryId, int frame, string size)
    {
        ArgumentNullException.ThrowIfNull(open);
        _ = log.AddAsync(AccessList.Id(person) ?? "", "viewed", $"case {open.Key}: row {entryId}, sheet {frame}, {size}");
    }

    /// <summary>A person asked for what they may not.</summary>
    public void Refused(OpenCase open, ClaimsPrincipal person, Permission permission, string what)
    {
        ArgumentNullException.ThrowIfNull(open);
        _ = log.AddAsync(AccessList.Id(person) ?? "", "refused", $"case {open.Key}: {permission}: {what}");
    }
}
