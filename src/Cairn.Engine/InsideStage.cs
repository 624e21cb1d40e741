using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Engine.Pictures;

namespace Cairn.Engine;

/// <summary>
/// What lies inside files: members of archives and documents, and what pictures and videos show. Pictures where people keep them go first, before
/// anything else is read, so that a hit is seen while the rest is still to come; the others follow by their content.
/// </summary>
internal sealed class InsideStage : IAsyncDisposable
{
    private readonly ExamineOptions options;
    private readonly CaseRun run;
    private readonly long evidenceId;
    private readonly IReadOnlyList<ExaminedVolume> volumes;
    private readonly ContentJudge judge;
    private readonly ExamineCounters counters;
    private readonly PictureAnalysis? analysis;
    private readonly PictureStage? pictures;

    /// <param name="options">What was asked for.</param>
    /// <param name="run">The run that stores the rows.</param>
    /// <param name="evidenceId">The evidence.</param>
    /// <param name="volumes">Its volumes.</param>
    /// <param name="judge">Looks members up.</param>
    /// <param name="analysis">Looks at pictures; null where none is to be decoded.</param>
    /// <param name="thumbnails">Takes small pictures; null for none.</param>
    /// <param name="sets">The sets that are looked up.</param>
    /// <param name="counters">Told what is done.</param>
    /// <param name="observer">Told of hits and problems.</param>
    /// <param name="cancel">Stops the stage.</param>
    public InsideStage(ExamineOptions options, CaseRun run, long evidenceId, IReadOnlyList<ExaminedVolume> volumes, ContentJudge judge, PictureAnalysis? analysis,
        ThumbnailStore? thumbnails, IReadOnlyList<LoadedSet> sets, ExamineCounters counters, IExamineObserver observer, CancellationToken cancel)
    {
        (this.options, this.run, this.evidenceId, this.volumes, this.judge, this.counters) = (options, run, evidenceId, volumes, judge, counters);
        this.analysis = analysis;
        if (analysis is null)
        {
            return;
        }

        HashSet<long> lacking = Lacking(thumbnails);
        pictures = lacking.Count == 0 && run.IsComplete(evidenceId, Stage.Pictures, null) ? null
            : new PictureStage(run, evidenceId, analysis.Decoders, counters, observer, sets, thumbnails, lacking, analysis.AnalyseAsync, cancel);
    }

    /// <summary>What was decoded by a run that kept no small pictures, or whose key is gone.</summary>
    private HashSet<long> Lacking(ThumbnailStore? thumbnails)
    {
        if (thumbnails is null)
        {
            return [];
        }

        using CaseReader reader = CaseReader.Open(options.CaseDirectory);
        HashSet<long> lacking = [.. reader.PicturesShown(evidenceId)];
        lacking.ExceptWith(thumbnails.Ids());
        return lacking;
    }

    /// <summary>Decodes the pictures and videos that lie where people keep them. They are named by their extension: nothing was read yet.</summary>
    public Task LikelyPicturesAsync(CancellationToken cancel)
    {
        if (pictures is null || run.IsComplete(evidenceId, Stage.Content, null))
        {
            return Task.CompletedTask;
        }

        counters.Enter("likely pictures");
        return Task.Run(Likely, cancel);

        void Likely()
        {
            using CaseReader reader = CaseReader.Open(options.CaseDirectory);
            foreach (ExaminedVolume volume in volumes.Where(v => v.Tree is not null))
            {
                // Deleted ones wait until it is known whose their clusters are.
                Dictionary<StreamRef, (long Offset, List<long> Ids)> likely = [];
                foreach (StreamRow row in reader.Streams(evidenceId, volume.Index))
                {
                    if (row.State == EntryState.Allocated && row.Type == EntryType.File && row.Stream.Length == 0 && row.Size > 0 && LikelyPlaces.Holds(row.Path))
                    {
                        if (!likely.TryGetValue(row.Ref, out (long Offset, List<long> Ids) of))
                        {
                            likely.Add(row.Ref, of = (row.FirstOffset, []));
                        }

                        of.Ids.Add(row.Id);
                    }
                }

                counters.Plan(0, likely.Count);
                foreach ((StreamRef reference, (_, List<long> ids)) in likely.OrderBy(l => (l.Value.Offset, l.Value.Ids[0])))
                {
                    counters.StreamDone();
                    Send(volume, ids, reference, () => reader.PathOf(ids[0]) ?? $"entry {ids[0]}", mime: null, cancel);
                }
            }
        }
    }

    /// <summary>Unfolds files and decodes the pictures that are left; to be called once the content of every stream is known.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        SayWhatStaysEncrypted();
        if (options.Embedded && !run.IsComplete(evidenceId, Stage.Embedded, null))
        {
            counters.Enter("embedded");
            await Task.Run(Unfold, cancel).ConfigureAwait(false);
            run.Complete(evidenceId, Stage.Embedded, null);
        }

        if (pictures is null)
        {
            return;
        }

        counters.Enter("pictures");
        await Task.Run(Remaining, cancel).ConfigureAwait(false);
        await pictures.FinishAsync(cancel).ConfigureAwait(false);
        if (analysis!.TakeMissing() is { Count: > 0 } missing)
        {
            judge.Report(missing);
            run.AddProblems(evidenceId, null, Stage.Pictures, missing);
            return;
        }

        if (run.IsComplete(evidenceId, Stage.Embedded, null) && !run.IsComplete(evidenceId, Stage.Pictures, null))
        {
            run.Complete(evidenceId, Stage.Pictures, null);
        }

        void Unfold()
        {
            IReadOnlyList<TypedStream> roots;
            using (CaseReader reader = CaseReader.Open(options.CaseDirectory))
            {
                roots = reader.OfType(evidenceId, [.. EmbeddedStage.Types]);
            }

            using EmbeddedStage stage = new(run, evidenceId, volumes, judge, counters, options.Passwords, pictures);
            stage.Run(roots, cancel);
        }

        void Remaining()
        {
            using CaseReader reader = CaseReader.Open(options.CaseDirectory);
            List<IGrouping<(int?, StreamRef), TypedStream>> left =
                [.. reader.OfType(evidenceId, PictureAnalysis.Types).Where(row => pictures.Wants(row.Stream.Id, row.Mime)).GroupBy(row => (row.VolumeIndex, row.Stream.Ref))];
            counters.Plan(0, left.Count);
            foreach (IGrouping<(int?, StreamRef), TypedStream> names in left.OrderBy(n => (n.First().VolumeIndex, n.First().Stream.FirstOffset, n.First().Stream.Id)))
            {
                TypedStream row = names.First();
                counters.StreamDone();
                Send(volumes.First(v => v.Index == (row.VolumeIndex ?? 0)), [.. names.Select(n => n.Stream.Id)], row.Stream.Ref, () => row.Stream.Path, row.Mime, cancel);
            }

            // What lies in other files: too large to be held while they were unfolded, or left over by a run that was stopped or did not decode.
            List<TypedMember> members = [.. reader.MembersOfType(evidenceId, PictureAnalysis.Types).Where(member => pictures.Wants(member.Id, member.Mime))];
            if (members.Count == 0)
            {
                return;
            }

            List<Problem> failed = [];
            counters.Plan(0, members.Count);
            new LeftMembers(reader, evidenceId, volumes, options.Passwords, Take, (member, error) => failed.Add(new Problem(ProblemOf(error), member.Path, $"not decoded: {error.Message}")))
                .Read(members, cancel);
            judge.Report(failed);
            run.AddProblems(evidenceId, null, Stage.Pictures, failed);
        }

        void Take(PictureJob job)
        {
            counters.StreamDone();
            pictures.Post(job, cancel);
        }
    }

    /// <summary>
    /// What was unfolded is not unfolded again: nothing in a case is ever changed. Who gives passwords for the first time, or others, is told so, once.
    /// </summary>
    private void SayWhatStaysEncrypted()
    {
        if (options.Passwords.Count == 0 || run.OptionBefore(EmbeddedStage.PasswordsOption).Contains(run.Option(EmbeddedStage.PasswordsOption)))
        {
            return;
        }

        if (run.CountProblems(evidenceId, Stage.Embedded, ProblemKind.Encrypted) is > 0 and long encrypted)
        {
            Problem[] notice = [new(ProblemKind.Notice, "members", $"{encrypted:N0} things within files were found encrypted by a run with other passwords and stay as they are: to open them, examine into a new case")];
            judge.Report(notice);
            run.AddProblems(evidenceId, null, Stage.Embedded, notice);
        }
    }

    private static ProblemKind ProblemOf(Exception error) => error is UnreadableDataException unreadable ? unreadable.Kind : ProblemKind.Malformed;

    public ValueTask DisposeAsync() => pictures?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Send(ExaminedVolume volume, List<long> ids, StreamRef reference, Func<string> path, string? mime, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        IByteSource? source = null;
        try
        {
            source = volume.Tree!.OpenStream(reference);
            if (mime is null)
            {
                byte[] head = new byte[(int)Math.Min(source.Length, ContentType.LongestHead)];
                int got = source.ReadAvailable(0, head, static (_, _) => { });
                mime = ContentType.Identify(head.AsSpan(0, got))?.Mime;
            }

            if (mime is not null && pictures!.Wants(ids[0], mime))
            {
                PictureJob job = new(ids, path(), mime, source, PictureAnalysis.IsPicture(mime) ? null : 0);
                source = null;
                pictures.Post(job, cancel);
            }
        }
        catch (MalformedDataException)
        {
            // The content pass opens the stream too and says what is wrong with it.
        }
        catch (UnreadableDataException)
        {
            // As above.
        }
        finally
        {
            source?.Dispose();
        }
    }
}
