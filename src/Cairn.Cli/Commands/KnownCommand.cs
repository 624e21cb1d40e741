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
        writer.WriteString("sourceSha256", set.SourceSha256);
        writer.WriteString("setSha256", set.Sha256);
    }

    /// <summary>cairn known import FILE --name NAME</summary>
    private sealed class ImportCommand : Command
    {
        private readonly Terminal terminal;
        private readonly Argument<string> file = new("FILE") { Description = "File of hashes: md5sum text, CSV, NSRL RDS 3 (SQLite), EnCase hash file." };
        private readonly KnownNameOption name = new();
        private readonly MeaningOption meaning = new();
        private readonly KnownVersionOption version = new();
        private readonly KnownSourceOption source = new();
        private readonly LicenceOption licence = new();
        private readonly KnownFormatOption format = new();
        private readonly KnownDirectoryOption directory = new();
        private readonly JsonOption json = new();

        public ImportCommand(Terminal terminal)
            : base("import", "Import a file of hashes as a known set; whole or not at all.")
        {
            this.terminal = terminal;
            Arguments.Add(file);
            Options.Add(name);
            Options.Add(meaning);
            Options.Add(version);
            Options.Add(source);
            Options.Add(licence);
            Options.Add(format);
            Options.Add(directory);
            Options.Add(json);
            SetAction(RunAsync);
        }

        private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
        {
            string path = parsed.GetRequiredValue(file);
            KnownLibrary library = KnownLibrary.Open(directory.Of(parsed, terminal));
            using var progress = new ImportDisplay(terminal);
            KnownSetInfo set = await library.ImportAsync(
                path,
                new ImportOptions
                {
                    Name = parsed.GetRequiredValue(name),
                    Meaning = parsed.GetValue(meaning),
                    Version = parsed.GetValue(version),
                    Source = parsed.GetValue(source),
                    Licence = parsed.GetValue(licence),
                    Format = parsed.GetValue(format),
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
                new Screen(terminal.Out).Line($"{VisibleText.Escape(set.Name)} ({set.Meaning.ToText()}), version {VisibleText.Escape(set.Version)}: "
                    + $"{Quantity.Count(set.Entries, "entry", "entries")}, {Quantity.Count(set.Hashes, "hash", "hashes")}; SHA-256 of the file {set.SourceSha256}");
            }

            return ExitCodes.Done;
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
            var directory = new KnownDirectoryOption();
            var json = new JsonOption();
            Options.Add(directory);
            Options.Add(json);
            SetAction(parsed =>
            {
                IReadOnlyList<KnownSetInfo> sets = KnownLibrary.Open(directory.Of(parsed, terminal)).Sets;
                if (parsed.GetValue(json))
                {
                    JsonResult.Write(terminal, writer =>
                    {
                        writer.WriteStartArray("sets");
                        foreach (KnownSetInfo set in sets)
                        {
                            writer.WriteStartObject();
                            Write(writer, set);
                            writer.WriteEndObject();
                        }

                        writer.WriteEndArray();
                    });
                }
                else if (sets.Count == 0)
                {
                    new Screen(terminal.Out).Line("No known set is imported: cairn known import FILE --name NAME");
                }
                else
                {
                    new Screen(terminal.Out).Table(0, ["name", "version", "meaning", "entries>", "MD5>", "SHA-1>", "SHA-256>", "source", "licence"],
                        [.. sets.Select(s => new[] { s.Name, s.Version, s.Meaning.ToText(), Quantity.Count(s.Entries), Quantity.Count(s.Md5Count), Quantity.Count(s.Sha1Count), Quantity.Count(s.Sha256Count), s.Source, s.Licence ?? "" })]);
                }

                return ExitCodes.Done;
            });
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
