using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--cases DIR: a folder whose folders are cases.</summary>
internal sealed class CasesOption : Option<string?>
{
    public CasesOption()
        : base("--cases")
    {
        Description = "Folder of cases: each folder in it that holds a case.db.";
        HelpName = "DIR";
    }
}
