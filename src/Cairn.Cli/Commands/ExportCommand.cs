using System.CommandLine;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;
using Cairn.Reports;
using Cairn.Reports.Vics;

namespace Cairn.Cli.Commands;

/// <summary>cairn export FORMAT --case DIR -o FILE</summary>
internal sealed class ExportCommand : Command
{
    private readonly Terminal terminal;
    private readonly ExportFormatArgument format = new();
    private readonly CaseOption caseDirectory = new("Folder of the case.");
    private readonly OutputOption output = new();
    private readonly EntrySelection selection = new();
    private readonly VicsCategoriesOption categories = new();
    private readonly VicsProfileOption profile = new();
    private readonly KnownDirectoryOption knownDirectory = new();
    private readonly JsonOption json = new();

    public ExportCommand(Terminal terminal)
        : base("export", "Write a case in an interchange format.")
    {
        this.terminal = terminal;
        Arguments.Add(format);
        Options.Add(caseDirectory);
        Options.Add(output);
        selection.AddTo(this);
        Options.Add(categories);
        Options.Add(profile);
        Options.Add(knownDirectory);
        Options.Add(json);
        Subcommands.Add(ExportFolderCommand.Files(terminal));
        Subcommands.Add(ExportFolderCommand.Portable(terminal));
        SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        IExportFormat chosen = parsed.GetRequiredValue(format);
        string target = parsed.GetRequiredValue(output);
        bool asJson = parsed.GetValue(json);
        if (target == "-" && asJson)
        {
            throw new UsageException("--json and -o - both write to standard output: give -o a file, or leave --json out.");
        }

        using CaseReader reader = CaseReader.Open(parsed.GetRequiredValue(caseDirectory));
        using ReviewReader? review = ReviewReader.Open(reader.Directory);
        using SessionAccess access = new(reader, []);
        bool complained = false;
        ExportSettings settings = new()
        {
            Filter = selection.Read(parsed, review),
            Review = review,
            Tool = Examiner.ToolVersion,
            KnownDirectory = knownDirectory.OrNone(parsed, terminal),
            Access = access,
            Vics = parsed.GetValue(categories) is VicsCategories codes ? new VicsSettings(parsed.GetRequiredValue(profile), codes) : null,
            Complain = message =>
            {
                complained = true;
                terminal.Complain(message);
            },
        };
        if (target == "-")
        {
            terminal.Out.Flush();
            ExportFile.Write(reader, chosen, terminal.OutBytes, settings, cancel);
            terminal.OutBytes.Flush();
            return complained ? ExitCodes.DoneWithProblems : ExitCodes.Done;
        }

        long lines = ExportFile.Write(reader, chosen, target, settings, cancel);
        string full = Path.GetFullPath(target);
        long size = new FileInfo(full).Length;
        if (asJson)
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.WriteString("format", chosen.Name);
                writer.WriteString("file", full);
                writer.WriteNumber("lines", lines);
                writer.WriteNumber("size", size);
            });
        }
        else
        {
            new Screen(terminal.Out).Line($"{Quantity.Count(lines, "line", "lines")}, {Quantity.ExactSize(size)}: {VisibleText.Escape(full)}");
        }

        return complained ? ExitCodes.DoneWithProblems : ExitCodes.Done;
    }
}
