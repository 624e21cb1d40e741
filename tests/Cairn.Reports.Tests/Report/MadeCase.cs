using System.Runtime.CompilerServices;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.Core;
using Cairn.Reports.Report;
using Cairn.TestKit;

namespace Cairn.Reports.Tests.Report;

/// <summary>A case with names that a suspect could have chosen, written by the store itself.</summary>
internal sealed class MadeCase : IDisposable
{
    public const string Script = "<script>alert(1)</script>\"' onload=x.jpg";
    public const string Reversed = "invoice\u202Egpj.exe";
    public const string Controls = "bell\u0007esc\u001b[31mred\u0000end\r\nline";
    public const string Greek = "Ελληνικά Кириллица Ünïcödé ćžő.txt";
    public const string Others = "漢字 עברית \U0001F600 .txt";
    public static readonly string Long = string.Concat(Enumerable.Repeat("a-rather-long-name_", 210))[..3_990] + "LONG-END.x";
    public static readonly string Unbroken = new('W', 4_000);

    private static readonly EvidenceTime Time = new(132_000_000_000_000_000, TimeKind.FileTime);

    public TempFolder Folder { get; } = new();

    public string Path => Folder.File("case");

    /// <summary>Ids of the entries by their names.</summary>
    public Dictionary<string, long> Ids { get; } = new(StringComparer.Ordinal);

    [ModuleInitializer]
    internal static void UseKeysOfTheTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", System.IO.Path.Combine(System.IO.Path.GetTempPath(), "cairn-test-keys"));

    public MadeCase Examine(string exhibit = "RB/1", int more = 0)
    {
        using CaseDatabase database = CaseDatabase.Open(Path, "Cairn 0.1.0", new StoppedClock());
        using CaseRun run = database.BeginRun("examine", new Dictionary<string, string> { ["exhibit"] = exhibit, ["picture-distance"] = "31", ["pictures"] = "yes" });
        long evidence = run.AddEvidence(new EvidenceRow($"/evidence/{exhibit.Replace('/', '-')}.E01", exhibit, "EWF (EnCase 6)", 1 << 20, 512, false, [$"/evidence/{exhibit}.E01"],
            [KeyValuePair.Create("examiner", "J. <b>Doe</b>")], [new StoredHash("MD5", new byte[16], "hash section")]));
        long set = run.AddKnownSet(new KnownSetRow("wanted", "notable", "wanted.md5", "2026.1", "open", new string('a', 64), 10));
        long known = run.AddKnownSet(new KnownSetRow("seen", "known", "nsrl", null, null, new string('b', 64), 1_000));
        run.AddVolumes(evidence, [new VolumeRow(0, new Volume(VolumeKind.Partition, "MBR", 0, 1 << 20, "0x07", "NTFS", "label", "guid"), new FileTreeInfo("NTFS", "Windows", "1234", 4096, 1 << 20), null)], []);
        string[] names = [Script, Reversed, Controls, Greek, Others, Long, Unbroken, .. Enumerable.Range(0, more).Select(i => $"Users/sam/Pictures/picture {i:D6}.jpg")];
        long first = run.AddEntries(evidence, 0, [.. names.Select((name, i) => new FileEntry
        {
            Key = i + 1,
            Path = name,
            State = i % 3 == 1 ? EntryState.Deleted : EntryState.Allocated,
            Times = new EntryTimes(new EvidenceTime(Time.Raw + (i * 10_000_000L), TimeKind.FileTime), Time, Time, Time),
            NameTimes = new EntryTimes(Time, Time, Time, Time),
            Streams = [new StreamInfo { Ref = new StreamRef(i + 1, 1), Address = $"{i + 1}-128-1", Size = 100, ValidLength = 100, AllocatedSize = 4096, FirstOffset = i * 4096L }],
        })], [new Problem(ProblemKind.Malformed, "MFT record <9>", "leads \u202eback", 1, 2)], last: true);
        for (int i = 0; i < names.Length; i++)
        {
            Ids[names[i]] = first + i;
        }

        run.AddClaims(evidence, 0, [new ClaimsRow(first + 1, Recoverability.Partial, [new ClaimRow(0, 4096, ClaimState.InUse, first)])], []);
        foreach (int[] part in Enumerable.Range(0, names.Length).Chunk(5_000))
        {
            run.AddContent(evidence, [.. part.Select(i => new ContentRow
            {
                EntryId = first + i,
                Status = ContentStatus.Read,
                Md5 = Bytes(16, i),
                Sha1 = Bytes(20, i),
                Sha256 = Bytes(32, i),
                Mime = "image/jpeg",
                BytesRead = 100,
                Hits = i == 3 ? [new HitRow(known, "sha1", null)] : [new HitRow(set, "md5", null) { Entry = new HitEntryRow($"case<{i}>", "notable", i % 2 == 0 ? "A" : "B", "someone", "2025-01-02") }],
            })]);
        }

        run.AddMediaHashes(evidence, [new MediaHashRow("MD5", new byte[16], true), new MediaHashRow("SHA256", new byte[32], null)], []);
        run.AddCoverage(evidence, [new CoverageRow(0, "file system", 1 << 20, "NTFS: files and metadata")]);
        run.Complete(evidence, Stage.Coverage, null);
        run.Finish("complete", new Dictionary<string, string> { ["streams"] = $"{names.Length}" });
        return this;
    }

    public ContentKey Content(string name) => ContentKey.Of(Bytes(32, (int)(Ids[name] - Ids[Script])), Ids[name]);

    public static ReportSettings Settings => new() { By = "A. <i>Examiner</i>", MadeAt = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero), Tool = "Cairn 0.1.0" };

    /// <summary>The report as bytes.</summary>
    public byte[] Report(string ending, ReportSettings? settings = null) => File.ReadAllBytes(ReportPath(ending, settings));

    public string ReportPath(string ending, ReportSettings? settings = null)
    {
        string path = Folder.File("report" + ending);
        using CaseReader reader = CaseReader.Open(Path);
        ReportFile.Write(reader, settings ?? Settings, path, TestContext.Current.CancellationToken);
        return path;
    }

    public void Dispose() => Folder.Dispose();

    private static byte[] Bytes(int count, int number)
    {
        byte[] bytes = new byte[count];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return bytes;
    }

    private sealed class StoppedClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => now = now.AddSeconds(1);
    }
}
