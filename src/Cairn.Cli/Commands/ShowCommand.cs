using System.CommandLine;
using Cairn.CaseStore;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;
using Cairn.Reports;

namespace Cairn.Cli.Commands;

/// <summary>cairn show --case DIR</summary>
internal sealed class ShowCommand : Command
{
    private readonly Terminal terminal;
    private readonly CaseOption caseDirectory = new("Folder of the case.");
    private readonly JsonOption json = new();

    public ShowCommand(Terminal terminal)
        : base("show", "Show what a case holds: evidence, hashes, volumes, entries, hits, problems, coverage, the audit log.")
    {
        this.terminal = terminal;
        Options.Add(caseDirectory);
        Options.Add(json);
        SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        using CaseReader reader = CaseReader.Open(parsed.GetRequiredValue(caseDirectory));
        CaseSummary summary = CaseSummary.Read(reader);
        if (!parsed.GetValue(json))
        {
            var screen = new Screen(terminal.Out);
            screen.Line(Examiner.ToolVersion);
            new CaseScreen(screen, summary, reader).Write();
            return ExitCodes.Done;
        }

        JsonResult.Write(terminal, writer =>
        {
            writer.WriteString("tool", Examiner.ToolVersion);
            writer.WriteString("case", summary.Directory);
            writer.WriteStartArray("runs");
            foreach (RunPart run in summary.Runs)
            {
                writer.WriteStartObject();
                writer.WriteNumber("run", run.Id);
                writer.WriteString("tool", run.Tool);
                writer.WriteString("who", run.Who);
                writer.WriteString("host", run.Host);
                writer.WriteString("started", run.FirstUtc);
                writer.WriteString("last", run.LastUtc);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            JsonResult.Evidence(writer, summary);
            JsonResult.Counts(writer, summary.Counts);
            writer.WriteNumber("bytesRead", summary.Counts.BytesRead);
            writer.WriteNumber("hits", summary.Counts.Hits);
            JsonResult.HitsBySet(writer, summary);
            writer.WriteNumber("problems", summary.Counts.Problems);
            writer.WriteNumber("notices", summary.Counts.Notices);
            JsonResult.ProblemKinds(writer, summary.Counts);
            writer.WriteStartArray("problemList");
            int since = 0;
            foreach (StoredProblem stored in reader.Problems())
            {
                cancel.ThrowIfCancellationRequested();
                writer.WriteStartObject();
                writer.WriteNumber("evidence", stored.EvidenceId);
                JsonResult.Nullable(writer, "volume", (long?)stored.VolumeIndex);
                writer.WriteString("stage", stored.Stage.ToString().ToLowerInvariant());
                JsonResult.Nullable(writer, "entry", stored.EntryId);
                ProblemJson.WriteFields(writer, stored.Problem);
                writer.WriteEndObject();
                if (++since == 1000)
                {
                    // Memory stays flat whatever the evidence made of itself.
                    writer.Flush();
                    since = 0;
                }
            }

            writer.WriteEndArray();
            JsonResult.Audit(writer, summary);
        });
        return ExitCodes.Done;
    }
}
