using System.Collections;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Engine.Pictures;
using Cairn.Known;

namespace Cairn.Engine;

/// <summary>
/// Turns evidence into a case: opens it, finds its volumes, walks every file system, judges deleted entries, reads the content once and
/// accounts for every byte. The only place that wires parsers together. A run that was killed is continued by running it again.
/// </summary>
public static class Examiner
{
    /// <summary>Version of the tool as the audit log and reports give it.</summary>
    public static string ToolVersion { get; } = $"Cairn {typeof(Examiner).Assembly.GetName().Version?.ToString(3)}";

    private const long SweepWindow = 64L << 20;

    /// <summary>Examines everything <paramref name="options"/> names.</summary>
    /// <exception cref="EvidenceException">Evidence cannot be opened.</exception>
    /// <exception cref="CaseException">The case cannot be written.</exception>
    /// <exception cref="KnownSetException">A known set cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the case can be resumed by the same command.</exception>
    public static Task<ExamineSummary> RunAsync(ExamineOptions options, IExamineObserver observer, CancellationToken cancel) =>
        RunAsync(options, observer, EvidenceOpener.Open, cancel);

    /// <summary>The same with another way to open evidence, so that tests can put faults between the media and the engine.</summary>
    internal static async Task<ExamineSummary> RunAsync(ExamineOptions options, IExamineObserver observer, Func<string, IProblemSink, OpenEvidence> open, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        Stopwatch clock = Stopwatch.StartNew();
        RefuseCaseBesideEvidence(options);
        List<(OpenEvidence Evidence, IReadOnlyList<Problem> Problems)> opened = [];
        List<LoadedSet> sets = [];
        Task<Discovery>? discovering = null;
        try
        {
            // Everything that can be refused is refused before the case is touched.
            foreach (string path in options.Evidence)
            {
                ProblemList found = new();
                opened.Add((open(path, found), found.Items));
            }

            // Neither needs the other: the first volumes are found while the case is made.
            discovering = Task.Run(() => DiscoverFirst(opened[0].Evidence, opened[0].Problems), cancel);
            using CaseDatabase database = CaseDatabase.Open(options.CaseDirectory, ToolVersion, TimeProvider.System);
            bool looks = options.Pictures && !options.NoContent;
            using ThumbnailStore? thumbnails = looks && options.Thumbnails ? ThumbnailStore.Open(options.CaseDirectory, options.ThumbnailPassphrase) : null;
            using CaseRun run = database.BeginRun("examine", Describe(options, database.CaseId));
            using ExamineCounters counters = new(observer);
            LoadSets(options, run, sets);
            RelayedProblems aboutPictures = new();
            await using PictureAnalysis? analysis = looks ? new PictureAnalysis(options, sets, aboutPictures) : null;
            List<EvidenceSummary> summaries = [];
            List<(long, VolumeRow)> volumes = [];
            bool resumed = false;
            foreach ((OpenEvidence evidence, IReadOnlyList<Problem> problems) in opened)
            {
                using Discovery discovery = discovering is not null ? await discovering.ConfigureAwait(false) : Discovery.Of(evidence, problems);
                discovering = null;
                Problem? dropped = summaries.Count == 0 && thumbnails is { Dropped: > 0 }
                    ? new Problem(ProblemKind.Notice, "thumbnails", $"the key of {thumbnails.Dropped:N0} small pictures is gone or another: they were dropped, and are made again where the evidence is examined again")
                    : null;
                await using Examination examination = new(options, run, observer, counters, sets, evidence, discovery, analysis, thumbnails, aboutPictures, cancel);
                summaries.Add(await examination.RunAsync(dropped).ConfigureAwait(false));
                volumes.AddRange(examination.Volumes.Select(v => (summaries[^1].Id, v)));
                resumed |= examination.Resumed;
            }

            if (looks)
            {
                counters.Enter("alike");
                run.BuildIndexes();
                using CaseReader hashes = CaseReader.Open(options.CaseDirectory);
                await Task.Run(() => AlikeStage.Run(run, hashes, options, cancel), cancel).ConfigureAwait(false);
            }

            counters.Enter("finishing");
            using CaseReader reader = CaseReader.Open(options.CaseDirectory);
            CaseCounts counts = reader.Counts();
            run.Finish(counts.Problems == 0 ? "complete" : "complete, with problems", new Dictionary<string, string>
            {
                ["allocated"] = $"{counts.Allocated}",
                ["deleted"] = $"{counts.Deleted}",
                ["orphan"] = $"{counts.Orphan}",
                ["streams"] = $"{counts.Streams}",
                ["hits"] = $"{counts.Hits}",
                ["problems"] = $"{counts.Problems}",
            });
            return new ExamineSummary(summaries, volumes, counts, counters.FirstHitMilliseconds is long first and >= 0 ? first / 1000.0 : null, clock.Elapsed.TotalSeconds, resumed);
        }
        finally
        {
            if (discovering is not null)
            {
                await ((Task)discovering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (discovering.IsCompletedSuccessfully)
                {
                    (await discovering.ConfigureAwait(false)).Dispose();
                }
            }

            foreach ((OpenEvidence evidence, _) in opened)
            {
                evidence.Dispose();
            }

            foreach (LoadedSet set in sets)
            {
                set.Set.Dispose();
            }
        }
    }

    /// <summary>Finds the volumes and begins the walk of the largest one, whose beginning takes longest.</summary>
    private static Discovery DiscoverFirst(OpenEvidence evidence, IReadOnlyList<Problem> problems)
    {
        Discovery discovery = Discovery.Of(evidence, problems);
        discovery.Volumes.Where(v => v.Tree is not null).MaxBy(v => v.Row.Volume.Length)?.BeginPreparing();
        return discovery;
    }

    /// <summary>Nothing is written beside evidence: a case inside an examined folder would become part of it.</summary>
    private static void RefuseCaseBesideEvidence(ExamineOptions options)
    {
        string caseFolder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.CaseDirectory)) + Path.DirectorySeparatorChar;
        foreach (string evidence in options.Evidence)
        {
            string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(evidence)) + Path.DirectorySeparatorChar;
            if (Directory.Exists(folder) && caseFolder.StartsWith(folder, StringComparison.Ordinal))
            {
                throw new EvidenceException($"--case {options.CaseDirectory} lies inside the evidence {evidence}; choose a folder outside it");
            }
        }
    }

    private static void LoadSets(ExamineOptions options, CaseRun run, List<LoadedSet> sets)
    {
        if (options.KnownSets.Count == 0 && !Directory.Exists(options.KnownDirectory))
        {
            return;
        }

        KnownLibrary library = KnownLibrary.Open(options.KnownDirectory);
        IEnumerable<string> names = options.KnownSets.Count > 0 ? options.KnownSets : library.Names;
        foreach (string name in names)
        {
            KnownSet set = library.Load(name);
            KnownSetInfo info = set.Info;
            long id = run.AddKnownSet(new KnownSetRow(info.Name, info.Meaning.ToText(), info.Source, info.Version, info.Licence, info.Sha256, info.Hashes));
            sets.Add(new LoadedSet(id, info.Name, info.Meaning == KnownMeaning.Notable, set));
        }
    }

    private static Dictionary<string, string> Describe(ExamineOptions options, string caseId) => new()
    {
        ["evidence"] = string.Join('\n', options.Evidence.Select(Path.GetFullPath)),
        ["exhibit"] = options.Exhibit ?? "",
        ["known"] = string.Join('\n', options.KnownSets),
        ["no-content"] = options.NoContent ? "yes" : "no",
        ["embedded"] = options.Embedded ? "yes" : "no",
        ["passwords"] = $"{options.Passwords.Count} given",
        [EmbeddedStage.PasswordsOption] = DigestOf(options.Passwords, caseId),
        ["pictures"] = options.Pictures ? "yes" : "no",
        ["picture-distance"] = $"{options.PictureDistance}",
        ["picture-quality"] = $"{options.PictureQuality}",
        ["alike-distance"] = $"{options.AlikeDistance}",
        ["thumbnails"] = options.Thumbnails ? options.ThumbnailPassphrase is null ? "yes" : "yes, with a passphrase" : "no",
        ["media-hash"] = options.MediaHash.ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Tells lists of passwords apart and nothing else: slow to compute, other in every case, and too short to prove a guess. Empty where there are none.
    /// </summary>
    private static string DigestOf(IReadOnlyList<string> passwords, string caseId) => passwords.Count == 0 ? "" : Convert.ToHexStringLower(
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(string.Join('\n', passwords)), Encoding.ASCII.GetBytes($"cairn passwords {caseId}"), 600_000, HashAlgorithmName.SHA256, 4));

    /// <summary>The work on one evidence.</summary>
    private sealed class Examination(ExamineOptions options, CaseRun run, IExamineObserver observer, ExamineCounters counters,
        IReadOnlyList<LoadedSet> sets, OpenEvidence evidence, Discovery discovery, PictureAnalysis? analysis, ThumbnailStore? thumbnails, RelayedProblems aboutPictures,
        CancellationToken cancel) : IAsyncDisposable
    {
        private readonly ProblemCollector problems = new(observer, counters);
        private readonly ContentJudge judge = new(sets, observer, counters);
        private readonly IReadOnlyList<ExaminedVolume> volumes = discovery.Volumes;
        private InsideStage? inside;
        private long id;

        public bool Resumed { get; private set; }

        public IEnumerable<VolumeRow> Volumes => volumes.Select(v => v.Row);

        /// <param name="notice">What is to be said of the pictures before anything is done; null for nothing.</param>
        public async Task<EvidenceSummary> RunAsync(Problem? notice)
        {
            counters.Start(Path.GetFileName(evidence.Path));
            Register();
            StoreVolumes();
            if (notice is Problem said)
            {
                problems.Report(said);
                StoreProblems(Stage.Pictures);
            }

            aboutPictures.TellTo(problems);
            inside = options.NoContent ? null : new InsideStage(options, run, id, volumes, judge, analysis, thumbnails, sets, counters, observer, cancel);
            return evidence.Container is null ? await LogicalAsync().ConfigureAwait(false) : await MediaAsync(evidence.Container).ConfigureAwait(false);
        }

        private void Register()
        {
            IEvidenceContainer? container = evidence.Container;
            EvidenceRow row = new(evidence.Path, options.Exhibit, evidence.TypeName, container?.Media.Length ?? 0, container?.Media.SectorSize ?? 512, container is null,
                evidence.Files, container?.Metadata ?? [], container?.StoredHashes ?? []);
            long? known = run.FindEvidence(row);
            Resumed = known is not null;
            id = known ?? run.AddEvidence(row);
        }

        private void StoreVolumes()
        {
            bool stored = run.IsComplete(id, Stage.Volumes, null);
            problems.Muted = stored;
            discovery.Problems.TellTo(problems);
            problems.Muted = false;
            if (!stored)
            {
                run.AddVolumes(id, [.. Volumes], problems.Drain());
            }
        }

        private async Task<EvidenceSummary> LogicalAsync()
        {
            await InventoryAsync().ConfigureAwait(false);
            if (inside is not null)
            {
                await inside.LikelyPicturesAsync(cancel).ConfigureAwait(false);
                await ContentAsync(gate: null, Task.CompletedTask).ConfigureAwait(false);
                await inside.RunAsync(cancel).ConfigureAwait(false);
                StoreProblems(Stage.Pictures);
            }

            return new EvidenceSummary(id, evidence.Path, evidence.TypeName, 0, [], [], null);
        }

        private async Task<EvidenceSummary> MediaAsync(IEvidenceContainer container)
        {
            IReadOnlyList<HashAlgorithmName> algorithms = options.NoContent || run.IsComplete(id, Stage.MediaHash, null) ? [] : MediaHashing.Algorithms(container, options.MediaHash);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);

            // A container that decodes in chunks is swept together with the content, so that a chunk is decoded once; plain bytes cost
            // nothing to read twice, so their hash, the longest single thread of work, starts at once.
            SweepGate? gate = container.ChunkSize > 0 && algorithms.Count > 0 ? new SweepGate(SweepWindow) : null;
            MediaSweep sweep = new(container.Media, algorithms, counters.ReadMedia, gate);
            Task<IReadOnlyList<(string Algorithm, byte[] Value)>>? hashing = null;
            if (algorithms.Count > 0)
            {
                counters.Plan(container.Media.Length, 0);
                hashing = gate is null ? sweep.RunAsync(stop.Token) : null;
            }

            try
            {
                await InventoryAsync().ConfigureAwait(false);
                if (inside is not null)
                {
                    await inside.LikelyPicturesAsync(cancel).ConfigureAwait(false);
                    hashing ??= algorithms.Count > 0 ? sweep.RunAsync(stop.Token) : null;
                    await ContentAsync(gate, (Task?)hashing ?? Task.CompletedTask).ConfigureAwait(false);
                    await inside.RunAsync(cancel).ConfigureAwait(false);
                    StoreProblems(Stage.Pictures);
                }

                if (hashing is not null)
                {
                    counters.Enter("media hash");
                    IReadOnlyList<(string, byte[])> computed = await hashing.ConfigureAwait(false);
                    IReadOnlyList<MediaHashRow> rows = MediaHashing.Compare(container, computed, sweep.Unreadable, problems);
                    run.AddMediaHashes(id, rows, problems.Drain());
                }
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                gate?.ContentIsDone();
                if (hashing is not null)
                {
                    await ((Task)hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            if (!run.IsComplete(id, Stage.Coverage, null) || hashing is not null)
            {
                List<ByteRange> unreadable = [.. sweep.Unreadable.Select(u => u.Range), .. container.AcquisitionErrors];
                IReadOnlyList<CoverageRow> coverage = CoverageStage.Of(container.Media.Length, volumes, Joined(unreadable), algorithms.Count > 0);
                StoreProblems(Stage.Coverage);
                run.AddCoverage(id, coverage);
            }

            using CaseReader reader = CaseReader.Open(options.CaseDirectory);
            IReadOnlyList<MediaHashRow> hashes = reader.MediaHashes(id);
            return new EvidenceSummary(id, evidence.Path, container.TypeName, container.Media.Length, container.StoredHashes, hashes, MediaHashing.Verified(container, hashes));
        }

        private async Task InventoryAsync()
        {
            counters.Enter("inventory");
            foreach (ExaminedVolume volume in volumes.Where(v => v.Tree is not null))
            {
                await InventoryStage.RunAsync(run, id, volume, problems, counters, cancel).ConfigureAwait(false);
            }
        }

        private async Task ContentAsync(SweepGate? gate, Task mediaIsBeingHashed)
        {
            counters.Enter("content");
            using CaseReader reader = CaseReader.Open(options.CaseDirectory);
            BitArray done = run.ContentDone(id);
            bool complete = run.IsComplete(id, Stage.Content, null);
            ContentStage content = new(run, id, judge, observer, counters, gate, entry => reader.PathOf(entry) ?? $"entry {entry}");
            ContentWork work = new();
            List<ContentRow> settled = [];
            HashSet<long> none = [];
            bool onMedia = evidence.Container is not null;
            foreach (ExaminedVolume volume in volumes.Where(v => v.Tree is not null))
            {
                // One reading of the rows: what is deleted waits until it is known which of its clusters are in use, and by whom.
                List<StreamRow> deleted = [];
                ClusterOwners owners = new();
                foreach (StreamRow row in reader.Streams(id, volume.Index))
                {
                    if (onMedia && row.State != EntryState.Allocated && row.Type != EntryType.Virtual)
                    {
                        deleted.Add(row);
                        continue;
                    }

                    owners.Add(row);
                    Plan(volume, row, none);
                }

                HashSet<long> overwritten = onMedia ? ClaimsStage.Run(run, id, volume, deleted, owners, problems, cancel) : none;
                foreach (StreamRow row in deleted)
                {
                    Plan(volume, row, overwritten);
                }
            }

            if (settled.Count > 0)
            {
                run.AddContent(id, settled);
            }

            if (complete)
            {
                gate?.ContentIsDone();
                return;
            }

            work.Seal();
            int workers = options.Workers > 0 ? options.Workers : Environment.ProcessorCount;
            await content.RunAsync(work, workers, mediaIsBeingHashed, cancel).ConfigureAwait(false);
            StoreProblems(Stage.Content);
            run.Complete(id, Stage.Content, null);

            void Plan(ExaminedVolume volume, in StreamRow row, HashSet<long> overwritten)
            {
                if (complete || (row.Id < done.Length && done[(int)row.Id]))
                {
                    return;
                }

                if (ContentPlanner.WithoutReading(row, overwritten) is not ContentStatus status)
                {
                    work.Add(volume, row);
                    return;
                }

                settled.Add(new ContentRow { EntryId = row.Id, Status = status });
                if (settled.Count == InventoryStage.BatchEntries)
                {
                    run.AddContent(id, settled);
                    settled.Clear();
                }
            }
        }

        public ValueTask DisposeAsync() => inside?.DisposeAsync() ?? ValueTask.CompletedTask;

        /// <summary>What file systems reported of themselves while they were used, not of one entry.</summary>
        private void StoreProblems(Stage stage)
        {
            IReadOnlyList<Problem> found = problems.Drain();
            if (found.Count > 0)
            {
                run.AddProblems(id, null, stage, found);
            }
        }

        private static List<ByteRange> Joined(List<ByteRange> ranges)
        {
            ranges.Sort((a, b) => a.Offset.CompareTo(b.Offset));
            List<ByteRange> joined = [];
            foreach (ByteRange range in ranges)
            {
                if (joined.Count > 0 && range.Offset <= joined[^1].End)
                {
                    joined[^1] = new ByteRange(joined[^1].Offset, Math.Max(joined[^1].End, range.End) - joined[^1].Offset);
                }
                else
                {
                    joined.Add(range);
                }
            }

            return joined;
        }
    }
}
