using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Core.Embedded;

namespace Cairn.CaseStore.Tests;

/// <summary>A small case with rows in every table, in two batches each where the table allows it.</summary>
internal static class SampleCase
{
    public static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>();

    public static EvidenceRow Disk(string path = "/evidence/disk.E01") => new(path, "AB/1", "EWF (EnCase 6)", 1 << 20, 512, false, [path], [KeyValuePair.Create("examiner", "J. Doe")],
        [new StoredHash("MD5", new byte[16], "hash section of disk.E01")]);

    public static FileEntry Entry(int number, params string[] streams)
    {
        EvidenceTime time = new(132_000_000_000_000_000 + number, TimeKind.FileTime);
        return new FileEntry
        {
            Key = number,
            Path = $"Users/häß/file {number}.txt",
            ShortName = number % 2 == 0 ? $"FILE{number}~1.TXT" : null,
            NameBytes = number % 3 == 0 ? [0xFF, (byte)number] : null,
            State = (EntryState)(number % 3),
            Times = new EntryTimes(time, time, time, time),
            DosAttributes = 32,
            Mode = number % 2 == 0 ? 0x81A4 : null,
            Uid = 1000,
            Gid = 1001,
            LinkCount = 1,
            LinkTarget = number % 5 == 0 ? "../elsewhere" : null,
            Attributes = number % 4 == 0 ? new Dictionary<string, string> { ["user.b"] = "2", ["user.a"] = "ä\"\n" } : null,
            Problems = number % 7 == 0 ? [new Problem(ProblemKind.Malformed, $"MFT record {number}", "a reason", 5, 6)] : null,
            Streams = [.. streams.Prepend("").Select((name, i) => new StreamInfo { Ref = new StreamRef(number, 128 + i), Name = name, Address = $"{number}-128-{i}", Size = number * 10L, ValidLength = number * 9L, AllocatedSize = 4096, Flags = StreamFlags.Resident, FirstOffset = number * 512L })],
        };
    }

    public static ContentRow Content(long id, long set) => new()
    {
        EntryId = id,
        Status = ContentStatus.Read,
        Md5 = [.. Enumerable.Repeat((byte)id, 16)],
        Sha1 = [.. Enumerable.Repeat((byte)id, 20)],
        Sha256 = [.. Enumerable.Repeat((byte)id, 32)],
        Mime = "text/plain",
        BytesRead = id * 10,
        Hits = id % 2 == 0 ? [new HitRow(set, "md5", "a label"), new HitRow(set, "sha256", null)] : [],
        Problems = id % 3 == 0 ? [new Problem(ProblemKind.Unreadable, "cluster 7", "a bad sector", 512, 512)] : [],
    };

    public static MemberRow Member(long id, long parent, int ordinal) => new()
    {
        Id = id,
        ParentId = parent,
        RootId = parent,
        VolumeIndex = 0,
        Depth = 1,
        Member = new EmbeddedMember { Ordinal = ordinal, Path = $"member {ordinal}.txt", Kind = EmbeddedKind.Member, StatedSize = 300 },
        Path = $"archive.zip/member {ordinal}.txt",
        Address = $"1-128-0/{ordinal}",
        State = EntryState.Allocated,
        Size = 300,
        Content = new ContentRow { EntryId = id, Status = ContentStatus.Read, Md5 = new byte[16], Sha1 = new byte[20], Sha256 = new byte[32], Mime = "text/plain", BytesRead = 300 },
    };

    /// <summary>A decoded picture with a hit on an entry and a sampled frame.</summary>
    public static PictureRow Picture(long id, long set) => new()
    {
        EntryId = id,
        Status = PictureStatus.Partial,
        Format = "JPEG",
        Width = 4_000,
        Height = 3_000,
        Frames = 2,
        Orientations = [.. Enumerable.Range(1, 8).Select(i => new PdqHash((ulong)i, 2, 3, ulong.MaxValue))],
        Quality = 87,
        Method = "libvips, sampled",
        Camera = "ABC",
        Facts = new SortedDictionary<string, string> { ["make"] = "Maker", ["model"] = "Müller" },
        Sampled = [new PictureFrameRow(1_500, new PdqHash(5, 6, 7, 8), 60, IsScene: true)],
        Hits = [new HitRow(set, "pdq", "detail") { Entry = new HitEntryRow("case-1/7", "notable", "B", "someone", "2025-01-02") { Distance = 12, Quality = 87, Orientation = PdqOrientation.FlipY, Threshold = 31, Position = 1_500 } }],
    };

    /// <summary>One run on evidence <paramref name="path"/>.</summary>
    public static CaseCheckpoint Run(string directory, string path = "/evidence/disk.E01", TimeProvider? clock = null)
    {
        using CaseDatabase database = CaseDatabase.Open(directory, "0.1.0", clock ?? new TestClock());
        using CaseRun run = database.BeginRun("examine", new Dictionary<string, string> { ["exhibit"] = "AB/1" });
        long evidence = run.AddEvidence(Disk(path));
        long set = run.AddKnownSet(new KnownSetRow("nsrl " + path, "known", "NIST", "2026.1", "public domain", new string('a', 64), 10));
        run.AddVolumes(evidence,
            [
                new VolumeRow(0, new Volume(VolumeKind.Partition, "MBR", 0, 1 << 19, "0x07", "NTFS", "label", "guid"), new FileTreeInfo("NTFS", "Windows", "1234", 4096, 1 << 19), null),
                new VolumeRow(1, new Volume(VolumeKind.Partition, "MBR", 1 << 19, 1 << 19), null, new VolumeSignature("luks", "LUKS", true, "magic")),
            ],
            [new Problem(ProblemKind.Notice, "MBR", "an odd entry")]);
        long first = run.AddEntries(evidence, 0, [Entry(1), Entry(2, "Zone.Identifier"), Entry(7)], []);
        run.AddEntries(evidence, 0, [Entry(3), Entry(4), Entry(5), Entry(14)], [new Problem(ProblemKind.Cycle, "MFT record 9", "leads back", 1), new Problem(ProblemKind.Missing, "MFT record 10", "not there")], last: true);
        run.AddClaims(evidence, 0,
            [
                new ClaimsRow(first + 1, Recoverability.Partial, [new ClaimRow(0, 4096, ClaimState.Free, null), new ClaimRow(8192, 4096, ClaimState.InUse, first)]),
                new ClaimsRow(first + 2, Recoverability.Full, [new ClaimRow(16384, 4096, ClaimState.Free, null)]),
            ], []);
        run.AddContent(evidence, [Content(first + 3, set), Content(first + 1, set)]);
        run.AddContent(evidence, [Content(first + 4, set), Content(first, set), Content(first + 2, set)]);
        run.Complete(evidence, Stage.Content, null);
        long member = run.NextEntryId;
        run.AddMembers(evidence, [Member(member, first, 0), Member(member + 1, first, 1)], []);
        run.AddMembers(evidence, [Member(member + 2, first, 2)], [new ExpansionRow(first, "zip", 3, 900, [new Problem(ProblemKind.Malformed, "entry 4", "cut short")])]);
        run.AddPictures(evidence, [Picture(first + 2, set), Picture(member, set) with { Kind = PictureKind.Video, Milliseconds = 12_000, Orientations = [] }]);
        run.AddPictures(evidence, [Picture(first, set) with { Status = PictureStatus.Malformed, Orientations = [], Hits = [], Sampled = [], Problems = [new Problem(ProblemKind.Malformed, "picture", "cut off")] }]);
        run.AddAlike(1, "distance 31, quality 50", [new AlikeRow(first, first, 0, 0, PdqOrientation.Original, null)]);
        run.AddAlike(2, "distance 20, quality 50", [new AlikeRow(first, first, 0, 0, PdqOrientation.Original, null), new AlikeRow(first + 2, first, 3, 12, PdqOrientation.FlipX, null)]);
        run.AddMediaHashes(evidence, [new MediaHashRow("MD5", new byte[16], true), new MediaHashRow("SHA256", new byte[32], null)], [new Problem(ProblemKind.Mismatch, "segment", "differs")]);
        run.AddProblems(evidence, 1, Stage.Content, [new Problem(ProblemKind.Encrypted, "volume 1", "LUKS")]);
        run.AddCoverage(evidence, [new CoverageRow(0, "file system", 1 << 19, null), new CoverageRow(1, "encrypted", 1 << 19, "LUKS")]);
        return run.Finish("complete", new Dictionary<string, string> { ["streams"] = "8" });
    }

    public static CaseVerification Verify(string directory, string? pinned = null) => CaseVerifier.Verify(directory, pinned, null, CancellationToken.None);

    public static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    /// <summary>What someone with any SQLite tool does to a case.</summary>
    public static void Tamper(string directory, string sql)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(directory, "case.db"), write: true);
        database.Execute(sql);
    }

    public static string Describe(CaseVerification verification) =>
        string.Join('\n', verification.Findings.Select(finding => $"{finding.Table} batch {finding.Batch} row {finding.Row}: {finding.What}"));
}
