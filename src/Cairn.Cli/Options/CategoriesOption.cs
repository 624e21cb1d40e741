using System.CommandLine;
using Cairn.Known;

namespace Cairn.Cli.Options;

/// <summary>--categories MAPPING: what the categories of an imported set mean.</summary>
internal sealed class CategoriesOption : Option<CategoryMapping?>
{
    public CategoriesOption()
        : base("--categories")
    {
        Description = "What the categories of the source mean: 0=ignorable,1=notable:LABEL,*=known (* any other, none for entries without one), or a file with such a mapping (JSON or CSV). "
            + "A VICS file is not imported without.";
        HelpName = "MAPPING";
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            try
            {
                return File.Exists(text) ? CategoryMapping.Load(text) : CategoryMapping.Parse(text);
            }
            catch (KnownSetException error)
            {
                result.AddError(error.Message);
                return null;
            }
        };
    }
}
