using System.CommandLine;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.CaseStore.Thumbnails;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;
using Cairn.Reports;
using Cairn.Reports.Files;
using Cairn.Reports.Portable;

namespace Cairn.Cli.Commands;

/// <summary>cairn export files|portable --case DIR -o FOLDER</summary>
internal sealed class ExportFolderCommand : Command
{
    private readonly Terminal terminal;
    private readonly bool portable;
    private readonly CaseOption caseDirectory = new("Folder of the case.");
    private readonly OutputOption output = new() { Description = "Folder to write; it must not exist or be empty, and appears whole or not at all.", HelpName = "FOLDER" };
    private readonly EntrySelection selection = new();
    private readonly PasswordsOption passwords = new();
    private readonly ThumbnailPassphraseOption passphrase = new();
    private readonly ReportFileOption report = new();
    private readonly JsonOption json = new();

    private ExportFolderCommand(Terminal terminal, string name, string description)
        : base(name, description)
    {
        this.terminal = terminal;
        portable = name == "portable";
        Options.Add(caseDirectory);
        Options.Add(output);
        selection.AddTo(this);
        Options.Add(passwords);
        if (portable)
        {
            Options.Add(passphrase);
            Options.Add(report);
        }

        Options.Add(json);
        SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
    }

    public static ExportFolderCommand Files(Terminal terminal) =>
        new(terminal, "files", "Write the contents of chosen entries to a folder, with a manifest.");

    public static ExportFolderCommand Portable(Terminal terminal) =>
        new(terminal, "portable", "Write a folder with chosen contents, a viewer that needs no server and no network, and all that is needed to check it.");

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        string directory = parsed.GetRequiredValue(caseDirectory);
        string folder = parsed.GetRequiredValue(output);
        FolderResult result;
        using (CaseReader reader = CaseReader.Open(directory))
        using (SessionAccess access = new(reader, passwords.Read(parsed)))
        {
            ExportSettings settings = new() { Filter = Filter(parsed, reader.Directory), Tool = Examiner.ToolVersion, Access = access, Complain = terminal.Complain };
            result = portable ? WritePortable(reader, folder, settings, parsed, cancel) : FilesExport.Write(reader, folder, settings, cancel);
        }

        bool recorded = Record(directory, result);
        Show(result, parsed.GetValue(json));
        return result.IsSound && recorded ? ExitCodes.Done : ExitCodes.DoneWithProblems;
    }

    private EntryFilter Filter(ParseResult parsed, string directory)
    {
        using ReviewReader? review = ReviewReader.Open(directory);
        EntryFilter filter = selection.Read(parsed, review);
        if (filter.IsAll)
        {
            throw new UsageException($"say which entries: --entries, --list, --selection, --hits, --state, --type or --under; --under / is every one. See 'cairn export {Name} --help'.");
        }

        return filter;
    }

    private FolderResult WritePortable(CaseReader reader, string folder, ExportSettings settings, ParseResult parsed, CancellationToken cancel)
    {
        using ThumbnailReader? small = Small(reader.Directory, parsed);
        return PortableExport.Write(reader, folder, settings, new PortableSettings { Small = small, Report = parsed.GetValue(report)?.FullName }, cancel);
    }

    private ThumbnailReader? Small(string directory, ParseResult parsed)
    {
        switch (ThumbnailReader.State(directory))
        {
            case ThumbnailState.None:
                return null;
            case ThumbnailState.KeyGone:
                terminal.Complain("the small pictures of the case cannot be read any more, so the folder has none.");
                return null;
            default:
                return ThumbnailReader.Open(directory, passphrase.Read(parsed));
        }
    }

    /// <summary>What was handed out stands in the case's own log.</summary>
    private bool Record(string directory, FolderResult result)
    {
        Dictionary<string, string> what = new()
        {
            ["folder"] = result.Folder,
            ["entries"] = $"{result.Entries}",
            ["files"] = $"{result.Files}",
            ["bytes"] = $"{result.Bytes}",
            ["sha256OfList"] = Convert.ToHexStringLower(result.ListSha256),
        };
        try
        {
            using CaseDatabase database = CaseDatabase.Open(directory, Examiner.ToolVersion, TimeProvider.System);
            using CaseRun run = database.BeginRun($"export {Name}", what);
            run.Finish("exported", what);
            return true;
        }
        catch (CaseException error)
        {
            terminal.Complain($"the folder is written, but the case's audit log does not say so: {error.Message}.");
            return false;
        }
    }

    private void Show(FolderResult result, bool asJson)
    {
        if (asJson)
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.WriteString("format", Name);
                writer.WriteString("folder", result.Folder);
                writer.WriteNumber("entries", result.Entries);
                writer.WriteNumber("files", result.Files);
                writer.WriteNumber("bytes", result.Bytes);
                writer.WriteNumber("notWritten", result.NotWritten);
                writer.WriteNumber("differing", result.Differing);
                writer.WriteNumber("damaged", result.Damaged);
                writer.WriteString("sha256OfList", Convert.ToHexStringLower(result.ListSha256));
            });
            return;
        }

        Screen screen = new(terminal.Out);
        screen.Line($"{Quantity.Count(result.Files, "file", "files")} of {Quantity.Count(result.Entries, "entry", "entries")}, {Quantity.ExactSize(result.Bytes)}: {VisibleText.Escape(result.Folder)}");
        if (!result.IsSound)
        {
            screen.Line($"{Quantity.Count(result.NotWritten)} not written, {Quantity.Count(result.Damaged)} in part unreadable, {Quantity.Count(result.Differing)} other than the case says: the manifest says which and why");
        }

        screen.Line($"SHA-256 of the list of files: {Convert.ToHexStringLower(result.ListSha256)}");
    }
}
