using System.CommandLine;
using System.Globalization;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;
using Cairn.Reports;

namespace Cairn.Cli.Commands;

/// <summary>cairn thumbnails show|write|destroy-key</summary>
internal sealed class ThumbnailsCommand : Command
{
    public ThumbnailsCommand(Terminal terminal)
        : base("thumbnails", "The small pictures of a case: how many, one of them, an end to all of them.")
    {
        Subcommands.Add(new ShowThumbnails(terminal));
        Subcommands.Add(new WriteThumbnail(terminal));
        Subcommands.Add(new DestroyKey(terminal));
    }

    /// <summary>cairn thumbnails show --case DIR</summary>
    private sealed class ShowThumbnails : Command
    {
        public ShowThumbnails(Terminal terminal)
            : base("show", "Show how many small pictures there are and whether they can be read.")
        {
            var caseDirectory = new CaseOption("Folder of the case.");
            var json = new JsonOption();
            Options.Add(caseDirectory);
            Options.Add(json);
            SetAction(parsed =>
            {
                string directory = Path.GetFullPath(parsed.GetRequiredValue(caseDirectory));
                long count = ThumbnailReader.Count(directory);
                ThumbnailState state = ThumbnailReader.State(directory);
                (string word, string sentence) = state switch
                {
                    ThumbnailState.None => ("none", "there are none: 'cairn examine' makes them"),
                    ThumbnailState.Readable => ("readable", "encrypted; whoever has thumbnails.key can read them"),
                    ThumbnailState.NeedsPassphrase => ("needs passphrase", "encrypted; read with the passphrase"),
                    _ => ("key gone", "the key was destroyed or lost, nobody can read them: 'cairn examine' with the same evidence makes new ones"),
                };
                if (parsed.GetValue(json))
                {
                    JsonResult.Write(terminal, writer =>
                    {
                        writer.WriteString("case", directory);
                        writer.WriteString("state", word);
                        writer.WriteNumber("thumbnails", count);
                    });
                }
                else
                {
                    var screen = new Screen(terminal.Out);
                    screen.Pair("Thumbnails", Quantity.Count(count));
                    screen.Pair("State", sentence);
                }

                return ExitCodes.Done;
            });
        }
    }

    /// <summary>cairn thumbnails write ENTRY --case DIR --output FILE</summary>
    private sealed class WriteThumbnail : Command
    {
        public WriteThumbnail(Terminal terminal)
            : base("write", "Write the small picture of an entry as a JPEG file.")
        {
            var entry = new EntryArgument { Description = "Row id (the id of an export).", Arity = ArgumentArity.ExactlyOne };
            var caseDirectory = new CaseOption("Folder of the case.");
            var output = new OutputOption { Description = "File to write; one that is there already is not replaced. - for standard output." };
            var passphrase = new ThumbnailPassphraseOption();
            Arguments.Add(entry);
            Options.Add(caseDirectory);
            Options.Add(output);
            Options.Add(passphrase);
            SetAction(parsed =>
            {
                string wanted = parsed.GetRequiredValue(entry)!;
                if (!long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out long id) || id == 0)
                {
                    throw new UsageException($"{wanted} is no row id; 'cairn export jsonl' lists them (id).");
                }

                using ThumbnailReader reader = ThumbnailReader.Open(parsed.GetRequiredValue(caseDirectory), passphrase.Read(parsed));
                Thumbnail small = reader.Read(id) ?? throw new UsageException($"row {id} has no small picture: it is no picture or video, or nothing of it could be decoded.");
                string target = parsed.GetRequiredValue(output);
                if (target == "-")
                {
                    if (terminal.OutIsTerminal)
                    {
                        throw new UsageException("a picture is not written to a terminal: give --output a file.");
                    }

                    terminal.Out.Flush();
                    terminal.OutBytes.Write(small.Jpeg.Span);
                    terminal.OutBytes.Flush();
                    return ExitCodes.Done;
                }

                string full = Path.GetFullPath(target);
                using (FileStream file = new(full, FileMode.CreateNew, FileAccess.Write))
                {
                    file.Write(small.Jpeg.Span);
                }

                new Screen(terminal.Out).Line($"{(small.Kind == ThumbnailKind.ContactSheet ? "stills of a video" : "picture")}, {small.Width} x {small.Height}: {VisibleText.Escape(full)}");
                return ExitCodes.Done;
            });
        }
    }

    /// <summary>cairn thumbnails destroy-key --case DIR --force</summary>
    private sealed class DestroyKey : Command
    {
        public DestroyKey(Terminal terminal)
            : base("destroy-key", "Destroy the key of the small pictures, so that nobody can read them any more. The audit log says who did it and when.")
        {
            var caseDirectory = new CaseOption("Folder of the case.");
            var force = new ForceOption("Destroy the key; without this nothing is done.");
            Options.Add(caseDirectory);
            Options.Add(force);
            SetAction(parsed =>
            {
                string directory = Path.GetFullPath(parsed.GetRequiredValue(caseDirectory));
                long count = ThumbnailReader.Count(directory);
                ThumbnailState state = ThumbnailReader.State(directory);
                if (state is ThumbnailState.None or ThumbnailState.KeyGone)
                {
                    throw new UsageException($"the small pictures of {directory} have no key: there is nothing to destroy.");
                }

                if (!parsed.GetValue(force))
                {
                    throw new UsageException($"{Quantity.Count(count, "small picture", "small pictures")} of {directory} could not be read any more by anyone; give --force to destroy the key.");
                }

                using CaseDatabase database = CaseDatabase.Open(directory, Examiner.ToolVersion, TimeProvider.System);
                using CaseRun run = database.BeginRun("thumbnails destroy-key", new Dictionary<string, string> { ["thumbnails"] = $"{count}" });
                bool destroyed = ThumbnailStore.DestroyKey(directory);
                run.Finish(destroyed ? "key of the thumbnails destroyed" : "there was no key", new Dictionary<string, string> { ["thumbnails"] = $"{count}" });
                new Screen(terminal.Out).Line($"The key is destroyed: {Quantity.Count(count, "small picture", "small pictures")} cannot be read any more, save where a copy of thumbnails.key was kept. The audit log says so.");
                return ExitCodes.Done;
            });
        }
    }
}
