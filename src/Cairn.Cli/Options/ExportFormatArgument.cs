using System.CommandLine;
using Cairn.Reports;

namespace Cairn.Cli.Options;

/// <summary>FORMAT: the interchange format of an export.</summary>
internal sealed class ExportFormatArgument : Argument<IExportFormat>
{
    public ExportFormatArgument()
        : base("FORMAT")
    {
        Description = string.Join("; ", ExportCatalogue.All.Select(f => $"{f.Name}: {f.Summary}")) + ".";
        HelpName = string.Join('|', ExportCatalogue.All.Select(f => f.Name));
        CustomParser = result =>
        {
            string name = result.Tokens[0].Value;
            IExportFormat? found = ExportCatalogue.All.FirstOrDefault(f => f.Name == name);
            if (found is null)
            {
                result.AddError($"there is no export format '{name}': give one of {string.Join(", ", ExportCatalogue.All.Select(f => f.Name))}");
            }

            return found!;
        };
    }
}
