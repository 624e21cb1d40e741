using System.CommandLine;
using System.Globalization;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.CaseStore.Thumbnails;
using Cairn.Cli.Display;
using Cairn.Cli.Options;
using Cairn.Engine;
using Cairn.Reports;
using Cairn.Reports.Report;

namespace Cairn.Cli.Commands;

/// <summary>cairn report --case DIR -o FILE</summary>
internal sealed class ReportCommand : Command
{
    private readonly Terminal terminal;
    private readonly CaseOption caseDirectory = new("Folder of the case.");
    private readonly OutputOption output = new() { Description = "File to write, .html or .pdf by its ending; it appears whole or not at all." };
    private readonly ShortOption isShort = new();
    private readonly EntrySelection selection = new();
    private readonly BookmarkedOption bookmarked = new();
    private readonly ReportPicturesOption pictures = new();
    private readonly ThumbnailPassphraseOption passphrase = new();
    private readonly ExtentsOption extents = new();
    private readonly WithoutOption without = new();
    private readonly MostProblemsOption mostProblems = new();
    private readonly ReferenceOption reference = new();
    private readonly ByOption by = new();
    private readonly MarkingOption marking = new();
    private readonly NoCheckOption noCheck = new();
    private readonly JsonOption json = new();

    public ReportCommand(Terminal terminal)
        : base("report", "Write what was examined and found as a document for people, HTML or PDF.")
    {
        this.terminal = terminal;
        Options.Add(caseDirectory);
        Options.Add(output);
        Options.Add(isShort);
        selection.AddTo(this);
        Options.Add(bookmarked);
        Options.Add(pictures);
        Options.Add(passphrase);
        Options.Add(extents);
        Options.Add(without);
        Options.Add(mostProblems);
        Options.Add(reference);
        Options.Add(by);
        Options.Add(marking);
        Options.Add(noCheck);
        Options.Add(json);
        SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        string target = parsed.GetRequiredValue(output);
        if (!ReportFile.Endings.Contains(Path.GetExtension(target).ToLowerInvariant()))
        {
            throw new UsageException($"the report's kind follows the ending of its file: give -o a name that ends in {string.Join(" or ", ReportFile.Endings)}.");
        }

        using CaseReader reader = CaseReader.Open(parsed.GetRequiredValue(caseDirectory));
        ReportPictures how = parsed.GetValue(pictures);
        using ThumbnailReader? thumbnails = how == ReportPictures.None ? null : ThumbnailReader.Open(reader.Directory, passphrase.Read(parsed));
        using SessionAccess? access = parsed.GetValue(extents) ? new SessionAccess(reader, []) : null;
        using ReviewReader? review = ReviewReader.Open(reader.Directory);
        EntryFilter filter = selection.Read(parsed, review);
        if (parsed.GetValue(bookmarked))
        {
            IEnumerable<long> ids = (review?.Bookmarks() ?? []).Select(b => b.EntryId);
            filter = filter with { Ids = (filter.Ids is IReadOnlySet<long> others ? ids.Where(others.Contains) : ids).ToHashSet() };
        }

        bool complained = false;
        ReportOutcome outcome = ReportFile.Write(reader, new ReportSettings
        {
            IsShort = parsed.GetValue(isShort),
            Chosen = filter.IsAll ? null : filter,
            Without = parsed.GetValue(without)!,
            Pictures = how,
            Thumbnails = thumbnails,
            Reference = Given(parsed.GetValue(reference)),
            By = Given(parsed.GetValue(by)) ?? Environment.UserName,
            Marking = Given(parsed.GetValue(marking)),
            MadeAt = MadeAt(),
            Tool = Examiner.ToolVersion,
            Access = access,
            IsChecked = !parsed.GetValue(noCheck),
            MostProblems = parsed.GetValue(mostProblems),
            Complain = message =>
            {
                complained = true;
                terminal.Complain(message);
            },
        }, target, cancel);
        if (parsed.GetValue(json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.WriteString("file", outcome.File);
                writer.WriteNumber("size", outcome.Size);
                writer.WriteString("sha256", outcome.Sha256);
            });
        }
        else
        {
            var screen = new Screen(terminal.Out);
            screen.Pair("Report", outcome.File);
            screen.Pair("Size", Quantity.ExactSize(outcome.Size));
            screen.Pair("SHA-256", outcome.Sha256);
        }

        return complained ? ExitCodes.DoneWithProblems : ExitCodes.Done;
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Now, or the time that SOURCE_DATE_EPOCH gives: with it, the same case gives the same bytes again.</summary>
    private DateTimeOffset MadeAt()
    {
        if (terminal.Variable("SOURCE_DATE_EPOCH") is not { Length: > 0 } text)
        {
            return TimeProvider.System.GetUtcNow();
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new UsageException($"SOURCE_DATE_EPOCH is '{text}': it takes whole seconds since 1970-01-01 UTC, or is left unset.");
    }
}
