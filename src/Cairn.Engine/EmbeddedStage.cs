using System.Buffers;
using System.Runtime.ExceptionServices;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Core.Embedded;
using Cairn.Core.Hashing;
using Cairn.Engine.Pictures;
using Cairn.Storage;
using Cairn.Storage.Embedded;

namespace Cairn.Engine;

/// <summary>
/// Unfolds files that hold other files, down to a bounded depth. Every member becomes an entry with its own path, hashes, type and hits.
/// Roots are taken in the order of their rows and members in the order of their format, so that two runs give the same rows. A run that goes on where
/// one was killed knows stored members by what they lie in and their ordinal, so that they keep their rows whatever it was given.
/// </summary>
internal sealed class EmbeddedStage : IDisposable
{
    /// <summary>Archives within archives that are followed.</summary>
    public const int MostLevels = 10;

    /// <summary>
    /// Bytes of one member that are held in memory while its archive is unfolded: an archive within it is read from there, and those it lies in are held
    /// as well. Larger pictures and videos are decoded afterwards, see <see cref="LeftMembers"/>.
    /// </summary>
    public const int MostHeld = 64 << 20;

    /// <summary>The option of a run that tells lists of passwords apart.</summary>
    public const string PasswordsOption = "passwords-digest";

    private const int RowsPerBatch = 1_000;
    private const long HeldPerBatch = 64L << 20;

    /// <summary>Longer members are hashed with a thread for each hash; a lane of the processor's registers would be slower.</summary>
    private const long AloneAbove = 8L << 20;

    /// <summary>Bytes of a member's start that its type is told from.</summary>
    private const int HeadBytes = 128 << 10;

    // What one stream of a file system may unfold into, all levels together.
    internal const long BytesPerRoot = 256L << 30;
    internal const long Ratio = 2_000;
    internal const int MembersPerRoot = 5_000_000;

    private readonly CaseRun run;
    private readonly long evidenceId;
    private readonly IReadOnlyList<ExaminedVolume> volumes;
    private readonly ContentJudge judge;
    private readonly ExamineCounters counters;
    private readonly IReadOnlyList<string> passwords;
    private readonly List<Found> found = [];
    private readonly List<ExpansionRow> ended = [];
    private readonly PictureStage? pictures;
    private readonly List<PictureJob> held = [];
    private readonly MultiHasher hasher = new(HashingPath.Auto, AloneAbove);
    private byte[] scratch = new byte[1 << 20];
    private long heldBytes;
    private long nextId;

    public EmbeddedStage(CaseRun run, long evidenceId, IReadOnlyList<ExaminedVolume> volumes, ContentJudge judge, ExamineCounters counters, IReadOnlyList<string> passwords,
        PictureStage? pictures)
    {
        (this.run, this.evidenceId, this.volumes, this.judge, this.counters, this.passwords, this.pictures) = (run, evidenceId, volumes, judge, counters, passwords, pictures);
    }

    /// <summary>Types that some format unfolds.</summary>
    public static IReadOnlySet<string> Types { get; } = StorageCatalogue.Embedded.SelectMany(format => format.ContentTypes).ToHashSet(StringComparer.Ordinal);

    /// <summary>Limits on what one root may unfold into.</summary>
    public static EmbeddedLimits LimitsOf(IReadOnlyList<string> passwords) => new(BytesPerRoot, Ratio, MembersPerRoot, passwords);

    /// <exception cref="EvidenceException">A root does not unfold into the members that an earlier run stored of it.</exception>
    public void Run(IReadOnlyList<TypedStream> roots, CancellationToken cancel)
    {
        (IReadOnlySet<long> done, IReadOnlyDictionary<long, long> stored) = run.Expansions();
        nextId = run.NextEntryId;
        HashSet<(int?, StreamRef)> seen = [];
        counters.Plan(0, roots.Count);
        foreach (TypedStream root in roots)
        {
            cancel.ThrowIfCancellationRequested();
            counters.StreamDone();

            // Names of one stream (hard links) are unfolded once, under the first.
            if (!seen.Add((root.VolumeIndex, root.Stream.Ref)) || done.Contains(root.Stream.Id))
            {
                continue;
            }

            Unfold(new Root(root, LimitsOf(passwords), stored.ContainsKey(root.Stream.Id) ? run : null), cancel);
        }

        Flush(cancel);
    }

    public void Dispose() => hasher.Dispose();

    private void Unfold(Root place, CancellationToken cancel)
    {
        TypedStream root = place.Stream;
        string format = "";
        if (place.HadOtherPasswords)
        {
            place.Problems.Add(new Problem(ProblemKind.Notice, "members", "it was unfolded in part with another list of passwords; what was stored then stays as it is, also where it could not be opened"));
        }

        try
        {
            ExaminedVolume volume = volumes.First(v => v.Row.Index == (root.VolumeIndex ?? 0));
            using IByteSource source = volume.Tree!.OpenStream(root.Stream.Ref);
            format = Expand(place, new Parent(root.Stream.Id, root.Stream.Path + (root.Stream.Stream.Length > 0 ? ":" + root.Stream.Stream : ""), root.Address, 0), source, root.Mime, cancel) ?? "";
        }
        catch (MalformedDataException error)
        {
            place.Problems.Add(Problem.From(error, "content"));
        }
        catch (UnreadableDataException error)
        {
            place.Problems.Add(Problem.From(error, "content"));
        }

        if (place.Differs)
        {
            throw new EvidenceException($"{root.Stream.Path}: the case holds other members of it than it unfolds into now; " + (place.HadOtherPasswords
                ? "the run that was stopped among them was given other passwords: give those again (--passwords), or examine into a new case"
                : "the evidence or the version of this program is another: examine into a new case"));
        }

        judge.Report(root.Stream.Path, place.Problems);
        ended.Add(new ExpansionRow(root.Stream.Id, format, place.Members, place.Limits.Produced, place.Problems));
        FlushIfFull(cancel);
    }

    /// <summary>Hands over the members of one file; null where no format finds itself in it.</summary>
    private string? Expand(Root root, Parent parent, IByteSource content, string mime, CancellationToken cancel)
    {
        if (EmbeddedOpener.FormatsOf(content, mime) is not [IEmbeddedFormat format, ..])
        {
            return null;
        }

        format.Expand(content, root.Limits, new Receiver(this, root, parent, cancel), cancel);
        return format.Description.Id;
    }

    private void Take(Root root, Parent parent, EmbeddedMember member, Stream? content, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        List<Problem> problems = [];
        string path = Joined(parent.Path, member.Path, problems);
        MemberPlace? stored = root.Take(parent.Id, member.Ordinal, path);
        if (root.Differs)
        {
            return;
        }

        long id = stored?.Id ?? nextId++;
        Reading reading = Read(content, member, isHashed: stored is null, problems, cancel);
        counters.ReadContent(reading.Length);
        string address = $"{parent.Address}/{member.Ordinal}";
        if (stored is null)
        {
            counters.EntriesFound(1);
            found.Add(new Found(id, root.Stream, parent, member, path, address, content is null ? member.StatedSize ?? 0 : reading.Length, reading, problems));
            heldBytes += reading.Held?.Length ?? 0;
        }

        // What could not be read when it was stored has no hashes and no type in the case: nothing that lies in it can be told of.
        if (reading.Held is ReadOnlyMemory<byte> bytes && reading.Type?.Mime is string mime && stored is null or { WasRead: true })
        {
            if (pictures?.Wants(id, mime) == true)
            {
                held.Add(new PictureJob([id], path, mime, new MemoryByteSource(bytes)));
                heldBytes += stored is null ? 0 : bytes.Length;
            }

            if (Types.Contains(mime))
            {
                Nested(root, new Parent(id, path, address, parent.Depth + 1), bytes, mime, cancel);
            }
        }

        FlushIfFull(cancel);
    }

    private void Nested(Root root, Parent parent, ReadOnlyMemory<byte> bytes, string mime, CancellationToken cancel)
    {
        if (parent.Depth >= MostLevels)
        {
            root.Problems.Add(new Problem(ProblemKind.LimitReached, parent.Path, $"files within files are followed for {MostLevels} levels; what this one holds was not read"));
            return;
        }

        using MemoryByteSource source = new(bytes);
        try
        {
            Expand(root, parent, source, mime, cancel);
        }
        catch (MalformedDataException error)
        {
            root.Problems.Add(Problem.From(error, parent.Path));
        }
        catch (UnreadableDataException error)
        {
            root.Problems.Add(Problem.From(error, parent.Path));
        }
    }

    /// <summary>
    /// Reads a member to its end. What fits is held and hashed with others later, side by side; what does not is hashed as it comes. The bytes of a stored
    /// member, which is not hashed again, are held only where something is to be done with them.
    /// </summary>
    private Reading Read(Stream? content, EmbeddedMember member, bool isHashed, List<Problem> problems, CancellationToken cancel)
    {
        if (content is null)
        {
            return new Reading(member.Type == EntryType.Directory || member.Type == EntryType.Link ? ContentStatus.NotHashed : member.Encrypted ? ContentStatus.Encrypted : ContentStatus.Unreadable,
                null, null, 0, null);
        }

        MemberContent reading = new(content, cancel);
        int count = reading.Fill(ref scratch);
        ContentType? type = count > 0 ? ContentType.Identify(scratch.AsSpan(0, Math.Min(count, HeadBytes))) : null;
        if (count == MostHeld)
        {
            reading.BeginWith(scratch.AsMemory(0, count));
            if (isHashed)
            {
                MemberContent? next = reading;
                hasher.Run(() => Interlocked.Exchange(ref next, null));
            }
            else
            {
                reading.PassOver();
            }
        }

        bool isWhole = reading.Failure is null;
        if (reading.Failure is not null)
        {
            problems.Add(reading.Failure is UnreadableDataException unreadable ? Problem.From(unreadable, "content") : Problem.From((MalformedDataException)reading.Failure, "content"));
        }

        ContentStatus status = isWhole ? ContentStatus.Read : reading.Total > 0 ? ContentStatus.PartlyUnreadable : ContentStatus.Unreadable;
        if (reading.Total > MostHeld)
        {
            if (type is not null && Types.Contains(type.Mime))
            {
                problems.Add(new Problem(ProblemKind.LimitReached, "content", $"larger than {MostHeld:N0} bytes within another file; hashed, but what it may hold itself was not looked for"));
            }

            return new Reading(status, isWhole ? reading.Hashes : null, type, reading.Total, null);
        }

        bool isHeld = (isHashed && isWhole) || (type is not null && (Types.Contains(type.Mime) || PictureAnalysis.Takes(type.Mime)));
        return new Reading(status, isWhole ? reading.Hashes : null, type, reading.Total, isHeld ? scratch.AsMemory(0, count).ToArray() : null);
    }

    private static string Joined(string parent, string member, List<Problem> problems)
    {
        string path = $"{parent}/{member}";
        if (path.Length <= Limits.PathLength)
        {
            return path;
        }

        problems.Add(new Problem(ProblemKind.LimitReached, "path", $"{path.Length:N0} characters; cut at {Limits.PathLength:N0}"));
        return path[..Limits.PathLength];
    }

    private void FlushIfFull(CancellationToken cancel)
    {
        if (found.Count >= RowsPerBatch || ended.Count >= RowsPerBatch || heldBytes >= HeldPerBatch)
        {
            Flush(cancel);
        }
    }

    private void Flush(CancellationToken cancel)
    {
        if (found.Count > 0 || ended.Count > 0)
        {
            // The long ones first, so that none is left to run alone at the end.
            Queue<Found> open = new(found.Where(f => f.Reading is { Status: ContentStatus.Read, Hashes: null }).OrderByDescending(f => f.Reading.Length));
            hasher.Run(() => open.TryDequeue(out Found? next) ? next : null);
            run.AddMembers(evidenceId, [.. found.Select(Row)], ended);
            found.Clear();
            ended.Clear();
        }

        // A picture's row names its member's, so the members are stored first.
        foreach (PictureJob job in held)
        {
            pictures!.Post(job, cancel);
        }

        held.Clear();
        heldBytes = 0;
    }

    private MemberRow Row(Found member) => new()
    {
        Id = member.Id,
        ParentId = member.Parent.Id,
        RootId = member.Root.Stream.Id,
        VolumeIndex = member.Root.VolumeIndex,
        Depth = member.Parent.Depth + 1,
        Member = member.Member,
        Path = member.Path,
        Address = member.Address,
        State = member.Root.Stream.State,
        Size = member.Size,
        Content = judge.Judge(member.Id, member.Path, member.Hashes, member.Reading.Type, Path.GetExtension(member.Member.Path), member.Reading.Status, member.Reading.Length, member.Problems),
    };

    private readonly record struct Parent(long Id, string Path, string Address, int Depth);

    /// <param name="Status">What became of it.</param>
    /// <param name="Hashes">Null where they are still to be computed from <paramref name="Held"/>, or cannot be.</param>
    /// <param name="Type">From its first bytes.</param>
    /// <param name="Length">Bytes that were read.</param>
    /// <param name="Held">They, where they fit and are needed.</param>
    private readonly record struct Reading(ContentStatus Status, ContentHashes? Hashes, ContentType? Type, long Length, ReadOnlyMemory<byte>? Held);

    /// <summary>A member that is to be stored, once it is hashed together with others.</summary>
    private sealed class Found(long id, TypedStream root, Parent parent, EmbeddedMember member, string path, string address, long size, Reading reading, List<Problem> problems) : ILaneContent
    {
        private int position;

        public long Id => id;

        public TypedStream Root => root;

        public Parent Parent => parent;

        public EmbeddedMember Member => member;

        public string Path => path;

        public string Address => address;

        public long Size => size;

        public Reading Reading => reading;

        public List<Problem> Problems => problems;

        public ContentHashes? Hashes { get; private set; } = reading.Hashes;

        public long Length => reading.Length;

        public int Read(Span<byte> buffer)
        {
            ReadOnlySpan<byte> left = reading.Held!.Value.Span[position..];
            int count = Math.Min(buffer.Length, left.Length);
            left[..count].CopyTo(buffer);
            position += count;
            return count;
        }

        public void Complete(ContentHashes hashes) => Hashes = hashes;
    }

    /// <summary>A member being read; hashed as it is read where it is too large to be held.</summary>
    private sealed class MemberContent(Stream content, CancellationToken cancel) : ILaneContent
    {
        private ReadOnlyMemory<byte> first;

        /// <summary>Not known; more than fits beside others.</summary>
        public long Length => long.MaxValue;

        /// <summary>Bytes read.</summary>
        public long Total { get; private set; }

        /// <summary>What ended the reading, or null.</summary>
        public Exception? Failure { get; private set; }

        public ContentHashes? Hashes { get; private set; }

        /// <summary>Reads to the end, or <see cref="MostHeld"/> bytes; <paramref name="buffer"/> grows as they really come.</summary>
        public int Fill(ref byte[] buffer)
        {
            int count = 0;
            try
            {
                while (count < MostHeld)
                {
                    cancel.ThrowIfCancellationRequested();
                    if (count == buffer.Length)
                    {
                        Array.Resize(ref buffer, (int)Math.Min(MostHeld, 2L * buffer.Length));
                    }

                    int got = content.Read(buffer, count, buffer.Length - count);
                    if (got == 0)
                    {
                        break;
                    }

                    count += got;
                }
            }
            catch (MalformedDataException error)
            {
                Failure = error;
            }
            catch (UnreadableDataException error)
            {
                Failure = error;
            }

            Total = count;
            return count;
        }

        /// <summary>Gives <paramref name="bytes"/>, which were read, before the rest.</summary>
        public void BeginWith(ReadOnlyMemory<byte> bytes) => first = bytes;

        public void PassOver()
        {
            first = default;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(HeadBytes);
            try
            {
                while (Read(buffer) > 0)
                {
                }
            }
            catch (MalformedDataException error)
            {
                Failure = error;
            }
            catch (UnreadableDataException error)
            {
                Failure = error;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        public int Read(Span<byte> buffer)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(buffer.Length, first.Length);
            if (count > 0)
            {
                first.Span[..count].CopyTo(buffer);
                first = first[count..];
                return count;
            }

            count = Failure is null ? content.Read(buffer) : 0;
            Total += count;
            return count;
        }

        public void Complete(ContentHashes hashes) => Hashes = hashes;

        public void Failed(Exception error)
        {
            Failure = error;
            if (error is not (MalformedDataException or UnreadableDataException))
            {
                ExceptionDispatchInfo.Throw(error);
            }
        }
    }

    /// <summary>The unfolding of one stream of a file system.</summary>
    private sealed class Root
    {
        private readonly IReadOnlyDictionary<long, IReadOnlyList<MemberPlace>> stored = new Dictionary<long, IReadOnlyList<MemberPlace>>();
        private long left;
        private long taken;

        /// <param name="stream">The stream.</param>
        /// <param name="limits">What it may unfold into.</param>
        /// <param name="before">Knows the members that a run before this one stored; null where there are none.</param>
        public Root(TypedStream stream, EmbeddedLimits limits, CaseRun? before)
        {
            (Stream, Limits) = (stream, limits);
            if (before is null)
            {
                return;
            }

            HadOtherPasswords = before.OptionBefore(PasswordsOption, stream.Stream.Id).Any(digest => digest != before.Option(PasswordsOption));
            if (before.MembersOf(stream.Stream.Id) is IReadOnlyDictionary<long, IReadOnlyList<MemberPlace>> members)
            {
                stored = members;
                left = members.Values.Sum(of => (long)of.Count);
            }
            else
            {
                Differs = true;
            }
        }

        public TypedStream Stream { get; }

        public EmbeddedLimits Limits { get; }

        /// <summary>Members at all depths, those included that only the run before could reach.</summary>
        public long Members => taken + left;

        public List<Problem> Problems { get; } = [];

        /// <summary>A run before this one stored members of it and was given another list of passwords.</summary>
        public bool HadOtherPasswords { get; }

        /// <summary>What is stored is not what it unfolds into: nothing more can be stored.</summary>
        public bool Differs { get; private set; }

        /// <summary>Counts a member; gives its row where it is stored.</summary>
        public MemberPlace? Take(long parentId, int ordinal, string path)
        {
            taken++;
            if (!stored.TryGetValue(parentId, out IReadOnlyList<MemberPlace>? of) || ordinal >= of.Count)
            {
                return null;
            }

            Differs |= of[ordinal].PathHash != path.GetHashCode(StringComparison.Ordinal);
            left--;
            return of[ordinal];
        }
    }

    private sealed class Receiver(EmbeddedStage stage, Root root, Parent parent, CancellationToken cancel) : IEmbeddedReceiver
    {
        public void Report(Problem problem)
        {
            // Until the next member comes it is not known whether the problem is that member's; what is said in advance names its place.
            root.Problems.Add(parent.Depth == 0 ? problem : problem with { Place = $"{parent.Path}, {problem.Place}" });
        }

        public void Take(EmbeddedMember member, Stream? content) => stage.Take(root, parent, member, content, cancel);
    }
}
