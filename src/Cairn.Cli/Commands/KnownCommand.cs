using System.CommandLine;
using System.Text.Json;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Known;
using Cairn.Reports;

namespace Cairn.Cli.Commands;

/// <summary>cairn known import|list|remove</summary>
internal sealed class KnownCommand : Command
{
    public KnownCommand(Terminal terminal)
        : base("known", "Import, list and remove known sets: hashes with a meaning.")
    {
        Subcommands.Add(new ImportCommand(terminal));
        Subcommands.Add(new ListCommand(terminal));
        Subcommands.Add(new RemoveCommand(terminal));
    }

    private static void Write(Utf8JsonWriter writer, KnownSetInfo set)
    {
        writer.WriteString("name", set.Name);
        writer.WriteString("version", set.Version);
        writer.WriteString("meaning", set.Meaning.ToText());
        writer.WriteString("source", set.Source);
        writer.WriteString("licence", set.Licence);
        writer.WriteString("format", set.Format);
        writer.WriteNumber("entries", set.Entries);
        writer.WriteNumber("md5", set.Md5Count);
        writer.WriteNumber("sha1", set.Sha1Count);
        writer.WriteNumber("sha256", set.Sha256Count);
        writer.WriteNumber("pdq", set.PdqCount);
        writer.WriteString("categories", set.Mapping);
        writer.WriteStartArray("files");
        foreach (KnownSourceFile source in set.Files)
        {
            writer.WriteStartObject();
            writer.WriteString("name", source.Name);
            writer.WriteString("sha256", source.Sha256);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("withdrawn", set.Notes.Withdrawn);
        writer.WriteNumber("duplicates", set.Notes.Duplicates);
        writer.WriteNumber("contradictions", set.Notes.Contradictions);
        writer.WriteStartArray("contradicting");
        foreach (string contradiction in set.Notes.Contradicting)
        {
            writer.WriteStringValue(contradiction);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("ignored");
        writer.WriteNumber("photoDna", set.Notes.PhotoDnaIgnored);
        writer.WriteNumber("otherHashes", set.Notes.OtherHashesIgnored);
        writer.WriteNumber("lowQuality", set.Notes.LowQualityIgnored);
        writer.WriteNumber("entriesWithoutHash", set.Notes.EntriesWithoutHash);
        writer.WriteEndObject();
        writer.WriteString("sourceSha256", set.SourceSha256);
        writer.WriteString("setSha256", set.Sha256);
    }

    /// <summary>cairn known import FILE --name NAME</summary>
    private sealed class ImportCommand : Command
    {
        private readonly Terminal terminal;
        private readonly Argument<string[]> files = new("FILE")
        {
            Description = "Files of hashes, which become one set: md5sum text, CSV, NSRL RDS 3 (SQLite), EnCase hash file, VICS JSON, list of PDQ hashes.",
            Arity = ArgumentArity.OneOrMore,
        };
        private readonly KnownNameOption name = new();
        private readonly MeaningOption meaning = new();
        private readonly KnownVersionOption version = new();
        private readonly KnownSourceOption source = new();
        private readonly LicenceOption licence = new();
        private readonly KnownFormatOption format = new();
        private readonly CategoriesOption categories = new();
        private readonly MinQualityOption minQuality = new();
        private readonly KnownDirectoryOption directory = new();
        private readonly JsonOption json = new();

        public ImportCommand(Terminal terminal)
            : base("import", "Import files of hashes as a known set; whole or not at all.")
        {
            this.terminal = terminal;
            Arguments.Add(files);
            Options.Add(name);
            Options.Add(meaning);
            Options.Add(version);
            Options.Add(source);
            Options.Add(licence);
            Options.Add(format);
            Options.Add(categories);
            Options.Add(minQuality);
            Options.Add(directory);
            Options.Add(json);
            SetAction(RunAsync);
        }

        private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
        {
            KnownLibrary library = KnownLibrary.Open(directory.Of(parsed, terminal));
            using var progress = new ImportDisplay(terminal);
            KnownSetInfo set = await library.ImportAsync(
                parsed.GetRequiredValue(files),
                new ImportOptions
                {
                    Name = parsed.GetRequiredValue(name),
                    Meaning = parsed.GetValue(meaning),
                    Version = parsed.GetValue(version),
                    Source = parsed.GetValue(source),
                    Licence = parsed.GetValue(licence),
                    Format = parsed.GetValue(format),
                    Mapping = parsed.GetValue(categories),
                    MinQuality = parsed.GetValue(minQuality),
                },
                progress,
                cancel).ConfigureAwait(false);
            progress.Dispose();
            if (parsed.GetValue(json))
            {
                JsonResult.Write(terminal, writer => Write(writer, set));
            }
            else
            {
                Screen screen = new(terminal.Out);
                screen.Line($"{VisibleText.Escape(set.Name)} ({set.Meaning.ToText()}), version {VisibleText.Escape(set.Version)}: "
                    + $"{Quantity.Count(set.Entries, "entry", "entries")}, {Quantity.Count(set.Hashes, "hash", "hashes")}; SHA-256 of the {(set.Files.Count == 0 ? "file" : "list of the files")} {set.SourceSha256}");
                Report(screen, set.Notes);
            }

            return ExitCodes.Done;
        }

        private static void Report(Screen screen, KnownImportNotes notes)
        {
            foreach ((long count, string what) in ((long, string)[])
                [
                    (notes.Withdrawn, "entries are withdrawn and not in the set"),
                    (notes.Duplicates, "hashes belong to several entries of the same meaning and category"),
                    (notes.Contradictions, "hashes belong to entries of different meanings or categories; all are kept"),
                    (notes.PhotoDnaIgnored, "PhotoDNA values are not used"),
                    (notes.OtherHashesIgnored, "hashes of other algorithms are not used"),
                    (notes.LowQualityIgnored, "PDQ hashes are of too low a quality and not used"),
                    (notes.EntriesWithoutHash, "entries have no hash that can be used"),
                ])
            {
                if (count > 0)
                {
                    screen.Line($"  {Quantity.Count(count)}: {what}");
                }
            }

            foreach (string contradiction in notes.Contradicting)
            {
                screen.Line($"    {VisibleText.Escape(contradiction)}");
            }
        }
    }

    /// <summary>Each stage of an import as a count of bytes.</summary>
    private sealed class ImportDisplay(Terminal terminal) : IProgress<ImportProgress>, IDisposable
    {
        private string stage = "";
        private ByteProgress? current;

        public void Report(ImportProgress value)
        {
            if (value.Stage != stage)
            {
                Dispose();
                stage = value.Stage;
                current = new ByteProgress(terminal, value.Stage, Quantity.Count);
            }

            current?.Report((value.Done, value.Total));
        }

        public void Dispose()
        {
            current?.Dispose();
            current = null;
        }
    }

    /// <summary>cairn known list</summary>
    private sealed class ListCommand : Command
    {
        public ListCommand(Terminal terminal)
            : base("list", "List the imported sets.")
        {
            var check = new CheckOption();
            var directory = new KnownDirectoryOption();
            var json = new JsonOption();
            Options.Add(check);
            Options.Add(directory);
            Options.Add(json);
            SetAction((parsed, cancel) =>
            {
                KnownLibrary library = KnownLibrary.Open(directory.Of(parsed, terminal));
                IReadOnlyList<KnownSetInfo> sets = library.Sets;
                IReadOnlyList<DamagedSet> damaged = parsed.GetValue(check) ? library.Check(cancel) : library.Damaged;
                if (parsed.GetValue(json))
                {
                    JsonResult.Write(terminal, writer => Write(writer, sets, damaged));
                }
                else
                {
                    Show(sets, damaged, terminal);
                }

                return Task.FromResult(damaged.Count > 0 ? ExitCodes.DoneWithProblems : ExitCodes.Done);
            });
        }

        private static void Write(Utf8JsonWriter writer, IReadOnlyList<KnownSetInfo> sets, IReadOnlyList<DamagedSet> damaged)
        {
            writer.WriteStartArray("sets");
            foreach (KnownSetInfo set in sets)
            {
                writer.WriteStartObject();
                KnownCommand.Write(writer, set);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("damaged");
            foreach (DamagedSet set in damaged)
            {
                writer.WriteStartObject();
                writer.WriteString("name", set.Name);
                writer.WriteString("version", set.Version);
                writer.WriteString("path", set.Path);
                writer.WriteString("reason", set.Reason);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        private static void Show(IReadOnlyList<KnownSetInfo> sets, IReadOnlyList<DamagedSet> damaged, Terminal terminal)
        {
            Screen screen = new(terminal.Out);
            if (sets.Count == 0 && damaged.Count == 0)
            {
                screen.Line("No known set is imported: cairn known import FILE --name NAME");
            }
            else if (sets.Count > 0)
            {
                screen.Table(0, ["name", "version", "meaning", "entries>", "MD5>", "SHA-1>", "SHA-256>", "PDQ>", "source", "licence"],
                    [.. sets.Select(s => new[] { s.Name, s.Version, s.Meaning.ToText(), Quantity.Count(s.Entries), Quantity.Count(s.Md5Count), Quantity.Count(s.Sha1Count), Quantity.Count(s.Sha256Count), Quantity.Count(s.PdqCount), s.Source, s.Licence ?? "" })]);
            }

            foreach (DamagedSet set in damaged)
            {
                terminal.Error.WriteLine($"{VisibleText.Escape(set.Name)} {VisibleText.Escape(set.Version)}: {VisibleText.Escape(set.Reason)}");
            }
        }
    }

    /// <summary>cairn known remove NAME</summary>
    private sealed class RemoveCommand : Command
    {
        public RemoveCommand(Terminal terminal)
            : base("remove", "Remove a set; cases that used it keep their hits.")
        {
            var name = new Argument<string>("NAME") { Description = "Name of the set." };
            var version = new KnownVersionOption();
            var directory = new KnownDirectoryOption();
            var json = new JsonOption();
            Arguments.Add(name);
            Options.Add(version);
            Options.Add(directory);
            Options.Add(json);
            SetAction(parsed =>
            {
                string doomed = parsed.GetRequiredValue(name);
                int count = KnownLibrary.Open(directory.Of(parsed, terminal)).Remove(doomed, parsed.GetValue(version));
                if (parsed.GetValue(json))
                {
                    JsonResult.Write(terminal, writer =>
                    {
                        writer.WriteString("name", doomed);
                        writer.WriteNumber("removed", count);
                    });
                }
                else
                {
                    new Screen(terminal.Out).Line($"{VisibleText.Escape(doomed)}: {Quantity.Count(count, "version", "versions")} removed");
                }

                return ExitCodes.Done;
            });
        }
    }
}
