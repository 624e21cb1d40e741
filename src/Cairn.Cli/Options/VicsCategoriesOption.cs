using System.CommandLine;
using Cairn.Reports.Vics;

namespace Cairn.Cli.Options;

/// <summary>--vics-categories LIST: the code of each category.</summary>
internal sealed class VicsCategoriesOption : Option<VicsCategories?>
{
    public VicsCategoriesOption()
        : base("--vics-categories")
    {
        Description = "For vics: the code of each decided grade, category of a known set or meaning of a hit: A=1,CAM=1,notable=2,*=0,none=0 (* any other, none without either), or a file with a pair a line. "
            + "Nothing is exported to VICS without.";
        HelpName = "LIST";
        CustomParser = result =>
        {
            try
            {
                return VicsCategories.Parse(result.Tokens[0].Value);
            }
            catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
            {
                result.AddError(error.Message);
                return null;
            }
        };
    }
}
