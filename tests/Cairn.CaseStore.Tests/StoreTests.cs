using System.Text.Json;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests;

public sealed class StoreTests
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = false };

    [Fact]
    public void What_is_added_is_read_back()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using CaseReader reader = CaseReader.Open(folder.Path);
        EvidenceRow evidence = Assert.Single(reader.Evidence()).Row;
        Assert.Equal(Text(SampleCase.Disk()), Text(evidence));
        VolumeRow[] volumes = [.. reader.Volumes(1)];
        Assert.Equal(["NTFS", null], volumes.Select(volume => volume.FileSystem?.TypeName));
        Assert.Equal([null, "LUKS"], volumes.Select(volume => volume.Signature?.Name));
        Assert.Equal(new Volume(VolumeKind.Partition, "MBR", 0, 1 << 19, "0x07", "NTFS", "label", "guid"), volumes[0].Volume);
        CaseCounts counts = reader.Counts();
        Assert.Equal((1, 3, 3, 8), (counts.Allocated, counts.Deleted, counts.Orphan, counts.Streams));
        Assert.Equal(Text(counts), Text(reader.Counts(1)));
        Assert.Equal((6, 9, 1, 1050), (counts.Hits, counts.Problems, counts.Notices, counts.BytesRead));
        Assert.Equal(8, counts.ContentByStatus[ContentStatus.Read]);
        Assert.Equal(3, counts.Members);
        Assert.Equal((2, 1, 1, 1), (counts.Pictures, counts.Videos, counts.PicturesNotDecoded, counts.AlikeGroups));
        Assert.Equal(10, reader.Problems().Count());
        Assert.Equal([2L, 2, 3, 4, 4, 9], reader.Hits().Select(hit => hit.EntryId));
        Assert.Equal([true, null], reader.MediaHashes(1).Select(hash => hash.Verified));
        Assert.Equal(["file system", "encrypted"], reader.Coverage(1).Select(row => row.Category));
        Assert.Equal("nsrl /evidence/disk.E01", Assert.Single(reader.KnownSets()).Row.Name);
        Assert.True(reader.IsComplete(1, Stage.Inventory, 0));
        Assert.False(reader.IsComplete(1, Stage.Inventory, 1));
        Assert.True(reader.IsComplete(1, Stage.Coverage, null));
    }

    [Fact]
    public void A_picture_comes_back_with_its_hashes_hits_and_group()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using CaseReader reader = CaseReader.Open(folder.Path);
        PictureRow added = SampleCase.Picture(3, 1);
        ExportRow row = reader.Entry(3)!;
        StoredPicture picture = row.Picture!;
        Assert.Equal((added.Kind, added.Status, added.Format, added.Width, added.Height, added.Frames), (picture.Kind, picture.Status, picture.Format, picture.Width, picture.Height, picture.Frames));
        Assert.Equal((added.Orientations[0], added.Quality, added.Method, added.Camera), (picture.Hash, picture.Quality, picture.Method, picture.Camera));
        Assert.Equal(Text(added.Facts), Text(picture.Facts));

        // The grouping with the highest number is in force.
        Assert.Equal(new AlikeRow(3, 1, 3, 12, PdqOrientation.FlipX, null), picture.Alike);
        Assert.Equal(added.Hits[0], row.Hits[^1]);
        Assert.Equal(12_000, reader.Entry(9)!.Picture!.Milliseconds);
        StoredPictureHash[] hashes = [.. reader.PictureHashes()];
        Assert.Equal([1L, 3], hashes.Select(h => h.EntryId));
        Assert.Equal(added.Orientations, hashes[1].Orientations);
        Assert.Empty(hashes[0].Orientations);
        Assert.Equal((3L, 1L), (hashes[1].Stored!.Value.EntryId, hashes[1].Stored!.Value.GroupId));
    }

    [Fact]
    public void An_entry_comes_back_with_every_member()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using CaseReader reader = CaseReader.Open(folder.Path);
        ExportRow[] rows = [.. reader.Entries()];
        Assert.Equal(Enumerable.Range(1, 11).Select(id => (long)id), rows.Select(row => row.Id));
        FileEntry[] entries = [SampleCase.Entry(1), SampleCase.Entry(2, "Zone.Identifier"), SampleCase.Entry(7), SampleCase.Entry(3), SampleCase.Entry(4), SampleCase.Entry(5), SampleCase.Entry(14)];
        int at = 0;
        foreach (FileEntry entry in entries)
        {
            long first = at + 1;
            foreach (StreamInfo stream in entry.Streams)
            {
                ExportRow row = rows[at++];
                Assert.Equal((first, 1L, 0, entry.Path, stream.Name, stream.Address, entry.Key, stream.Ref), (row.FirstId, row.EvidenceId, row.VolumeIndex, row.Path, row.Stream, row.Address, row.Key, row.Ref));
                Assert.Equal((entry.Type, entry.State, entry.Times, entry.NameTimes, entry.Deleted, entry.Mode, entry.Uid, entry.Gid), (row.Type, row.State, row.Times, row.NameTimes, row.Deleted, row.Mode, row.Uid, row.Gid));
                Assert.Equal((entry.DosAttributes, entry.LinkTarget, entry.LinkCount, entry.ShortName), (row.DosAttributes, row.LinkTarget, row.LinkCount, row.ShortName));
                Assert.Equal((stream.Flags, stream.Size, stream.ValidLength, stream.AllocatedSize, stream.FirstOffset), (row.Flags, row.Size, row.ValidLength, row.AllocatedSize, row.FirstOffset));
                Assert.Equal(entry.NameBytes, row.NameBytes);
                Assert.Equal(entry.Attributes?.OrderBy(pair => pair.Key, StringComparer.Ordinal), row.Attributes);
            }
        }

        Assert.Equal(2, rows[1].Claims.Count);
        Assert.Equal(new ClaimRow(8192, 4096, ClaimState.InUse, 1), rows[1].Claims[1]);
        Assert.Equal(Recoverability.Full, rows[2].Recoverability);
        Assert.Equal([new HitRow(1, "md5", "a label"), new HitRow(1, "sha256", null)], rows[3].Hits);
        Assert.Equal([new Problem(ProblemKind.Malformed, "MFT record 7", "a reason", 5, 6)], rows[3].Problems);
        Assert.Equal([new Problem(ProblemKind.Unreadable, "cluster 7", "a bad sector", 512, 512)], rows[2].Problems);
        Assert.Null(rows[7].Status);
        Assert.Equal(SampleCase.Content(5, 1).Sha256, rows[4].Sha256);
        Assert.Equal(Text(rows[3]), Text(reader.Entry(4)!));
        Assert.Equal(Text(rows[2]), Text(Assert.Single(reader.Find(1, 0, rows[2].Path, "Zone.Identifier"))));
        Assert.Empty(reader.Find(1, null, rows[2].Path, "Zone.Identifier"));
        Assert.Null(reader.Entry(99));
        Assert.Equal(rows[2].Path, reader.PathOf(3));
        Assert.Equal(rows.Where(row => row.Member is null).Select(row => (row.Id, row.Ref, row.FirstOffset, row.Size, row.Flags, row.State, row.Type, row.Path, row.Stream)),
            reader.Streams(1, 0).Select(row => (row.Id, row.Ref, row.FirstOffset, row.Size, row.Flags, row.State, row.Type, row.Path, row.Stream)));
    }

    [Fact]
    public void Long_and_odd_texts_and_bytes_are_kept()
    {
        using TempFolder folder = new();
        string path = string.Concat(Enumerable.Repeat("ä/𝄞/", 16_000)) + "end";
        byte[] bytes = [.. Enumerable.Range(0, 200_000).Select(i => (byte)i)];
        using (CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock()))
        using (CaseRun run = database.BeginRun("examine", SampleCase.None))
        {
            long evidence = run.AddEvidence(SampleCase.Disk());
            FileEntry[] entries = [.. Enumerable.Range(1, 20).Select(i => SampleCase.Entry(i) with { Path = i % 2 == 0 ? path : "a\0b", NameBytes = i % 3 == 0 ? bytes : null, LinkTarget = i % 5 == 0 ? path : "" })];
            run.AddEntries(evidence, null, entries, []);
            run.AddEntries(evidence, null, [SampleCase.Entry(1) with { Streams = [] }], []);
        }

        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.Equal("", SampleCase.Describe(verification));
        using CaseReader reader = CaseReader.Open(folder.Path);
        ExportRow[] rows = [.. reader.Entries()];
        Assert.Equal(21, rows.Length);
        Assert.Equal(["a\0b", path, "a\0b"], rows.Take(3).Select(row => row.Path));
        Assert.Equal(bytes, rows[5].NameBytes);
        Assert.Equal(path, rows[9].LinkTarget);
        Assert.Equal("", rows[10].LinkTarget);
        Assert.Equal(StreamFlags.NameOnly, rows[20].Flags);
        Assert.Null(rows[20].VolumeIndex);
        Assert.Equal(21, reader.Streams(1, null).Count());
    }

    [Fact]
    public void An_interrupted_run_is_continued_to_the_same_rows()
    {
        using TempFolder folder = new();
        FileEntry[] entries = [.. Enumerable.Range(1, 100).Select(i => i % 3 == 0 ? SampleCase.Entry(i, "ads") : SampleCase.Entry(i))];
        string whole = folder.File("whole"), broken = folder.File("broken");
        using (CaseDatabase database = CaseDatabase.Open(whole, "0.1.0", new TestClock()))
        {
            using CaseRun run = database.BeginRun("examine", SampleCase.None);
            long evidence = run.AddEvidence(SampleCase.Disk());
            run.AddEntries(evidence, 0, entries, [], last: true);
            run.AddContent(evidence, [.. Enumerable.Range(1, 133).Select(id => SampleCase.Content(id, 1))]);
            run.Finish("complete", SampleCase.None);
        }

        using (CaseDatabase database = CaseDatabase.Open(broken, "0.1.0", new TestClock()))
        {
            using CaseRun run = database.BeginRun("examine", SampleCase.None);
            long evidence = run.AddEvidence(SampleCase.Disk());
            run.AddEntries(evidence, 0, entries[..40], []);
        }

        using (CaseDatabase database = CaseDatabase.Open(broken, "0.1.0", new TestClock()))
        {
            using CaseRun run = database.BeginRun("examine", SampleCase.None);
            Assert.Equal(2, run.RunId);
            Assert.Equal(1, run.FindEvidence(SampleCase.Disk()));
            Assert.Null(run.FindEvidence(SampleCase.Disk("/other")));
            Assert.Equal(40, run.EntriesStored(1, 0));
            Assert.False(run.IsComplete(1, Stage.Inventory, 0));
            Assert.Equal(54, run.AddEntries(1, 0, entries[40..], [], last: true));
            Assert.Equal(100, run.EntriesStored(1, 0));
            Assert.True(run.IsComplete(1, Stage.Inventory, 0));

            // Content comes in another order, as it does with another number of workers.
            run.AddContent(1, [.. Enumerable.Range(1, 133).Reverse().Where(id => id % 2 == 0).Select(id => SampleCase.Content(id, 1))]);
        }

        using (CaseDatabase database = CaseDatabase.Open(broken, "0.1.0", new TestClock()))
        {
            using CaseRun run = database.BeginRun("examine", SampleCase.None);
            System.Collections.BitArray done = run.ContentDone(1);
            Assert.Equal(Enumerable.Range(1, 133).Where(id => id % 2 == 0), Enumerable.Range(0, done.Length).Where(id => done[id]));
            run.AddContent(1, [.. Enumerable.Range(1, 133).Where(id => !done[id]).Select(id => SampleCase.Content(id, 1))]);
            run.Finish("complete", SampleCase.None);
        }

        using CaseReader first = CaseReader.Open(whole);
        using CaseReader second = CaseReader.Open(broken);
        Assert.Equal(first.Entries().Select(Text), second.Entries().Select(Text));
        Assert.Equal(first.Problems().Select(Text), second.Problems().Select(Text));
        Assert.True(SampleCase.Verify(broken).Intact);
    }

    [Fact]
    public void A_reader_reads_while_a_writer_writes_and_before_any_index_is_there()
    {
        using TempFolder folder = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        long evidence = run.AddEvidence(SampleCase.Disk());
        run.AddEntries(evidence, 0, [.. Enumerable.Range(1, 3000).Select(i => SampleCase.Entry(i))], []);
        using CaseReader reader = CaseReader.Open(folder.Path);
        int read = 0;
        foreach (StreamRow row in reader.Streams(evidence, 0))
        {
            read++;
            run.AddContent(evidence, [SampleCase.Content(row.Id, 1)]);
        }

        Assert.Equal(3000, read);
        Assert.All(reader.Entries(), row => Assert.Equal(ContentStatus.Read, row.Status));
        Assert.Equal(2, reader.Entry(2)!.Hits.Count);
        Assert.True(SampleCase.Verify(folder.Path).Intact);
    }

    [Fact]
    public void The_same_known_set_keeps_its_id()
    {
        using TempFolder folder = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        KnownSetRow set = new("a", "known", "file", null, null, new string('0', 64), 5);
        Assert.Equal(1, run.AddKnownSet(set));
        Assert.Equal(1, run.AddKnownSet(set));
        Assert.Equal(2, run.AddKnownSet(set with { Sha256 = new string('1', 64) }));
        Assert.Equal(3, run.AddKnownSet(set with { Name = "b" }));
    }

    [Fact]
    public void Texts_of_times_in_the_view_are_those_of_the_exports()
    {
        List<EvidenceTime> times = [];
        long[] raws = [0, 1, -1, 116_444_736_000_000_000, 132_000_000_012_345_678, long.MaxValue, long.MinValue, 1_700_000_000, -86_401, 1_700_000_000_123_456_789, -1_500_000_001, 253_402_300_799, 253_402_300_800, -62_135_596_801];
        foreach (TimeKind kind in (TimeKind[])[TimeKind.FileTime, TimeKind.UnixNanoseconds, TimeKind.UnixSeconds])
        {
            times.AddRange(raws.Select(raw => new EvidenceTime(raw, kind)));
        }

        foreach ((int year, int month, int day, int hour, int minute, int second, int hundredths) in ((int, int, int, int, int, int, int)[])
            [(1980, 1, 1, 0, 0, 0, 0), (2024, 2, 29, 23, 59, 29, 199), (2023, 2, 29, 1, 2, 3, 4), (2107, 12, 31, 23, 59, 29, 150), (2020, 13, 1, 0, 0, 0, 0), (2020, 4, 31, 0, 0, 0, 0), (2020, 5, 0, 0, 0, 0, 0), (2020, 5, 6, 24, 0, 0, 0), (2020, 5, 6, 7, 60, 0, 0), (2020, 5, 6, 7, 8, 30, 0), (2020, 5, 6, 7, 8, 9, 200), (2020, 5, 6, 7, 8, 9, 100)])
        {
            long date = ((long)(year - 1980) << 9) | ((long)month << 5) | (long)day;
            long time = ((long)hour << 11) | ((long)minute << 5) | (long)second;
            times.Add(new EvidenceTime((date << 24) | (time << 8) | (long)hundredths, TimeKind.FatLocal));
            foreach (long zone in (long[])[0, 0x80, 0x84, 0xFC, 0x88, 0xC0, 0xBF])
            {
                times.Add(new EvidenceTime((((date << 16) | time) << 16) | ((long)hundredths << 8) | zone, TimeKind.ExFat));
            }
        }

        using TempFolder folder = new();
        using (CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock()))
        using (CaseRun run = database.BeginRun("examine", SampleCase.None))
        {
            run.AddEntries(run.AddEvidence(SampleCase.Disk()), 0, [.. times.Select((time, i) => SampleCase.Entry(i) with { Times = new EntryTimes(time, default, time, default), Deleted = time, Problems = null })], []);
        }

        using SqliteDatabase view = SqliteDatabase.Open(Path.Combine(folder.Path, "case.db"), write: false);
        using SqliteStatement rows = view.Prepare("SELECT modified, accessed, changed, created, deleted FROM entry_view ORDER BY id");
        foreach (EvidenceTime time in times)
        {
            Assert.True(rows.Step());
            string? expected = time.ToIso();
            Assert.Equal(($"{time}", expected, expected, expected), ($"{time}", rows.TextOrNull(0), rows.TextOrNull(2), rows.TextOrNull(4)));
            Assert.True(rows.IsNull(1) && rows.IsNull(3));
        }

        Assert.False(rows.Step());
    }

    [Fact]
    public void The_sqlite3_command_reads_a_case()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        string path = folder.File("case.db");
        Assert.Equal("ok\n", AuditTests.Tool.Run("sqlite3", path, "PRAGMA integrity_check"));
        Assert.Equal("11\n", AuditTests.Tool.Run("sqlite3", path, "SELECT count(*) FROM entry_view"));
        Assert.Equal("Users/häß/file 2.txt|Zone.Identifier|orphan|03030303030303030303030303030303|full\n", AuditTests.Tool.Run("sqlite3", path, "SELECT path, stream, state, md5, recoverability FROM entry_view WHERE id=3"));
        Assert.Equal("inventory|malformed\n", AuditTests.Tool.Run("sqlite3", path, "SELECT stage, kind FROM problem_view WHERE entry_id=4"));
        Assert.Equal("known|md5\n", AuditTests.Tool.Run("sqlite3", path, "SELECT meaning, method FROM hit_view WHERE entry_id=2 LIMIT 1"));
        Assert.Equal("wal\n", AuditTests.Tool.Run("sqlite3", path, "PRAGMA journal_mode"));
    }

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Json);
}
