using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--report FILE: a report to put into a portable case.</summary>
internal sealed class ReportFileOption : Option<FileInfo?>
{
    public ReportFileOption()
        : base("--report")
    {
        Description = "A report to put in, as 'cairn report' writes it (.html or .pdf).";
        HelpName = "FILE";
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(File.Exists(result.Tokens[0].Value) && Path.GetExtension(result.Tokens[0].Value).ToLowerInvariant() is ".html" or ".pdf"))
            {
                result.AddError($"--report takes a file that is there and ends in .html or .pdf, not '{result.Tokens[0].Value}'");
            }
        });
    }
}
