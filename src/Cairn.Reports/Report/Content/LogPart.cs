using Cairn.CaseStore;

namespace Cairn.Reports.Report.Content;

/// <summary>The head of the audit log, and how anyone can check it.</summary>
internal static class LogPart
{
    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        yield return new ParagraphBlock("Everything that Cairn did is in the audit log of the case. Each entry holds digests of the rows that it added, and the entries are the leaves of a Merkle tree (RFC 9162): one number, the root, stands for all of them, and no entry can be changed, removed or put in another place without changing it. At the end of each run the root is signed.");
        if (facts.LastAudit is AuditEntry last)
        {
            yield return new FactsBlock("Head of the audit log",
            [
                new ReportFact("Entries", Quantity.Count(last.Sequence)),
                new ReportFact("Root", ReportText.Code(Convert.ToHexStringLower(last.Root))),
                new ReportFact("Last entry", ReportText.Join(ReportText.Evidence(last.Action), $", {Words.Clock(last.Utc)}, by ", ReportText.Evidence($"{last.Who} on {last.Host}"))),
                new ReportFact("Signed checkpoints", Quantity.Count(facts.Checkpoints.Count)),
            ]);
        }

        foreach (ReportBlock block in Verification(facts))
        {
            yield return block;
        }

        if (facts.Checkpoints.Count > 0)
        {
            CaseCheckpoint head = facts.Checkpoints[^1];
            yield return new HeadingBlock("The signed head");
            yield return new ParagraphBlock($"Checkpoint {head.Number} covers {Quantity.Count(head.Size, "entry", "entries")}. This is its text, exactly; a copy lies in the folder \"checkpoints\" of the case.");
            yield return new LinesBlock(head.Text.TrimEnd('\n').Split('\n'));
            yield return new ParagraphBlock("The public key that its signature is checked with (C2SP signed note):");
            yield return new LinesBlock([head.VerifierKey]);
        }

        if (facts.Review.Checkpoints.Count > 0)
        {
            CaseCheckpoint review = facts.Review.Checkpoints[^1];
            yield return new HeadingBlock("The signed head of the review");
            yield return new ParagraphBlock(ReportText.Join("What people did is in a log of its own, made in the same way, in ", ReportText.Code("review.db"), $". Its checkpoint {review.Number} covers {Quantity.Count(review.Size, "entry", "entries")}; the grades of this report are those of the day it was made."));
            yield return new LinesBlock([.. review.Text.TrimEnd('\n').Split('\n'), "", review.VerifierKey]);
        }

        yield return new HeadingBlock("To check it with Cairn, without a network");
        yield return new ListBlock(
        [
            "Copy the folder of the case. No evidence and no network are needed.",
            "Put the text of the signed head above, as it was printed or kept elsewhere, into a file: its lines, then a line feed. Best is a copy that never lay with the case.",
            ReportText.Join("Run ", ReportText.Code("cairn verify --case FOLDER --no-evidence --checkpoint FILE"), ". It checks every row against the log, the log against its tree, and the signatures, and says in which row anything differs."),
            ReportText.Join("Run ", ReportText.Code("cairn verify --case FOLDER"), " where the evidence is at hand: it is read again and compared too."),
        ], IsOrdered: true);
        yield return new HeadingBlock("To check it without Cairn");
        yield return new ListBlock(
        [
            ReportText.Join("Open ", ReportText.Code("case.db"), " with any SQLite tool. Tables ", ReportText.Code("audit"), " and ", ReportText.Code("checkpoint"), " are the log and its signed heads."),
            ReportText.Join("For each entry compute SHA-256 over a byte 00 and its cells seq, utc, run_id, who, host, tool, schema, action, detail, rows, checks, encoded as the description of the case format says (a length and the bytes). It must equal ", ReportText.Code("leaf"), "."),
            ReportText.Join("Compute the root from the leaves: a node is SHA-256 over a byte 01, the left and the right value (RFC 9162, 2.1). It must equal ", ReportText.Code("root"), " of the last entry, and the third line of the signed head in base64."),
            "Check the signature, Ed25519, over the first three lines of the signed head with their line feeds: the public key is the last 32 bytes of the base64 text of the key above, the signature the last 64 bytes of that in the line with the dash.",
            ReportText.Join("For each table named in ", ReportText.Code("rows"), " of an entry, compute SHA-256 over the rows with that batch number, encoded in the same way. It must equal the digest there."),
        ], IsOrdered: true);
        yield return new ParagraphBlock("What this cannot show by itself: whoever can write the folder can put back the whole folder of an earlier day, or make a case of their own with a key of their own. A copy of the signed head that was kept elsewhere, this report among them, finds both.", ParagraphTone.Note);
    }

    public static IEnumerable<ReportBlock> Short(CaseFacts facts)
    {
        foreach (ReportBlock block in Verification(facts))
        {
            yield return block;
        }

        if (facts.Checkpoints.Count > 0)
        {
            yield return new ParagraphBlock(ReportText.Join("The signed head of the audit log, which anyone can check with ", ReportText.Code("cairn verify --case FOLDER --no-evidence --checkpoint FILE"), " and a copy of the case:"));
            yield return new LinesBlock([.. facts.Checkpoints[^1].Text.TrimEnd('\n').Split('\n'), "", facts.Checkpoints[^1].VerifierKey]);
        }
    }

    private static IEnumerable<ReportBlock> Verification(CaseFacts facts)
    {
        if (facts.Verification is not CaseVerification verification)
        {
            yield return new ParagraphBlock("The rows of the case were not checked against the log when this report was made.", ParagraphTone.Warning);
            yield break;
        }

        if (verification.Intact)
        {
            yield return new ParagraphBlock($"When this report was made, all {Quantity.Count(verification.Rows)} rows of the case were checked against the {Quantity.Count(verification.AuditEntries)} entries of its log, and the log against its signed heads. All are as they were written.", ParagraphTone.Good);
        }
        else
        {
            yield return new ParagraphBlock($"THE CASE IS NOT AS IT WAS WRITTEN: {Quantity.Count(verification.Findings.Count, "difference was", "differences were")} found when this report was made. What this report says rests on rows that were changed, removed or added afterwards.", ParagraphTone.Warning);
            yield return new ListBlock([.. verification.Findings.Take(50).Select(f => ReportText.Join(ReportText.Code(f.Table), $"{(f.Batch is long batch ? $", batch {batch}" : "")}{(f.Row is long row ? $", row {row}" : "")}: ", ReportText.Evidence(f.What)))]);
        }

        if (verification.Notices.Count > 0)
        {
            yield return new ListBlock([.. verification.Notices.Take(50).Select(n => ReportText.Join("Notice: ", ReportText.Evidence(n)))]);
        }
    }
}
