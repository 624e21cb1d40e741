using System.CommandLine;
using System.Globalization;
using Cairn.CaseStore;
using Cairn.Cli.Options;
using Cairn.Core;
using Cairn.Engine;
using Cairn.Reports;

namespace Cairn.Cli.Commands;

/// <summary>cairn cat --case DIR ENTRY</summary>
internal sealed class CatCommand : Command
{
    private const int BlockBytes = 1 << 20;
    private readonly Terminal terminal;
    private readonly EntryArgument entry = new();
    private readonly CaseOption caseDirectory = new("Folder of the case.");
    private readonly VolumeOption volume = new();
    private readonly ExhibitOption exhibit = new("The evidence, by its exhibit reference or row id, where the case has several.");
    private readonly SlackOption slack = new();
    private readonly ForceOption force = new();
    private readonly PasswordsOption passwords = new();

    public CatCommand(Terminal terminal)
        : base("cat", "Write the bytes of an entry to standard output, from the evidence where it lies.")
    {
        this.terminal = terminal;
        Arguments.Add(entry);
        Options.Add(caseDirectory);
        Options.Add(volume);
        Options.Add(exhibit);
        Options.Add(slack);
        Options.Add(force);
        Options.Add(passwords);
        SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        using CaseReader reader = CaseReader.Open(parsed.GetRequiredValue(caseDirectory));
        IReadOnlyList<StoredEvidence> evidence = Evidence(reader, parsed.GetValue(exhibit));
        string? wanted = parsed.GetValue(entry);
        int? index = parsed.GetValue(volume);
        if (wanted is null && index is null)
        {
            throw new UsageException("give an ENTRY (row id or path), or --volume N for the bytes of a whole volume. See 'cairn cat --help'.");
        }

        if (wanted is null)
        {
            if (evidence.Count != 1)
            {
                throw new UsageException("the case has several evidence: say with --exhibit which one's volume is meant.");
            }

            using OpenedEntry whole = EntryReader.OpenVolume(reader, evidence[0].Id, index!.Value);
            return Copy(whole.Bytes, parsed.GetValue(force), cancel);
        }

        long id = Find(reader, evidence, wanted, index);
        using OpenedEntry opened = EntryReader.Open(reader, id, parsed.GetValue(slack), passwords.Read(parsed));
        return Copy(opened.Bytes, parsed.GetValue(force), cancel);
    }

    private static IReadOnlyList<StoredEvidence> Evidence(CaseReader reader, string? exhibit)
    {
        IReadOnlyList<StoredEvidence> all = reader.Evidence();
        if (exhibit is null)
        {
            return all;
        }

        StoredEvidence[] chosen = [.. all.Where(e => e.Row.Exhibit == exhibit)];
        if (chosen.Length == 0 && long.TryParse(exhibit, NumberStyles.None, CultureInfo.InvariantCulture, out long id))
        {
            chosen = [.. all.Where(e => e.Id == id)];
        }

        return chosen.Length > 0 ? chosen : throw new UsageException($"the case has no exhibit {exhibit}; 'cairn show' lists them.");
    }

    private long Find(CaseReader reader, IReadOnlyList<StoredEvidence> evidence, string wanted, int? index)
    {
        // With a volume given, digits can only be a name.
        if (index is null && long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out long id))
        {
            return reader.Entry(id)?.Id ?? throw new UsageException($"the case has no row {id}; 'cairn export jsonl' lists them. For a file of that name write ./{wanted}.");
        }

        string path = wanted.StartsWith("./", StringComparison.Ordinal) ? wanted[2..] : wanted;
        path = path.TrimStart('/');
        List<ExportRow> found = [.. Find(reader, evidence, index, path, "")];
        int colon = path.LastIndexOf(':');
        if (found.Count == 0 && colon >= 0)
        {
            found = [.. Find(reader, evidence, index, path[..colon], path[(colon + 1)..])];
        }

        if (found.Count == 0)
        {
            throw new UsageException($"the case has no entry {wanted}{(index is int n ? $" on volume {n}" : "")}; 'cairn export jsonl' lists them.");
        }

        // A deleted name may equal a live one: the live one is meant, and the others are told of.
        List<ExportRow> live = [.. found.Where(r => r.State == EntryState.Allocated)];
        List<ExportRow> candidates = live.Count > 0 ? live : found;
        if (candidates.Count > 1)
        {
            throw new UsageException($"{wanted} is {candidates.Count} entries: give one of the rows {string.Join(", ", candidates.Take(20).Select(r => $"{r.Id} (volume {r.VolumeIndex}, {FieldWords.Of(r.State)})"))}.");
        }

        if (found.Count > 1)
        {
            terminal.Complain($"{wanted} is also {string.Join(", ", found.Where(r => r.Id != candidates[0].Id).Take(20).Select(r => $"row {r.Id} ({FieldWords.Of(r.State)})"))}.");
        }

        return candidates[0].Id;
    }

    private static IEnumerable<ExportRow> Find(CaseReader reader, IReadOnlyList<StoredEvidence> evidence, int? index, string path, string stream)
    {
        foreach (StoredEvidence item in evidence)
        {
            foreach (VolumeRow row in reader.Volumes(item.Id))
            {
                if (row.FileSystem is null || (index is int wanted && wanted != row.Index))
                {
                    continue;
                }

                foreach (ExportRow found in reader.Find(item.Id, row.Index, path, stream))
                {
                    yield return found;
                }
            }
        }
    }

    private int Copy(IByteSource source, bool force, CancellationToken cancel)
    {
        byte[] block = new byte[BlockBytes];
        bool damaged = false;
        terminal.Out.Flush();
        for (long at = 0; at < source.Length;)
        {
            cancel.ThrowIfCancellationRequested();
            int got = source.ReadAvailable(at, block.AsSpan(0, (int)Math.Min(block.Length, source.Length - at)), (range, reason) =>
            {
                damaged = true;
                terminal.Complain($"{range.Length:N0} bytes at offset {range.Offset:N0} cannot be read and are written as zeros: {reason}.");
            });
            if (got == 0)
            {
                damaged = true;
                terminal.Complain($"the content ends at offset {at:N0}, {source.Length - at:N0} bytes early.");
                break;
            }

            if (terminal.OutIsTerminal && !force && !IsText(block.AsSpan(0, got)))
            {
                throw new UsageException("this is not text, and standard output is a terminal: send it to a file (> FILE), or give --force.");
            }

            terminal.OutBytes.Write(block.AsSpan(0, got));
            at += got;
        }

        terminal.OutBytes.Flush();
        return damaged ? ExitCodes.DoneWithProblems : ExitCodes.Done;
    }

    /// <summary>No byte that a terminal would act on, other than tab and line ends.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b is < 0x20 and not (0x09 or 0x0A or 0x0D) or 0x7F)
            {
                return false;
            }
        }

        // The controls of Latin-1 reach a terminal as C2 80 to C2 9F. A block may end within a character, so only a short one must be whole.
        return !HasC1(bytes) && (bytes.Length == BlockBytes || System.Text.Unicode.Utf8.IsValid(bytes));
    }

    private static bool HasC1(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i + 1 < bytes.Length; i++)
        {
            if (bytes[i] == 0xC2 && bytes[i + 1] is >= 0x80 and <= 0x9F)
            {
                return true;
            }
        }

        return false;
    }
}
