using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Core.Pictures;

namespace Cairn.Bench;

/// <summary>
/// made-case: writes a case as an examination would, of exhibits that do not exist: for measuring what reads cases and for showing it. The same number
/// of rows and pictures gives the same rows. Everything is drawn, the hashes too.
/// </summary>
internal sealed class MadeCase
{
    private const int Batch = 5_000;
    private const int ContentBatch = 10_000;
    private const long Gigabyte = 1L << 30;

    private readonly MadeChance chance = new(20_250_101);
    private readonly MadeContents contents;
    private readonly CaseRun run;
    private readonly Dictionary<ulong, MadePicture> pictures = [];
    private readonly Dictionary<ulong, int> groups = [];
    private readonly List<AlikeRow> alike = [];
    private readonly List<(long Id, ulong Group)> thumbnails = [];
    private readonly List<MadePicture> order = [];
    private long notable;
    private long known;
    private long ignorable;
    private int libraries;
    private int videos;

    private readonly string directory;

    private MadeCase(string directory, CaseRun run)
    {
        (this.directory, this.run) = (directory, run);
        contents = new MadeContents(chance);
    }

    public static int Run(string directory, int entries, int pictures)
    {
        if (entries < 2_000 || pictures < 0 || pictures > entries / 2)
        {
            Console.Error.WriteLine("at least 2,000 entries, and of them at most half pictures");
            return 2;
        }

        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Console.Error.WriteLine($"'{directory}' is not empty: name a folder that is not there yet");
            return 2;
        }

        Stopwatch clock = Stopwatch.StartNew();
        using (CaseDatabase database = CaseDatabase.Open(directory, "made", TimeProvider.System))
        {
            using CaseRun run = database.BeginRun("examine", new Dictionary<string, string> { ["made"] = $"{entries} entries, {pictures} pictures" });
            MadeCase made = new(directory, run);
            made.Sets();
            made.Exhibit("AB/1", "/evidence/desktop.E01", "EWF (EnCase 6)", MadeFileSystem.Ntfs, "NTFS", entries * 58L / 100, pictures * 30L / 100);
            made.Exhibit("AB/2", "/evidence/card.dd", "raw", MadeFileSystem.Fat, "exFAT", entries * 6L / 100, pictures * 16L / 100);
            made.Exhibit("CD/7", "/evidence/phone", "folder", MadeFileSystem.Folder, null, entries * 24L / 100, pictures * 40L / 100);
            long done = run.NextEntryId - 1;
            made.Exhibit("CD/8", "/evidence/server.vmdk", "VMDK", MadeFileSystem.Ext, "ext4", entries - done, pictures - made.thumbnails.Count);
            made.Alike();
            run.Finish("complete", new Dictionary<string, string> { ["rows"] = (run.NextEntryId - 1).ToString(CultureInfo.InvariantCulture) });
            Console.WriteLine($"{run.NextEntryId - 1:N0} rows, {made.thumbnails.Count:N0} pictures and videos in {clock.Elapsed.TotalSeconds:F0} s");
            made.Thumbnails();
        }

        Console.WriteLine($"with small pictures {clock.Elapsed.TotalSeconds:F0} s; case.db {new FileInfo(Path.Combine(directory, "case.db")).Length:N0} bytes");
        return 0;
    }

    private void Sets()
    {
        notable = run.AddKnownSet(new KnownSetRow("made notable pictures", "notable", "drawn", "3", null, new string('a', 64), 40_000));
        known = run.AddKnownSet(new KnownSetRow("made reference", "known", "drawn", "1", null, new string('b', 64), 9_000));
        ignorable = run.AddKnownSet(new KnownSetRow("made system files", "ignorable", "drawn", "2025.1", "public domain", new string('c', 64), 1_000_000));
    }

    private void Exhibit(string exhibit, string path, string container, MadeFileSystem fileSystem, string? typeName, long rows, long pictureCount)
    {
        bool logical = fileSystem == MadeFileSystem.Folder;
        long size = (rows * 40_000 / Gigabyte * Gigabyte) + Gigabyte, evidence = run.AddEvidence(new EvidenceRow(path, exhibit, container, size, 512, logical, [path], [], logical ? [] : [new StoredHash("MD5", Hash(1, (ulong)size, 16), "made")]));
        int? volume = logical ? null : 1;
        if (!logical)
        {
            run.AddVolumes(evidence,
                [
                    new VolumeRow(0, new Volume(VolumeKind.Table, "GPT", 0, 1 << 20), null, null),
                    new VolumeRow(1, new Volume(VolumeKind.Partition, "GPT", 1 << 20, size - (65L << 20), null, "Basic data", exhibit), new FileTreeInfo(typeName!, $"Volume of {exhibit}", "3a7f-11", 4096, size - (65L << 20)), null),
                    new VolumeRow(2, new Volume(VolumeKind.Unallocated, "GPT", size - (64L << 20), 64 << 20), null, null),
                ],
                [new Problem(ProblemKind.Notice, "GPT", "the backup table is older than the first")]);
        }

        // One row in thirty is within another file, and one picture in twenty.
        int members = (int)(rows / 30), memberPictures = (int)Math.Min(pictureCount / 20, members / 2), virtuals = logical ? 0 : 1;
        MadeFiles files = new(fileSystem, chance, contents);
        long first = run.NextEntryId;
        foreach (FileEntry[] batch in files.Make((int)rows - members - virtuals, (int)pictureCount - memberPictures).Chunk(Batch))
        {
            run.AddEntries(evidence, volume, batch, []);
        }

        if (!logical)
        {
            StreamInfo unallocated = new() { Ref = new StreamRef(-1, 0), Address = "$Unallocated", Size = size / 5, ValidLength = size / 5, AllocatedSize = size / 5 };
            run.AddEntries(evidence, volume, [new FileEntry { Key = -1, Path = "$Unallocated", Type = EntryType.Virtual, State = EntryState.Deleted, Streams = [unallocated] }],
                [new Problem(ProblemKind.Malformed, "record 77", "the fixup does not fit", 78_848, 1_024)], last: true);
            files.Rows.Add(new MadeRow(null, 0, size / 5, EntryState.Deleted, false));
        }
        else
        {
            run.Complete(evidence, Stage.Inventory, null);
        }

        List<MadeRow> made = files.Rows;
        if (!logical)
        {
            Claims(evidence, 1, first, made);
        }

        Contents(evidence, first, made);
        Members(evidence, volume, first, made, members, memberPictures);
        Pictures(evidence, first, made);
        run.AddMediaHashes(evidence, [new MediaHashRow("MD5", Hash(1, (ulong)size, 16), logical ? null : true), new MediaHashRow("SHA256", Hash(3, (ulong)size, 32), null)], []);
        run.AddCoverage(evidence, logical ? [new CoverageRow(null, "file system", size, null)] :
            [new CoverageRow(1, "file system", (size - (65L << 20)) * 4 / 5, null), new CoverageRow(1, "unallocated in file system", (size - (65L << 20)) / 5, null), new CoverageRow(2, "unallocated", 64 << 20, null), new CoverageRow(0, "partition table", 1 << 20, null)]);
    }

    private void Claims(long evidence, int volume, long first, List<MadeRow> made)
    {
        List<ClaimsRow> claims = [];
        for (int i = 0; i < made.Count; i++)
        {
            if (made[i] is { Kind: not null, State: not EntryState.Allocated })
            {
                Recoverability recoverability = (Recoverability)(1 + chance.Below(3));
                long at = (first + i) * 131_072;
                claims.Add(new ClaimsRow(first + i, recoverability, recoverability == Recoverability.NameOnly ? [] :
                    [new ClaimRow(at, 4_096, ClaimState.Free, null), new ClaimRow(at + 65_536, 8_192, recoverability == Recoverability.Full ? ClaimState.Free : ClaimState.InUse, recoverability == Recoverability.Full ? null : first + (i / 2))]));
            }
        }

        run.AddClaims(evidence, volume, claims, []);
    }

    /// <summary>In the order of the media, which is not that of the rows.</summary>
    private void Contents(long evidence, long first, List<MadeRow> made)
    {
        List<ContentRow> rows = new(ContentBatch);
        int step = made.Count % 7_919 == 0 ? 7_907 : 7_919;
        for (long i = 0, at = 0; i < made.Count; i++, at = (at + step) % made.Count)
        {
            rows.Add(Content(first + at, made[(int)at]));
            if (rows.Count == ContentBatch)
            {
                run.AddContent(evidence, rows);
                rows.Clear();
            }
        }

        run.AddContent(evidence, rows);
        run.Complete(evidence, Stage.Content, null);
    }

    private ContentRow Content(long id, MadeRow row)
    {
        if (row.Kind is not MadeKind kind)
        {
            return new ContentRow { EntryId = id, Status = ContentStatus.NotHashed };
        }

        if (row.State != EntryState.Allocated && id % 3 == 0)
        {
            return new ContentRow { EntryId = id, Status = id % 2 == 0 ? ContentStatus.Overwritten : ContentStatus.NameOnly };
        }

        if (id % 400 == 7)
        {
            return new ContentRow
            {
                EntryId = id,
                Status = ContentStatus.PartlyUnreadable,
                Mime = kind.Mime,
                BytesRead = row.Size / 2,
                Problems = [new Problem(id % 3 == 0 ? ProblemKind.Malformed : ProblemKind.Unreadable, $"cluster {id}", "a sector could not be read", id * 512, 512)],
            };
        }

        List<HitRow> hits = [];
        if (kind == MadeKind.Library && row.Content % 701 == 3 && libraries++ < 400)
        {
            hits.Add(new HitRow(ignorable, "sha1", "made product"));
        }

        if (kind.IsPicture && PictureOf(row.Content).Grade is MadeGrade.Exact or MadeGrade.Reference)
        {
            MadePicture picture = PictureOf(row.Content);
            bool exact = picture.Grade == MadeGrade.Exact;
            hits.Add(new HitRow(exact ? notable : known, exact ? "sha256" : "md5", exact ? null : "made reference picture")
            {
                Entry = new HitEntryRow($"made/{picture.Number}", exact ? "notable" : "known", exact ? $"{1 + (picture.Number % 3)}" : null, exact ? "made unit" : null, exact ? "2024-05-06" : null),
            });
        }

        return new ContentRow
        {
            EntryId = id,
            Status = ContentStatus.Read,
            Md5 = row.Size == 0 ? MD5.HashData([]) : Hash(1, row.Content, 16),
            Sha1 = row.Size == 0 ? SHA1.HashData([]) : Hash(2, row.Content, 20),
            Sha256 = row.Size == 0 ? SHA256.HashData([]) : Hash(3, row.Content, 32),
            Mime = row.Size == 0 ? null : kind.Mime,
            ExtensionMismatch = row.Mismatch && row.Size > 0,
            BytesRead = row.Size,
            Hits = row.Size == 0 ? [] : hits,
            Problems = kind == MadeKind.Zip && id % 9 == 0 ? [new Problem(ProblemKind.Encrypted, "archive", "a password is needed")] : [],
        };
    }

    /// <summary>Files within archives and documents, and pictures of documents.</summary>
    private void Members(long evidence, int? volume, long first, List<MadeRow> made, int count, int pictureCount)
    {
        List<MemberRow> rows = [];
        List<ExpansionRow> ended = [];
        int left = count, picturesLeft = pictureCount;
        List<int> holders = [.. Enumerable.Range(0, made.Count).Where(i => made[i] is { State: EntryState.Allocated, Size: > 0 } && (made[i].Kind == MadeKind.Zip || made[i].Kind == MadeKind.Word || made[i].Kind == MadeKind.Mail))];
        using CaseReader reader = CaseReader.Open(directory);
        for (int at = 0; left > 0; at++)
        {
            long root = first + (holders.Count > 0 ? holders[at % holders.Count] : 1);
            string path = reader.PathOf(root)!;
            int here = Math.Min(left, 3 + chance.Below(at >= holders.Count * 2 ? left : 60));
            for (int i = 0; i < here; i++)
            {
                left--;
                bool picture = picturesLeft > 0 && (chance.Below(left + 1) < picturesLeft);
                picturesLeft -= picture ? 1 : 0;
                MadeKind kind = picture ? MadeKind.Jpeg : chance.Of([MadeKind.Text, MadeKind.Pdf, MadeKind.Settings]);
                (ulong content, long size) = contents.Next(kind);
                long id = run.NextEntryId + rows.Count;
                string name = $"{(i % 4 == 0 ? "inner/" : "")}{(picture ? "image" : "part")}{i}{kind.Extension}";
                MadeRow row = new(kind, content, size, EntryState.Allocated, false);
                made.Add(row);
                rows.Add(new MemberRow
                {
                    Id = id,
                    ParentId = root,
                    RootId = root,
                    VolumeIndex = volume,
                    Depth = 1,
                    Member = new EmbeddedMember { Ordinal = i, Path = name, StatedSize = size, Times = new EntryTimes(new EvidenceTime(1_500_000_000 + chance.Below(90_000_000), TimeKind.UnixSeconds), default, default, default) },
                    Path = $"{path}/{name}",
                    Address = $"{root}/{i}",
                    State = EntryState.Allocated,
                    Size = size,
                    Content = Content(id, row),
                });
            }

            ended.Add(new ExpansionRow(root, "zip", here, here * 1_000L, at % 40 == 3 ? [new Problem(ProblemKind.Malformed, "central directory", "two entries overlap")] : []));
            if (rows.Count >= ContentBatch || left == 0)
            {
                run.AddMembers(evidence, rows, ended);
                rows.Clear();
                ended.Clear();
            }
        }

        run.Complete(evidence, Stage.Embedded, null);
    }

    private void Pictures(long evidence, long first, List<MadeRow> made)
    {
        List<PictureRow> rows = [];
        for (int i = 0; i < made.Count; i++)
        {
            if (made[i].Kind is not MadeKind kind || !(kind.IsPicture || kind.IsVideo) || made[i].Size == 0)
            {
                continue;
            }

            long id = first + i;
            rows.Add(kind.IsVideo ? Video(id, made[i]) : Picture(id, made[i]));
            if (rows.Count == Batch)
            {
                run.AddPictures(evidence, rows);
                rows.Clear();
            }
        }

        run.AddPictures(evidence, rows);
        run.Complete(evidence, Stage.Pictures, null);
    }

    private PictureRow Picture(long id, MadeRow row)
    {
        MadePicture picture = PictureOf(row.Content);
        if (id % 250 == 9)
        {
            return new PictureRow { EntryId = id, Status = PictureStatus.Malformed, Format = null, Problems = [new Problem(ProblemKind.Malformed, "picture", "the data ends before the last row")] };
        }

        bool first = groups.TryAdd(picture.Group, (int)id);
        int leader = groups[picture.Group];
        long? copyOf = null;
        if (!picture.IsFirst(id, out long earlier))
        {
            copyOf = earlier;
        }

        bool copyOfLeader = picture.Group == picture.Content;
        alike.Add(new AlikeRow(id, leader, first ? 0 : copyOfLeader ? 1 : 3, first || copyOfLeader ? 0 : picture.Distance, PdqOrientation.Original, copyOf));
        thumbnails.Add((id, picture.Group));
        SortedDictionary<string, string> facts = new(StringComparer.Ordinal);
        if (picture.Camera is int camera)
        {
            facts.Add("make", "Contoso");
            facts.Add("model", $"Camera {camera}");
            facts.Add("taken", DateTimeOffset.FromUnixTimeSeconds(1_450_000_000 + (long)(picture.Content % 250_000_000)).UtcDateTime.ToString("yyyy:MM:dd HH:mm:ss", CultureInfo.InvariantCulture));
        }

        return new PictureRow
        {
            EntryId = id,
            Status = PictureStatus.Decoded,
            Format = row.Kind!.Mime![6..].ToUpperInvariant(),
            Width = picture.Width,
            Height = picture.Height,
            Frames = 1,
            Orientations = picture.Orientations,
            Quality = picture.Quality,
            Method = "made",
            Camera = picture.Camera is int number ? $"made-{number}" : null,
            Facts = facts,
            Hits = picture.Grade != MadeGrade.Near ? [] :
            [
                new HitRow(notable, "pdq", null)
                {
                    Entry = new HitEntryRow($"made/near/{picture.Number}", "notable", $"{1 + (picture.Number % 3)}", "made unit", "2023-02-03") { Distance = (int)(picture.Content % 31), Quality = picture.Quality, Orientation = PdqOrientation.Original, Threshold = 31 },
                },
            ],
        };
    }

    private PictureRow Video(long id, MadeRow row)
    {
        int number = videos++;
        thumbnails.Add((id, row.Content));
        string? method = number % 70 == 5 ? "video" : number % 140 == 9 ? "frames" : null;
        PictureFrameRow[] frames = [.. Enumerable.Range(0, 4).Select(i => new PictureFrameRow(i * 2_500, Pdq(row.Content + (ulong)i), 70, i % 2 == 1))];
        return new PictureRow
        {
            EntryId = id,
            Kind = PictureKind.Video,
            Status = PictureStatus.Decoded,
            Format = "mov,mp4",
            Width = 1_920,
            Height = 1_080,
            Frames = frames.Length,
            Milliseconds = 5_000 + (long)(row.Content % 600_000),
            Method = "made",
            Facts = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["codec"] = "h264", ["sound"] = "aac" },
            Sampled = frames,
            Hits = method is null || number > 4_000 ? [] :
            [
                new HitRow(notable, method, "3 of 4 frames")
                {
                    Entry = new HitEntryRow($"made/video/{number}", "notable", "2", "made unit", null) { Distance = 14, Quality = 70, Orientation = PdqOrientation.Original, Threshold = 31, Position = 2_500 },
                },
            ],
        };
    }

    private void Alike()
    {
        foreach (AlikeRow[] rows in alike.Chunk(20_000))
        {
            run.AddAlike(1, "made", rows);
        }
    }

    private void Thumbnails()
    {
        (byte[] Jpeg, int Width, int Height)[] drawn = MadeThumbnails.Draw();
        using ThumbnailStore store = ThumbnailStore.Open(directory);
        foreach ((long Id, ulong Group)[] batch in thumbnails.Chunk(2_000))
        {
            store.Add([.. batch.Select(picture =>
            {
                (byte[] jpeg, int width, int height) = drawn[(int)(picture.Group % (ulong)drawn.Length)];
                return new Thumbnail(picture.Id, 0, ThumbnailKind.Picture, width, height, jpeg);
            })]);
        }

        store.Flush();
    }

    /// <summary>What a picture's content is like; made when it is first asked for. One in twelve is near an earlier one.</summary>
    private MadePicture PictureOf(ulong content)
    {
        if (pictures.TryGetValue(content, out MadePicture? known))
        {
            return known;
        }

        int number = order.Count;
        MadePicture? near = number > 0 && content % 12 == 5 ? order[(int)(content % (ulong)number)] : null;
        int distance = near is null ? 0 : 2 + (int)(content % 20);
        PdqHash hash = near is null ? Pdq(content) : DrawnHashes.Flip(near.Orientations[0], content, distance);
        (int width, int height) = (content % 4) switch { 0 => (4_032, 3_024), 1 => (3_024, 4_032), 2 => (1_080, 1_920), _ => (1_600, 1_200) };
        MadePicture made = new(content, near?.Group ?? content, number, distance, width, height, 50 + (int)(content % 51), content % 5 < 3 ? (int)(content % 40) : null,
            [hash, .. Enumerable.Range(1, 7).Select(turn => Pdq(hash.Word0 + (ulong)turn))],
            (number % 587) switch { 7 => MadeGrade.Exact, 211 => MadeGrade.Near, 400 when number % 1_174 == 400 => MadeGrade.Reference, _ => MadeGrade.None });
        pictures.Add(content, made);
        order.Add(made);
        return made;
    }

    private static PdqHash Pdq(ulong seed) => new(DrawnHashes.Next(ref seed), DrawnHashes.Next(ref seed), DrawnHashes.Next(ref seed), DrawnHashes.Next(ref seed));

    private static byte[] Hash(ulong kind, ulong content, int length)
    {
        byte[] hash = new byte[32];
        ulong state = (content * 4) + kind;
        for (int i = 0; i < hash.Length; i += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash.AsSpan(i), DrawnHashes.Next(ref state));
        }

        return hash[..length];
    }
}

/// <summary>Which known set a made picture is in.</summary>
internal enum MadeGrade
{
    None,
    Exact,
    Near,
    Reference,
}

/// <summary>A made picture's content.</summary>
internal sealed record MadePicture(ulong Content, ulong Group, int Number, int Distance, int Width, int Height, int Quality, int? Camera, IReadOnlyList<PdqHash> Orientations, MadeGrade Grade)
{
    private long firstId;

    /// <summary>True for the first row with this content; else which that was.</summary>
    public bool IsFirst(long id, out long earlier)
    {
        earlier = firstId;
        firstId = firstId == 0 ? id : firstId;
        return earlier == 0;
    }
}
