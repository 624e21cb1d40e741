using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli;

/// <summary>An option that takes a whole number from 0 to a most; anything else is wrong usage.</summary>
internal abstract class WholeNumberOption : Option<int>
{
    /// <param name="name">With its dashes.</param>
    /// <param name="most">The largest number.</param>
    /// <param name="otherwise">Where it is not given.</param>
    /// <param name="description">For the help.</param>
    protected WholeNumberOption(string name, int most, int otherwise, string description)
        : base(name)
    {
        Description = description;
        HelpName = "N";
        DefaultValueFactory = _ => otherwise;
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= most))
            {
                result.AddError($"{name} takes 0 to {most}");
            }
        });
    }
}
