using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Core.Pictures;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>A case with some of everything, drawn from a seed and written in stages as an examination does, so that tests can look between them.</summary>
internal sealed class DrawnCase
{
    private static readonly string[] Names = ["IMG", "img_x", "Straße", "отпуск", "ОТПУСК 2", "写真", "a b", "q.", "ǅ", "résumé", "İx", "photo\u202Egpj", "%_", "x"];
    private static readonly string[] Extensions = ["", ".jpg", ".JPG", ".txt", ".docx", ".tar.gz", ".MP4"];
    private static readonly string[] FolderNames = ["Users", "users", "Pictures", "DCIM", "ß", "путь", "a", "b!", "b", "New folder"];
    private static readonly string?[] Mimes = [null, "image/jpeg", "image/png", "video/mp4", "text/plain", "application/pdf", "application/zip", "application/x-made"];
    private static readonly long[] Sizes = [0, 1, 700, 4_096, 4_097, 65_536, 1 << 20, 5L << 30, long.MaxValue];

    private readonly SeededBytes seed;
    private readonly CaseRun run;
    private readonly List<(long Evidence, int? Volume, long First, int Rows)> parts = [];
    private readonly long[] sets = new long[3];

    public DrawnCase(CaseRun run, int number)
    {
        this.run = run;
        seed = new SeededBytes((ulong)number);
    }

    /// <summary>The stages in the order of an examination.</summary>
    public IEnumerable<Action> Stages(int rows)
    {
        yield return () =>
        {
            sets[0] = run.AddKnownSet(new KnownSetRow("notable", "notable", "drawn", null, null, new string('1', 64), 1));
            sets[1] = run.AddKnownSet(new KnownSetRow("known", "known", "drawn", null, null, new string('2', 64), 1));
            sets[2] = run.AddKnownSet(new KnownSetRow("ignorable", "ignorable", "drawn", null, null, new string('3', 64), 1));
            long first = run.AddEvidence(SampleCase.Disk()), second = run.AddEvidence(SampleCase.Disk("/evidence/folder"));
            run.AddVolumes(first, [new VolumeRow(0, new Volume(VolumeKind.Partition, "MBR", 0, 1 << 19), null, null)], [new Problem(ProblemKind.Notice, "MBR", "odd")]);
            Entries(first, 0, rows / 2);
            Entries(first, 3, rows / 8);
            Entries(second, null, rows / 8);
        };
        yield return () => parts.ForEach(Claims);
        yield return () => parts.ForEach(part => Content(part, 0, part.Rows / 2));
        yield return () => Entries(parts[0].Evidence, 0, rows / 4);
        yield return () => parts.ForEach(part => Content(part, part == parts[^1] ? 0 : part.Rows / 2, part.Rows));
        yield return () => Members(parts[0]);
        yield return () => Members(parts[2]);
        yield return () => parts.ForEach(Pictures);
        yield return () => Alike(1);
        yield return () => Alike(2);
        yield return () => run.AddProblems(1, 0, Stage.Inventory, [new Problem(ProblemKind.Cycle, "record", "a cycle")]);
    }

    private int Below(int most) => seed.Next(most);

    private T Of<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    private void Entries(long evidence, int? volume, int count)
    {
        long first = run.NextEntryId;
        List<FileEntry> entries = [];
        if (volume != 3)
        {
            entries.Add(Entry("", EntryType.Directory));
        }

        for (int i = 0; i < count; i++)
        {
            string folder = string.Join('/', Enumerable.Range(0, Below(4)).Select(_ => Of(FolderNames)));
            string name = Of(Names) + (Below(3) == 0 ? $"{Below(30)}" : "") + Of(Extensions);
            entries.Add(Entry(folder.Length == 0 ? name : $"{folder}/{name}", Below(9) == 0 ? EntryType.Directory : Below(40) == 0 ? EntryType.Link : EntryType.File));
        }

        foreach (string folder in FolderNames)
        {
            entries.Add(Entry(folder, EntryType.Directory));
        }

        run.AddEntries(evidence, volume, entries, []);
        parts.Add((evidence, volume, first, (int)(run.NextEntryId - first)));
    }

    private FileEntry Entry(string path, EntryType type)
    {
        int number = 1 + Below(100_000);
        List<StreamInfo> streams = [Stream(number, "", 0)];
        if (Below(12) == 0)
        {
            streams.Add(Stream(number, Of(["Zone.Identifier", "img hidden.exe", "ß"]), 1));
        }

        return new FileEntry
        {
            Key = number,
            Path = path,
            Type = type,
            State = (EntryState)Math.Max(0, Below(6) - 3),
            MetadataReallocated = Below(20) == 0,
            Times = new EntryTimes(Time(), Time(), Time(), Time()),
            Problems = Below(25) == 0 ? [new Problem((ProblemKind)Below(10), "record", "a reason")] : null,
            Streams = streams,
        };
    }

    private StreamInfo Stream(int number, string name, int stream) => new()
    {
        Ref = new StreamRef(number, stream),
        Name = name,
        Address = $"{number % 500}-128-{stream}",
        Size = Of(Sizes),
        Flags = StreamFlags.None,
    };

    private EvidenceTime Time() => Below(7) switch
    {
        0 => default,
        1 => new EvidenceTime(0, TimeKind.FileTime),
        2 => new EvidenceTime(132_000_000_000_000_000 + (Below(50) * 36_000_000_000L), TimeKind.FileTime),
        3 => new EvidenceTime(((long)((40 << 9) | ((1 + Below(13)) << 5) | (1 + Below(31))) << 24) | ((long)Below(1 << 16) << 8) | (long)Below(200), TimeKind.FatLocal),
        4 => new EvidenceTime(1_560_000_000_000_000_000 + Below(1_000_000_000), TimeKind.UnixNanoseconds),
        5 => new EvidenceTime(Below(20) == 0 ? long.MaxValue : 1_555_000_000 + Below(10_000_000), TimeKind.UnixSeconds),
        _ => new EvidenceTime(-1 - Below(1_000_000), TimeKind.UnixSeconds),
    };

    private void Claims((long Evidence, int? Volume, long First, int Rows) part)
    {
        if (part.Volume is int volume)
        {
            run.AddClaims(part.Evidence, volume, [.. Enumerable.Range(0, part.Rows).Where(_ => Below(4) == 0).Select(i => new ClaimsRow(part.First + i, (Recoverability)(1 + Below(3)),
                [new ClaimRow(i * 4096L, 4096, ClaimState.Free, null), new ClaimRow(i * 8192L, 4096, ClaimState.InUse, part.First)]))], []);
        }
    }

    private void Content((long Evidence, int? Volume, long First, int Rows) part, int from, int to)
    {
        // Backwards, as if the last on the disk were the first in the table, and not all of them.
        run.AddContent(part.Evidence, [.. Enumerable.Range(from, to - from).Reverse().Where(_ => Below(8) != 0).Select(i => Content(part.First + i))]);
    }

    private ContentRow Content(long id)
    {
        ContentStatus status = Below(3) == 0 ? (ContentStatus)Below(8) : ContentStatus.Read;
        int content = Below(60);
        byte[] hash = content == 0 ? Convert.FromHexString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") : content < 40 ? [.. Enumerable.Repeat((byte)content, 32)] : [.. Enumerable.Repeat((byte)7, 8), .. BitConverter.GetBytes(id + Below(2)), .. new byte[16]];
        return new ContentRow
        {
            EntryId = id,
            Status = status,
            Md5 = status == ContentStatus.Read ? hash[..16] : null,
            Sha1 = status == ContentStatus.Read && Below(10) != 0 ? hash[..20] : null,
            Sha256 = status == ContentStatus.Read ? hash : null,
            Mime = Of(Mimes),
            ExtensionMismatch = Below(20) == 0,
            Hits = Below(15) == 0 ? [new HitRow(Of(sets), "sha256", null), new HitRow(Of(sets), Of(["md5", "sha1"]), null) { Entry = new HitEntryRow("e", Of(["notable", "known", "ignorable"]), null, null, null) }] : [],
            Problems = Below(20) == 0 ? [new Problem((ProblemKind)Below(10), "cluster", "a reason"), new Problem(ProblemKind.Notice, "cluster", "another")] : [],
        };
    }

    private void Members((long Evidence, int? Volume, long First, int Rows) part)
    {
        List<MemberRow> rows = [];
        using CaseReader reader = CaseReader.Open(Directory!);
        for (int i = 0; i < 6; i++)
        {
            long root = part.First + 1 + Below(part.Rows - 2), parent = root;
            string path = reader.PathOf(root)!;
            for (int ordinal = 0; ordinal < 9; ordinal++)
            {
                long id = run.NextEntryId + rows.Count;
                string name = $"{(ordinal % 3 == 0 ? "inner/" : "")}{Of(Names)}{Of(Extensions)}";
                rows.Add(new MemberRow
                {
                    Id = id,
                    ParentId = parent,
                    RootId = root,
                    VolumeIndex = part.Volume,
                    Depth = parent == root ? 1 : 2,
                    Member = new EmbeddedMember { Ordinal = ordinal, Path = name },
                    Path = $"{path}/{name}",
                    Address = $"{parent}/{ordinal}",
                    State = EntryState.Allocated,
                    Size = 100 * ordinal,
                    Content = Content(id),
                });

                // From the middle on within the member before: an archive in an archive.
                (parent, path) = ordinal == 4 ? (id, rows[^1].Path) : (parent, path);
            }
        }

        run.AddMembers(part.Evidence, rows, [new ExpansionRow(part.First, "zip", rows.Count, 1, [new Problem(ProblemKind.Malformed, "entry", "cut")])]);
    }

    /// <summary>Folder of the case.</summary>
    public string? Directory { get; init; }

    private readonly List<(long Id, int Number)> pictures = [];

    private void Pictures((long Evidence, int? Volume, long First, int Rows) part)
    {
        List<PictureRow> rows = [];
        for (int i = part.Rows - 1; i >= 0; i--)
        {
            if (Below(4) == 0)
            {
                bool video = Below(6) == 0;
                pictures.Add((part.First + i, Below(40)));
                rows.Add(SampleCase.Picture(part.First + i, sets[0]) with { Kind = video ? PictureKind.Video : PictureKind.Still, Hits = Below(10) == 0 ? SampleCase.Picture(1, sets[0]).Hits : [] });
            }
        }

        run.AddPictures(part.Evidence, rows);
    }

    private void Alike(long grouping) => run.AddAlike(grouping, "drawn", [.. pictures.GroupBy(picture => picture.Number % (grouping == 1 ? 10 : 25)).SelectMany(group =>
        group.Select((picture, i) => new AlikeRow(picture.Id, group.First().Id, i == 0 ? 0 : 3, i == 0 ? 0 : 5, PdqOrientation.Original, null)))]);
}
