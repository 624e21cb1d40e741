using System.CommandLine;
using Cairn.Reports.Vics;

namespace Cairn.Cli.Options;

/// <summary>--vics-profile NAME: whose codes are meant.</summary>
internal sealed class VicsProfileOption : Option<string>
{
    public VicsProfileOption()
        : base("--vics-profile")
    {
        Description = "For vics: the profile that the file names, whose codes are meant (CUSTOM).";
        HelpName = string.Join('|', VicsSettings.Profiles);
        DefaultValueFactory = _ => "CUSTOM";
        AcceptOnlyFromAmong([.. VicsSettings.Profiles]);
    }
}
