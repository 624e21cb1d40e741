using System.Buffers;
using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Core.Embedded;
using Cairn.Engine.Pictures;
using Cairn.Storage;
using Cairn.Storage.Embedded;

namespace Cairn.Engine;

/// <summary>
/// Unfolds files that hold other files, down to a bounded depth. Every member becomes an entry with its own path, hashes, type and hits.
/// Roots are taken in the order of their rows and members in the order of their format, so a run that was killed finds its place again by
/// counting, and two runs give the same rows.
/// </summary>
internal sealed class EmbeddedStage
{
    /// <summary>Archives within archives that are followed.</summary>
    public const int MostLevels = 10;

    /// <summary>Bytes of one member that are held in memory to be unfolded or decoded.</summary>
    private const int MostHeld = 64 << 20;

    private const int RowsPerBatch = 1_000;
    private const long HeldPerBatch = 64L << 20;

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
    private readonly List<MemberRow> rows = [];
    private readonly List<ExpansionRow> ended = [];
    private readonly PictureStage? pictures;
    private readonly List<PictureJob> held = [];
    private long heldBytes;
    private long nextId;

    public EmbeddedStage(CaseRun run, long evidenceId, IReadOnlyList<ExaminedVolume> volumes, ContentJudge judge, ExamineCounters counters, IReadOnlyList<string> passwords,
        PictureStage? pictures)
    {
        (this.run, this.evidenceId, this.volumes, this.judge, this.counters, this.passwords, this.pictures) = (run, evidenceId, volumes, judge, counters, passwords, pictures);
    }

    /// <summary>Types that some format unfolds.</summary>
    public static IReadOnlySet<string> Types { get; } = StorageCatalogue.Embedded.SelectMany(format => format.ContentTypes).ToHashSet(StringComparer.Ordinal);

    public void Run(IReadOnlyList<TypedStream> roots, CancellationToken cancel)
    {
        (IReadOnlySet<long> done, IReadOnlyDictionary<long, (long Count, long FirstId)> stored) = run.Expansions();
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

            Unfold(root, stored.GetValueOrDefault(root.Stream.Id), cancel);
        }

        Flush(cancel);
    }

    private void Unfold(TypedStream root, (long Count, long FirstId) stored, CancellationToken cancel)
    {
        Root place = new(root, stored, new EmbeddedLimits(BytesPerRoot, Ratio, MembersPerRoot, passwords));
        string format = "";
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
        root.Members++;
        bool stored = root.Members <= root.Stored.Count;
        long id = stored ? root.Stored.FirstId + root.Members - 1 : nextId++;
        string path = Joined(parent.Path, member.Path, problems);
        Reading reading = Read(content, member, problems, cancel);
        counters.ReadContent(reading.Length);
        string address = $"{parent.Address}/{member.Ordinal}";
        if (!stored)
        {
            counters.EntriesFound(1);
            rows.Add(new MemberRow
            {
                Id = id,
                ParentId = parent.Id,
                RootId = root.Stream.Stream.Id,
                VolumeIndex = root.Stream.VolumeIndex,
                Depth = parent.Depth + 1,
                Member = member,
                Path = path,
                Address = address,
                State = root.Stream.Stream.State,
                Size = content is null ? member.StatedSize ?? 0 : reading.Length,
                Content = judge.Judge(id, path, reading.Hashes, reading.Type, Path.GetExtension(member.Path), reading.Status, reading.Length, problems),
            });
        }

        if (reading.Held is ReadOnlyMemory<byte> bytes && reading.Type?.Mime is string mime)
        {
            if (pictures?.Wants(id, mime) == true)
            {
                held.Add(new PictureJob([id], path, mime, new MemoryByteSource(bytes)));
                heldBytes += bytes.Length;
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

    /// <summary>Reads a member to its end, hashes it, and keeps its bytes where something is to be done with them.</summary>
    private static Reading Read(Stream? content, EmbeddedMember member, List<Problem> problems, CancellationToken cancel)
    {
        if (content is null)
        {
            return new Reading(member.Type == EntryType.Directory || member.Type == EntryType.Link ? ContentStatus.NotHashed : member.Encrypted ? ContentStatus.Encrypted : ContentStatus.Unreadable,
                null, null, 0, null);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5), sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1), sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ContentType? type = null;
        MemoryStream? keep = null;
        long length = 0;
        bool whole = true;
        try
        {
            while (true)
            {
                cancel.ThrowIfCancellationRequested();
                int got = length == 0 ? content.ReadAtLeast(buffer, ContentType.LongestHead, throwOnEndOfStream: false) : content.Read(buffer, 0, buffer.Length);
                if (got == 0)
                {
                    break;
                }

                ReadOnlySpan<byte> bytes = buffer.AsSpan(0, got);
                if (length == 0)
                {
                    type = ContentType.Identify(bytes);
                    keep = type is not null && (Types.Contains(type.Mime) || PictureAnalysis.Takes(type.Mime)) ? new MemoryStream() : null;
                }

                md5.AppendData(bytes);
                sha1.AppendData(bytes);
                sha256.AppendData(bytes);
                length += got;
                if (length > MostHeld && keep is not null)
                {
                    problems.Add(new Problem(ProblemKind.LimitReached, "content", $"larger than {MostHeld:N0} bytes within another file; hashed, but not opened or decoded"));
                    keep = null;
                }

                keep?.Write(bytes);
            }
        }
        catch (MalformedDataException error)
        {
            whole = false;
            problems.Add(Problem.From(error, "content"));
        }
        catch (UnreadableDataException error)
        {
            whole = false;
            problems.Add(Problem.From(error, "content"));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        ContentHashes? hashes = whole ? new ContentHashes(md5.GetHashAndReset(), sha1.GetHashAndReset(), sha256.GetHashAndReset()) : null;
        ContentStatus status = whole ? ContentStatus.Read : length > 0 ? ContentStatus.PartlyUnreadable : ContentStatus.Unreadable;
        return new Reading(status, hashes, type, length, keep is null ? null : keep.GetBuffer().AsMemory(0, (int)keep.Length));
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
        if (rows.Count >= RowsPerBatch || ended.Count >= RowsPerBatch || heldBytes >= HeldPerBatch)
        {
            Flush(cancel);
        }
    }

    private void Flush(CancellationToken cancel)
    {
        if (rows.Count > 0 || ended.Count > 0)
        {
            run.AddMembers(evidenceId, rows, ended);
            rows.Clear();
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

    private readonly record struct Parent(long Id, string Path, string Address, int Depth);

    private readonly record struct Reading(ContentStatus Status, ContentHashes? Hashes, ContentType? Type, long Length, ReadOnlyMemory<byte>? Held);

    /// <summary>The unfolding of one stream of a file system.</summary>
    private sealed class Root(TypedStream stream, (long Count, long FirstId) stored, EmbeddedLimits limits)
    {
        public TypedStream Stream { get; } = stream;

        /// <summary>Members that a run before this one stored: the first so many are not stored again.</summary>
        public (long Count, long FirstId) Stored { get; } = stored;

        public EmbeddedLimits Limits { get; } = limits;

        public long Members { get; set; }

        public List<Problem> Problems { get; } = [];
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
