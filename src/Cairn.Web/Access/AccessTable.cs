namespace Cairn.Web.Access;

/// <summary>What a person is in a case or in the unit; stable names, stored.</summary>
public enum Role
{
    /// <summary>Examines: everything of the case, its content, selections, exports and the report.</summary>
    Examiner,

    /// <summary>Looks at pictures and grades them.</summary>
    Grader,

    /// <summary>Gives second and deciding votes, overrules hits.</summary>
    Reviewer,

    /// <summary>Leads the case: figures, files, report, who belongs to it; no pictures.</summary>
    CaseOfficer,

    /// <summary>Decides what is disclosed: files, their text, report and exports; no pictures.</summary>
    DisclosureOfficer,

    /// <summary>The audit log and nothing else.</summary>
    Auditor,

    /// <summary>Accounts, and who belongs to which case; no sight of evidence.</summary>
    Administrator,
}

/// <summary>What can be allowed.</summary>
public enum Permission
{
    /// <summary>Figures of a case: exhibits, volumes, counts, coverage.</summary>
    SeeOverview,

    /// <summary>Names, times and hashes of files.</summary>
    SeeFiles,

    /// <summary>Bytes and text of files.</summary>
    SeeContent,

    /// <summary>Pictures and stills of videos.</summary>
    SeePictures,

    /// <summary>Votes on pictures.</summary>
    Grade,

    /// <summary>Disagreements: deciding votes and the figures of agreement.</summary>
    Decide,

    /// <summary>Notes, tags and selections.</summary>
    Mark,

    /// <summary>Saying that a hit on a known set is wrong.</summary>
    Overrule,

    /// <summary>The report.</summary>
    Report,

    /// <summary>Files and lists out of the case.</summary>
    Export,

    /// <summary>The audit log.</summary>
    SeeAudit,

    /// <summary>Accounts and their sessions.</summary>
    ManageAccounts,

    /// <summary>Who belongs to a case, and as what.</summary>
    ManageMembers,
}

/// <summary>Whom an address of the application is for.</summary>
public enum Need
{
    /// <summary>Everybody: signing in, and files of the application itself.</summary>
    Nobody,

    /// <summary>Who has signed in.</summary>
    SignedIn,

    /// <summary>Who has the permission, in whatever case or for the unit.</summary>
    Unit,

    /// <summary>Who has the permission in the case that the address names.</summary>
    Case,
}

/// <summary>One address of the application.</summary>
/// <param name="Pattern">As it is routed.</param>
/// <param name="Methods">HTTP methods.</param>
/// <param name="Need">Whom it is for.</param>
/// <param name="Permission">What has to be allowed; not used where <see cref="Need.Nobody"/> or <see cref="Need.SignedIn"/>.</param>
public sealed record Address(string Pattern, string Methods, Need Need, Permission Permission = default);

/// <summary>
/// Who may do what, as data: the application asks this table and the tests walk it. An address that is not in it is refused.
/// </summary>
public static class AccessTable
{
    /// <summary>What each role allows.</summary>
    public static IReadOnlyDictionary<Role, IReadOnlyList<Permission>> Roles { get; } = new Dictionary<Role, IReadOnlyList<Permission>>
    {
        [Role.Examiner] = [Permission.SeeOverview, Permission.SeeFiles, Permission.SeeContent, Permission.SeePictures, Permission.Grade, Permission.Mark, Permission.Overrule, Permission.Report, Permission.Export],
        [Role.Grader] = [Permission.SeeOverview, Permission.SeePictures, Permission.Grade, Permission.Mark],
        [Role.Reviewer] = [Permission.SeeOverview, Permission.SeeFiles, Permission.SeeContent, Permission.SeePictures, Permission.Grade, Permission.Decide, Permission.Mark, Permission.Overrule],
        [Role.CaseOfficer] = [Permission.SeeOverview, Permission.SeeFiles, Permission.Mark, Permission.Report, Permission.ManageMembers],
        [Role.DisclosureOfficer] = [Permission.SeeOverview, Permission.SeeFiles, Permission.SeeContent, Permission.Report, Permission.Export],
        [Role.Auditor] = [Permission.SeeAudit],
        [Role.Administrator] = [Permission.ManageAccounts, Permission.ManageMembers],
    };

    /// <summary>Roles that may be held for every case of the unit, and not for one alone.</summary>
    public static IReadOnlyList<Role> UnitRoles { get; } = [Role.Auditor, Role.Administrator];

    /// <summary>Every address. A pattern stands once for all its methods.</summary>
    public static IReadOnlyList<Address> Addresses { get; } =
    [
        new("/sign-in", "GET", Need.Nobody),
        new("/sign-in/password", "POST", Need.Nobody),
        new("/sign-in/passkey", "POST", Need.Nobody),
        new("/sign-in/passkey/options", "POST", Need.Nobody),
        new("/sign-in/organisation", "POST", Need.Nobody),
        new("/welcome", "GET", Need.Nobody),
        new("/first-account", "GET", Need.Nobody),
        new("/first-account/make", "POST", Need.Nobody),
        new("/enter", "GET", Need.Nobody),
        new("/signed-out", "GET", Need.Nobody),
        new("/sign-out", "POST", Need.SignedIn),
        new("/session/alive", "POST", Need.SignedIn),
        new("/me", "GET", Need.SignedIn),
        new("/me/password", "POST", Need.SignedIn),
        new("/me/passkey/options", "POST", Need.SignedIn),
        new("/me/passkey/add", "POST", Need.SignedIn),
        new("/me/passkey/remove", "POST", Need.SignedIn),
        new("/", "GET", Need.SignedIn),
        new("/accounts", "GET", Need.Unit, Permission.ManageAccounts),
        new("/case/{key}", "GET", Need.Case, Permission.SeeOverview),
        new("/case/{key}/files", "GET", Need.Case, Permission.SeeFiles),
        new("/case/{key}/file/{id:long}", "GET", Need.Case, Permission.SeeFiles),
        new("/case/{key}/gallery", "GET", Need.Case, Permission.SeePictures),
        new("/case/{key}/exposure", "GET", Need.Case, Permission.SeePictures),
        new("/case/{key}/decisions", "GET", Need.Case, Permission.Decide),
        new("/case/{key}/report", "GET", Need.Case, Permission.Report),
        new("/case/{key}/report/make", "POST", Need.Case, Permission.Report),
        new("/case/{key}/members", "GET", Need.Case, Permission.ManageMembers),
        new("/case/{key}/audit", "GET", Need.Case, Permission.SeeAudit),
        new("/case/{key}/veil/{id:long}/{frame:int}", "GET", Need.Case, Permission.SeePictures),
        new("/case/{key}/clear/{id:long}/{frame:int}", "GET", Need.Case, Permission.SeePictures),
        new("/case/{key}/picture/{id:long}/{side:int}", "GET", Need.Case, Permission.SeePictures),
    ];

    /// <summary>Whether one of <paramref name="roles"/> allows <paramref name="permission"/>.</summary>
    public static bool Allows(IEnumerable<Role> roles, Permission permission)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.Any(role => Roles[role].Contains(permission));
    }

    /// <summary>Role in words for people.</summary>
    public static string Word(Role role) => role switch
    {
        Role.CaseOfficer => "case officer",
        Role.DisclosureOfficer => "disclosure officer",
        _ => role.ToString().ToLowerInvariant(),
    };
}
