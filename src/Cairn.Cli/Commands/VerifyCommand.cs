using System.CommandLine;
using Cairn.CaseStore;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Core;
using Cairn.Engine;
using Cairn.Reports;
using Cairn.Reports.Portable;

namespace Cairn.Cli.Commands;

/// <summary>cairn verify EVIDENCE | --case DIR</summary>
internal sealed class VerifyCommand : Command
{
    private const int FindingsInFull = 100;
    private readonly Terminal terminal;
    private readonly EvidenceArgument evidence = new(ArgumentArity.ZeroOrMore);
    private readonly CaseOption caseDirectory = new("Verify this case: its rows, its audit log and, unless --no-evidence, its evidence again.", required: false);
    private readonly PortableOption portable = new();
    private readonly CheckpointOption checkpoint = new();
    private readonly NoEvidenceOption noEvidence = new();
    private readonly MediaHashOption mediaHash = new();
    private readonly JsonOption json = new();

    public VerifyCommand(Terminal terminal)
        : base("verify", "Verify evidence against the hashes stored in it, a case against its audit log and its evidence, or a portable case against its signed list.")
    {
        this.terminal = terminal;
        Arguments.Add(evidence);
        Options.Add(caseDirectory);
        Options.Add(portable);
        Options.Add(checkpoint);
        Options.Add(noEvidence);
        Options.Add(mediaHash);
        Options.Add(json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string[] paths = parsed.GetValue(evidence) ?? [];
        string? directory = parsed.GetValue(caseDirectory);
        string? folder = parsed.GetValue(portable);
        if ((paths.Length > 0 ? 1 : 0) + (directory is null ? 0 : 1) + (folder is null ? 0 : 1) != 1)
        {
            throw new UsageException("give one of EVIDENCE, --case DIR and --portable FOLDER to verify. See 'cairn verify --help'.");
        }

        if (folder is not null)
        {
            return await PortableAsync(folder, parsed, cancel).ConfigureAwait(false);
        }

        if (directory is null && (parsed.GetValue(checkpoint) is not null || parsed.GetValue(noEvidence)))
        {
            throw new UsageException("--checkpoint and --no-evidence go with --case DIR.");
        }

        return directory is null
            ? await EvidenceAsync(paths, parsed.GetValue(mediaHash) == MediaHashChoice.All, parsed.GetValue(json), cancel).ConfigureAwait(false)
            : await CaseAsync(directory, parsed, cancel).ConfigureAwait(false);
    }

    private async Task<int> EvidenceAsync(string[] paths, bool all, bool asJson, CancellationToken cancel)
    {
        List<EvidenceVerification> results = [];
        foreach (string path in paths)
        {
            results.Add(await ReadAsync(path, all, cancel).ConfigureAwait(false));
        }

        if (asJson)
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.WriteString("tool", Examiner.ToolVersion);
                writer.WriteStartArray("evidence");
                foreach (EvidenceVerification result in results)
                {
                    writer.WriteStartObject();
                    Write(writer, result);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                if (results.Count == 1)
                {
                    Write(writer, results[0]);
                }
            });
        }
        else
        {
            var screen = new Screen(terminal.Out);
            screen.Line(Examiner.ToolVersion);
            screen.Pair("Verified", Quantity.Utc(TimeProvider.System.GetUtcNow()));
            foreach (EvidenceVerification result in results)
            {
                screen.Line();
                Write(screen, result);
            }
        }

        return results.All(Sound) ? ExitCodes.Done : ExitCodes.DoneWithProblems;
    }

    private async Task<EvidenceVerification> ReadAsync(string path, bool all, CancellationToken cancel)
    {
        using var progress = new ByteProgress(terminal, Path.GetFileName(path), Quantity.Size);
        return await Task.Run(() => EvidenceVerifier.RunAsync(path, all, progress, cancel), CancellationToken.None).ConfigureAwait(false);
    }

    private static bool Sound(EvidenceVerification result) => result.Verified != false && result.ContainerIntact && result.Problems.All(p => p.Kind == ProblemKind.Notice);

    private static void Write(System.Text.Json.Utf8JsonWriter writer, EvidenceVerification result)
    {
        writer.WriteString("path", result.Path);
        writer.WriteString("type", result.TypeName);
        writer.WriteNumber("size", result.Size);
        JsonResult.Hashes(writer, result.Stored, result.Computed, result.Verified);
        writer.WriteBoolean("containerIntact", result.ContainerIntact);
        writer.WriteStartArray("problems");
        foreach (Problem problem in result.Problems)
        {
            ProblemJson.Write(writer, problem);
        }

        writer.WriteEndArray();
        writer.WriteNumber("seconds", Math.Round(result.Seconds, 3));
    }

    private static void Write(Screen screen, EvidenceVerification result)
    {
        screen.Pair("Evidence", result.Path);
        screen.Pair("Type", result.TypeName, 2);
        screen.Pair("Media", Quantity.ExactSize(result.Size), 2);
        foreach ((string label, string text) in HashReport.Lines(result.Stored, result.Computed))
        {
            screen.Pair(label, text, 2);
        }

        screen.Pair("Container", result.ContainerIntact ? "intact" : "DAMAGED: see the problems", 2);
        screen.Pair("Outcome", result.Verified switch
        {
            true => "VERIFIED: every stored hash equals the computed one",
            false => "NOT VERIFIED: a stored hash differs from the computed one",
            null => "no hash is stored in the evidence to compare with",
        }, 2);
        screen.Pair("Read in", $"{Quantity.Duration(TimeSpan.FromSeconds(result.Seconds))}{(result.Seconds > 0.01 ? $", {Quantity.Size((long)(result.Size / result.Seconds))}/s" : "")}", 2);
        screen.Pair("Problems", result.Problems.Count == 0 ? "none" : Quantity.Count(result.Problems.Count), 2);
        foreach (Problem problem in result.Problems.Take(FindingsInFull))
        {
            string at = problem.Offset is long offset ? $" (offset {Quantity.Count(offset)}{(problem.Length is long length ? $", {Quantity.Count(length, "byte", "bytes")}" : "")})" : "";
            screen.Line($"    {FieldWords.Of(problem.Kind)}: {VisibleText.Escape(problem.Place)}: {VisibleText.Escape(problem.Reason)}{at}");
        }

        if (result.Problems.Count > FindingsInFull)
        {
            screen.Line($"    and {Quantity.Count(result.Problems.Count - FindingsInFull)} more: --json lists all");
        }
    }

    private async Task<int> PortableAsync(string folder, ParseResult parsed, CancellationToken cancel)
    {
        string? pinned = parsed.GetValue(checkpoint) is string file ? await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false) : null;
        PortableVerification result = await Task.Run(() => PortableVerifier.Verify(folder, pinned, null, cancel), CancellationToken.None).ConfigureAwait(false);
        if (parsed.GetValue(json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.WriteString("portable", Path.GetFullPath(folder));
                writer.WriteBoolean("verified", result.Intact);
                writer.WriteNumber("files", result.Files);
                writer.WriteNumber("logEntries", result.LogEntries);
                writer.WriteString("root", result.Root is null ? null : Convert.ToHexStringLower(result.Root));
                writer.WriteString("key", result.VerifierKey);
                Texts(writer, "findings", result.Findings);
                Texts(writer, "notices", result.Notices);
            });
        }
        else
        {
            Screen screen = new(terminal.Out);
            screen.Line(Examiner.ToolVersion);
            screen.Pair("Portable case", Path.GetFullPath(folder));
            screen.Pair("Files", $"{Quantity.Count(result.Files)} as they were written");
            screen.Pair("Audit log", $"{Quantity.Count(result.LogEntries, "entry", "entries")}{(result.Root is null ? "" : $", root {Convert.ToHexStringLower(result.Root)}")}");
            screen.Pair("Signed with", VisibleText.Escape(result.VerifierKey));
            screen.Pair("Outcome", result.Intact ? "VERIFIED: nothing was changed since it was signed; ask the unit whether that key is theirs" : "NOT VERIFIED: see below");
            foreach (string line in result.Findings.Take(FindingsInFull))
            {
                screen.Line($"    {VisibleText.Escape(line)}");
            }

            if (result.Findings.Count > FindingsInFull)
            {
                screen.Line($"    and {Quantity.Count(result.Findings.Count - FindingsInFull)} more: --json lists all");
            }

            foreach (string notice in result.Notices)
            {
                screen.Line($"    notice: {VisibleText.Escape(notice)}");
            }
        }

        return result.Intact ? ExitCodes.Done : ExitCodes.DoneWithProblems;
    }

    private static void Texts(System.Text.Json.Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private async Task<int> CaseAsync(string directory, ParseResult parsed, CancellationToken cancel)
    {
        string? pinned = null;
        if (parsed.GetValue(checkpoint) is string file)
        {
            pinned = await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false);
        }

        CaseVerification result;
        using (var progress = new ByteProgress(terminal, "rows", Count))
        {
            result = await Task.Run(() => CaseVerifier.Verify(directory, pinned, progress, cancel), CancellationToken.None).ConfigureAwait(false);
        }

        List<EvidenceAgain> again = parsed.GetValue(noEvidence) ? [] : await AgainAsync(directory, cancel).ConfigureAwait(false);
        bool sound = result.Intact && again.All(a => a.Outcome != AgainOutcome.Differs && a.Outcome != AgainOutcome.CannotBeRead);
        if (parsed.GetValue(json))
        {
            WriteJson(directory, result, again, sound);
        }
        else
        {
            WriteScreen(directory, result, again, parsed.GetValue(noEvidence));
        }

        return sound ? ExitCodes.Done : ExitCodes.DoneWithProblems;
    }

    private static string Count(long value) => Quantity.Count(value);

    /// <summary>Reads every evidence of the case again and holds it against the hashes that the case recorded.</summary>
    private async Task<List<EvidenceAgain>> AgainAsync(string directory, CancellationToken cancel)
    {
        List<(StoredEvidence Evidence, IReadOnlyList<MediaHashRow> Hashes)> recorded;
        using (CaseReader reader = CaseReader.Open(directory))
        {
            recorded = [.. reader.Evidence().Select(e => (e, reader.MediaHashes(e.Id)))];
        }

        List<EvidenceAgain> again = [];
        foreach ((StoredEvidence item, IReadOnlyList<MediaHashRow> hashes) in recorded)
        {
            EvidenceRow row = item.Row;
            if (row.IsLogical || hashes.Count == 0)
            {
                again.Add(new EvidenceAgain(row, AgainOutcome.NothingToCompare, row.IsLogical
                    ? $"a {row.TypeName} has no media hash; examine it into a new case and compare the exports"
                    : "the case holds no media hash of it (--no-content, --media-hash none, or the run was stopped)"));
                continue;
            }

            try
            {
                // Only the stored algorithms are computed unless the case needs more.
                bool all = hashes.Any(h => row.StoredHashes.All(s => s.Algorithm != h.Algorithm));
                EvidenceVerification verification = await ReadAsync(row.Path, all, cancel).ConfigureAwait(false);
                List<string> equal = [], different = [];
                foreach (MediaHashRow hash in hashes)
                {
                    if (verification.Computed.FirstOrDefault(c => c.Algorithm == hash.Algorithm) is MediaHashRow computed)
                    {
                        (computed.Value.AsSpan().SequenceEqual(hash.Value) ? equal : different).Add(hash.Algorithm);
                    }
                }

                again.Add(different.Count > 0
                    ? new EvidenceAgain(row, AgainOutcome.Differs, $"DIFFERS from what was examined ({string.Join(", ", different)})")
                    : verification.Problems.Any(p => p.Kind != ProblemKind.Notice && p.Kind != ProblemKind.Mismatch) && equal.Count == 0
                    ? new EvidenceAgain(row, AgainOutcome.CannotBeRead, verification.Problems[0].Reason)
                    : new EvidenceAgain(row, AgainOutcome.Equal, $"equal to what was examined ({string.Join(", ", equal)})"));
            }
            catch (EvidenceException error)
            {
                again.Add(new EvidenceAgain(row, AgainOutcome.CannotBeRead, error.Message));
            }
        }

        return again;
    }

    private void WriteScreen(string directory, CaseVerification result, List<EvidenceAgain> again, bool evidenceLeftOut)
    {
        var screen = new Screen(terminal.Out);
        screen.Line(Examiner.ToolVersion);
        screen.Pair("Verified", Quantity.Utc(TimeProvider.System.GetUtcNow()));
        screen.Pair("Case", Path.GetFullPath(directory));
        screen.Pair("Audit log", $"{Quantity.Count(result.AuditEntries, "entry", "entries")}, root {Convert.ToHexStringLower(result.Root)}");
        screen.Pair("Rows", $"{Quantity.Count(result.Rows)} checked against it");
        foreach (CaseCheckpoint stored in result.Checkpoints)
        {
            screen.Pair(stored.Number == 1 ? "Checkpoints" : "", $"{stored.Number}: {Quantity.Count(stored.Size, "entry", "entries")}, root {Convert.ToHexStringLower(stored.Root)}, key {stored.VerifierKey}");
        }

        if (result.EntriesAfterCheckpoint > 0)
        {
            screen.Pair("", $"{Quantity.Count(result.EntriesAfterCheckpoint, "entry is", "entries are")} not covered by a checkpoint");
        }

        if (result.Review is ReviewVerification review)
        {
            screen.Pair("Review", $"{Quantity.Count(review.Log.Rows, "row", "rows")} checked against its own audit log of {Quantity.Count(review.Log.AuditEntries, "entry", "entries")}, root {Convert.ToHexStringLower(review.Log.Root)}");
            screen.Pair("", $"{Quantity.Count(review.Contents, "content", "contents")} held against the votes; {Quantity.Count(review.Log.Checkpoints.Count, "checkpoint", "checkpoints")}");
        }
        else
        {
            screen.Pair("Review", "none: nobody has reviewed the case");
        }

        screen.Pair("Kept elsewhere", (result.PinnedSize ?? result.Review?.Log.PinnedSize) is long size
            ? $"the checkpoint given covers {Quantity.Count(size, "entry", "entries")}{(result.PinnedSize is null ? " of the review's log" : "")}"
            : "no checkpoint given (--checkpoint FILE): a case replaced as a whole would not be noticed");
        foreach (string notice in result.Notices)
        {
            screen.Pair("Notice", notice);
        }

        screen.Pair("Case is", result.Intact ? "INTACT: every row is as it was written" : $"NOT INTACT: {Quantity.Count(result.Findings.Count, "finding", "findings")}");
        foreach (CaseFinding finding in result.Findings.Take(FindingsInFull))
        {
            string where = $"{finding.Table}{(finding.Batch is long batch ? $", batch {batch}" : "")}{(finding.Row is long row ? $", row {row}" : "")}";
            screen.Line($"  {VisibleText.Escape(where)}: {VisibleText.Escape(finding.What)}");
        }

        if (result.Findings.Count > FindingsInFull)
        {
            screen.Line($"  and {Quantity.Count(result.Findings.Count - FindingsInFull)} more: --json lists all");
        }

        foreach (EvidenceAgain item in again)
        {
            screen.Pair("Evidence", $"{item.Row.Path}: {item.Why}");
        }

        if (evidenceLeftOut)
        {
            screen.Pair("Evidence", "not read again (--no-evidence)");
        }
    }

    private void WriteJson(string directory, CaseVerification result, List<EvidenceAgain> again, bool sound) => JsonResult.Write(terminal, writer =>
    {
        writer.WriteString("tool", Examiner.ToolVersion);
        writer.WriteString("case", Path.GetFullPath(directory));
        writer.WriteBoolean("verified", sound);
        writer.WriteBoolean("intact", result.Intact);
        writer.WriteNumber("auditEntries", result.AuditEntries);
        writer.WriteNumber("rows", result.Rows);
        writer.WriteString("root", Convert.ToHexStringLower(result.Root));
        writer.WriteNumber("entriesAfterCheckpoint", result.EntriesAfterCheckpoint);
        JsonResult.Nullable(writer, "pinnedSize", result.PinnedSize);
        if (result.Review is ReviewVerification review)
        {
            writer.WriteStartObject("review");
            writer.WriteBoolean("intact", review.Log.Intact);
            writer.WriteNumber("auditEntries", review.Log.AuditEntries);
            writer.WriteNumber("rows", review.Log.Rows);
            writer.WriteString("root", Convert.ToHexStringLower(review.Log.Root));
            writer.WriteNumber("contents", review.Contents);
            writer.WriteNumber("checkpoints", review.Log.Checkpoints.Count);
            writer.WriteNumber("entriesAfterCheckpoint", review.Log.EntriesAfterCheckpoint);
            JsonResult.Nullable(writer, "pinnedSize", review.Log.PinnedSize);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("review");
        }

        writer.WriteStartArray("checkpoints");
        foreach (CaseCheckpoint stored in result.Checkpoints)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", stored.Number);
            writer.WriteNumber("size", stored.Size);
            writer.WriteString("root", Convert.ToHexStringLower(stored.Root));
            writer.WriteString("key", stored.VerifierKey);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("findings");
        foreach (CaseFinding finding in result.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("table", finding.Table);
            JsonResult.Nullable(writer, "batch", finding.Batch);
            JsonResult.Nullable(writer, "row", finding.Row);
            writer.WriteString("what", finding.What);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notices");
        foreach (string notice in result.Notices)
        {
            writer.WriteStringValue(notice);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("evidence");
        foreach (EvidenceAgain item in again)
        {
            writer.WriteStartObject();
            writer.WriteString("path", item.Row.Path);
            writer.WriteString("exhibit", item.Row.Exhibit);
            writer.WriteString("outcome", item.Outcome switch
            {
                AgainOutcome.Equal => "equal",
                AgainOutcome.Differs => "differs",
                AgainOutcome.CannotBeRead => "cannot be read",
                _ => "nothing to compare",
            });
            writer.WriteString("why", item.Why);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private enum AgainOutcome
    {
        Equal,
        Differs,
        CannotBeRead,
        NothingToCompare,
    }

    /// <summary>An evidence of the case, read again.</summary>
    private sealed record EvidenceAgain(EvidenceRow Row, AgainOutcome Outcome, string Why);
}
