using System.CommandLine;
using Cairn.CaseStore;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;

namespace Cairn.Cli.Commands;

/// <summary>cairn examine EVIDENCE… --case DIR</summary>
internal sealed class ExamineCommand : Command
{
    private readonly Terminal terminal;
    private readonly EvidenceArgument evidence = new(ArgumentArity.OneOrMore);
    private readonly CaseOption caseDirectory = new("Folder of the case; made where it does not exist, continued where it does.");
    private readonly ExhibitOption exhibit = new("Exhibit reference of the evidence.");
    private readonly KnownOption known = new();
    private readonly NoContentOption noContent = new();
    private readonly MediaHashOption mediaHash = new();
    private readonly NoEmbeddedOption noEmbedded = new();
    private readonly PasswordsOption passwords = new();
    private readonly NoPicturesOption noPictures = new();
    private readonly PictureDistanceOption pictureDistance = new();
    private readonly PictureQualityOption pictureQuality = new();
    private readonly AlikeDistanceOption alikeDistance = new();
    private readonly NoThumbnailsOption noThumbnails = new();
    private readonly ThumbnailPassphraseOption thumbnailPassphrase = new();
    private readonly KnownDirectoryOption knownDirectory = new();
    private readonly JsonOption json = new();

    public ExamineCommand(Terminal terminal)
        : base("examine", "Examine evidence into a case: every entry, allocated and deleted; hashes; known sets; what could not be read.")
    {
        this.terminal = terminal;
        Arguments.Add(evidence);
        Options.Add(caseDirectory);
        Options.Add(exhibit);
        Options.Add(known);
        Options.Add(noContent);
        Options.Add(mediaHash);
        Options.Add(noEmbedded);
        Options.Add(passwords);
        Options.Add(noPictures);
        Options.Add(pictureDistance);
        Options.Add(pictureQuality);
        Options.Add(alikeDistance);
        Options.Add(noThumbnails);
        Options.Add(thumbnailPassphrase);
        Options.Add(knownDirectory);
        Options.Add(json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string directory = Path.GetFullPath(parsed.GetRequiredValue(caseDirectory));
        var options = new ExamineOptions
        {
            Evidence = parsed.GetRequiredValue(evidence),
            CaseDirectory = directory,
            Exhibit = parsed.GetValue(exhibit),
            KnownSets = parsed.GetValue(known) ?? [],
            KnownDirectory = knownDirectory.Of(parsed, terminal),
            NoContent = parsed.GetValue(noContent),
            MediaHash = parsed.GetValue(mediaHash),
            Embedded = !parsed.GetValue(noEmbedded),
            Passwords = passwords.Read(parsed),
            Pictures = !parsed.GetValue(noPictures),
            PictureDistance = parsed.GetValue(pictureDistance),
            PictureQuality = parsed.GetValue(pictureQuality),
            AlikeDistance = parsed.GetValue(alikeDistance),
            Thumbnails = !parsed.GetValue(noThumbnails),
            ThumbnailPassphrase = thumbnailPassphrase.Read(parsed),
        };
        DateTimeOffset start = TimeProvider.System.GetUtcNow();
        ExamineSummary result;
        ExamineDisplay display = ExamineDisplay.Start(terminal);
        try
        {
            result = await Examiner.RunAsync(options, display, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await display.DisposeAsync().ConfigureAwait(false);
            terminal.Complain($"stopped. The case {directory} is sound; the same command continues it.");
            return ExitCodes.Failed;
        }
        finally
        {
            await display.DisposeAsync().ConfigureAwait(false);
        }

        DateTimeOffset end = TimeProvider.System.GetUtcNow();
        int exitCode = result.Problems > 0 ? ExitCodes.DoneWithProblems : ExitCodes.Done;
        using CaseReader reader = CaseReader.Open(directory);
        CaseSummary summary = CaseSummary.Read(reader);
        if (parsed.GetValue(json))
        {
            WriteJson(result, summary, start, end, exitCode);
        }
        else
        {
            WriteScreen(options, result, summary, reader, start, end, exitCode);
        }

        return exitCode;
    }

    private void WriteScreen(ExamineOptions options, ExamineSummary result, CaseSummary summary, CaseReader reader, DateTimeOffset start, DateTimeOffset end, int exitCode)
    {
        var screen = new Screen(terminal.Out);
        screen.Line(Examiner.ToolVersion);
        screen.Pair("Started", Quantity.Utc(start));
        screen.Pair("Ended", $"{Quantity.Utc(end)}, after {Quantity.Duration(end - start)}{(result.Resumed ? "; continued an earlier run" : "")}");
        if (options.NoContent)
        {
            screen.Pair("Content", "not read (--no-content)");
        }

        new CaseScreen(screen, summary, reader).Write();
        if (result.SecondsToFirstHit is double first)
        {
            screen.Pair("First hit", $"after {Quantity.Duration(TimeSpan.FromSeconds(first))}");
        }

        screen.Line();
        screen.Line(exitCode == ExitCodes.Done
            ? "Done: nothing was left unread without being listed above. (exit 0)"
            : $"Done, with {Quantity.Count(result.Problems, "problem", "problems")} listed above. (exit 1)");
    }

    private void WriteJson(ExamineSummary result, CaseSummary summary, DateTimeOffset start, DateTimeOffset end, int exitCode) =>
        JsonResult.Write(terminal, json =>
        {
            json.WriteString("tool", Examiner.ToolVersion);
            json.WriteString("case", summary.Directory);
            json.WriteString("started", Quantity.Utc(start));
            json.WriteString("ended", Quantity.Utc(end));
            json.WriteBoolean("resumed", result.Resumed);
            JsonResult.Evidence(json, summary);
            JsonResult.Files(json, summary.Counts);
            json.WriteNumber("bytesRead", summary.Counts.BytesRead);
            json.WriteNumber("hits", result.Hits);
            JsonResult.HitsBySet(json, summary);
            if (result.SecondsToFirstHit is double first)
            {
                json.WriteNumber("secondsToFirstHit", Math.Round(first, 3));
            }
            else
            {
                json.WriteNull("secondsToFirstHit");
            }

            json.WriteNumber("problems", result.Problems);
            json.WriteNumber("notices", result.Notices);
            JsonResult.ProblemKinds(json, summary.Counts);
            JsonResult.Audit(json, summary);
            json.WriteNumber("seconds", Math.Round(result.Seconds, 3));
            json.WriteNumber("exit", exitCode);
        });
}
