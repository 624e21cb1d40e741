using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Storage.Containers.Ewf;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Containers.Ewf;

/// <summary>Damaged and forged images. What no tool writes is crafted after the specification.</summary>
public sealed class EwfDamageTests
{
    private const int Chunk = 32768;

    /// <summary>
    /// Every bit of a small image is flipped in turn. Each flip must show: as a problem at opening, as an unreadable range, or as a
    /// media hash that differs from the stored one. Where none does, media, hashes and metadata must be what they were: such places are
    /// the unused bits of a deflate stream before its checksum, and match distances that point at other bytes of the same value.
    /// </summary>
    [Fact]
    public void Every_flipped_bit_is_found_or_changes_nothing()
    {
        byte[] media = new byte[Chunk + 5 * 512];
        new SeededBytes(7).Fill(media.AsSpan(0, 600));
        new SeededBytes(8).Fill(media.AsSpan(Chunk));
        byte[] md5 = System.Security.Cryptography.MD5.HashData(media);
        byte[] image = new EwfCraft()
            .Section("header", EwfCraft.Zlib("1\nmain\nc\tn\ta\te\tt\tm\tu\tp\tr\nC7\tE1\tmade up\tA. Examiner\t\t2020 1 2 3 4 5\t2020 1 2 3 4 5\t0\tf\n\n"u8.ToArray()))
            .Volume(2, (uint)(media.Length / 512))
            .Chunks([(EwfCraft.Zlib(media[..Chunk]), true), (EwfCraft.WithAdler(media[Chunk..]), false)])
            .Section("hash", EwfCraft.Hash(md5))
            .Last("done").Bytes;

        using var folder = new TempFolder();
        string clean = Describe(folder.Write("clean.E01", image), out bool quiet);
        Assert.True(quiet, clean);
        var silent = new List<int>();
        byte[] edited = [.. image];
        string path = folder.File("flip.E01");

        // Every byte, one of its bits in turn: eight times as many openings would say no more.
        for (int at = 0; at < image.Length; at++)
        {
            edited[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(path, edited);
            edited[at] = image[at];
            string seen;
            try
            {
                seen = Describe(path, out quiet);
            }
            catch (EvidenceException)
            {
                continue;
            }

            if (quiet)
            {
                Assert.Equal(clean, seen);
                silent.Add(at);
            }
        }

        // Only within the two compressed streams.
        int header = EwfCraft.Find(image, "header"), volume = EwfCraft.Find(image, "volume"), sectors = EwfCraft.Find(image, "sectors"), table = EwfCraft.Find(image, "table");
        Assert.All(silent, at => Assert.True((at >= header + 76 && at < volume) || (at >= sectors + 76 && at < table), $"byte {at}"));
    }

    [Fact]
    public void Every_cut_is_found()
    {
        using var folder = new TempFolder();
        byte[] image = TestFiles.Fixture("ewf/encase6-best.E01.gz");
        for (int length = 0; length < image.Length; length += 331)
        {
            string path = folder.Write("cut.E01", image.AsSpan(0, length));
            var problems = new ProblemList();
            try
            {
                using IEvidenceContainer container = new EwfFormat().Open(path, problems);
                ContainerReading.Hash(container.Media);
                Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Missing);
                Assert.Equal(641 * 512, container.Media.Length);
            }
            catch (EvidenceException)
            {
                // Nothing that describes the media is left.
            }
        }
    }

    [Fact]
    public void A_missing_segment_is_named_and_its_chunks_alone_are_unreadable()
    {
        using var folder = new TempFolder();
        string first = ContainerReading.Unpack("multi-encase6", folder);
        byte[] whole;
        using (IEvidenceContainer container = ContainerReading.OpenEwf(first, new ProblemList()))
        {
            whole = ContainerReading.All(container.Media);
        }

        File.Delete(folder.File("multi-encase6.E02"));
        var problems = new ProblemList();
        using IEvidenceContainer gapped = ContainerReading.OpenEwf(first, problems);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Missing && problem.Place.Contains("multi-encase6.E02", StringComparison.Ordinal));
        Assert.Equal(whole.Length, gapped.Media.Length);
        (_, List<(ByteRange Range, string Reason)> unreadable) = ContainerReading.Hash(gapped.Media, 1 << 22);

        // The first and second segment hold 31 chunks each, as the tables say.
        Assert.Equal(new ByteRange(31L * Chunk, 31L * Chunk), Assert.Single(unreadable).Range);
        byte[] tail = new byte[whole.Length - (62 * Chunk)];
        Assert.Equal(tail.Length, gapped.Media.ReadAt(62 * Chunk, tail));
        Assert.Equal(whole[(62 * Chunk)..], tail);
    }

    [Fact]
    public void A_missing_last_segment_leaves_the_size_and_says_what_is_missing()
    {
        using var folder = new TempFolder();
        string first = ContainerReading.Unpack("multi-encase6", folder);
        File.Delete(folder.File("multi-encase6.E03"));
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(first, problems);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Missing);
        Assert.Equal(5120 * 512, container.Media.Length);
        Assert.Equal(62L * Chunk, Assert.Single(ContainerReading.Hash(container.Media, 1 << 22).Unreadable).Range.Offset);
    }

    [Fact]
    public void A_missing_first_segment_is_refused_by_name()
    {
        using var folder = new TempFolder();
        File.Delete(ContainerReading.Unpack("multi-encase6", folder));
        var error = Assert.Throws<EvidenceException>(() => ContainerReading.OpenEwf(folder.File("multi-encase6.E02"), new ProblemList()));
        Assert.Contains("multi-encase6.E01", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_twice_is_read_once()
    {
        using var folder = new TempFolder();
        string first = ContainerReading.Unpack("multi-encase6", folder);
        File.Copy(folder.File("multi-encase6.E03"), folder.File("multi-encase6.E04"));
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(first, problems);
        Problem problem = Assert.Single(problems.Items);
        Assert.Equal(ProblemKind.Mismatch, problem.Kind);
        Assert.Contains("E04", problem.Place, StringComparison.Ordinal);
        Assert.Equal(ContainerReading.Expected("ewf/multi-encase6.E01.txt")["MD5 hash calculated over data"], ContainerReading.Hash(container.Media).Md5);
    }

    [Fact]
    public void Segments_with_exchanged_names_are_read_in_their_own_order()
    {
        using var folder = new TempFolder();
        string first = ContainerReading.Unpack("multi-encase6", folder);
        File.Move(folder.File("multi-encase6.E02"), folder.File("x"));
        File.Move(folder.File("multi-encase6.E03"), folder.File("multi-encase6.E02"));
        File.Move(folder.File("x"), folder.File("multi-encase6.E03"));
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(first, problems);
        Assert.Equal(2, problems.Items.Count);
        Assert.Equal(ContainerReading.Expected("ewf/multi-encase6.E01.txt")["MD5 hash calculated over data"], ContainerReading.Hash(container.Media).Md5);
    }

    [Fact]
    public void A_segment_of_another_image_is_left_out_and_said()
    {
        using var folder = new TempFolder();
        string first = ContainerReading.Unpack("multi-encase6", folder);
        File.WriteAllBytes(folder.File("multi-encase6.E02"), new EwfCraft(2).Volume(1, 64, type: "data").Chunks([(EwfCraft.WithAdler(new byte[Chunk]), false)]).Last("next").Bytes);
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(first, problems);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Mismatch && problem.Reason.Contains("another image", StringComparison.Ordinal));
        Assert.Equal(new ByteRange(31L * Chunk, 31L * Chunk), Assert.Single(ContainerReading.Hash(container.Media, 1 << 22).Unreadable).Range);
    }

    [Fact]
    public void Another_set_identifier_is_said()
    {
        using var folder = new TempFolder();
        byte[] set = new byte[16], other = new byte[16];
        (set[0], other[0]) = (1, 2);
        folder.Write("set.E02", new EwfCraft(2).Volume(2, 128, set: other, type: "data").Chunks([(EwfCraft.WithAdler(new byte[Chunk]), false)]).Last("done").Bytes);
        string first = folder.Write("set.E01", new EwfCraft().Volume(2, 128, set: set).Chunks([(EwfCraft.WithAdler(new byte[Chunk]), false)]).Last("next").Bytes);
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(first, problems);
        Assert.Contains("set identifier", Assert.Single(problems.Items).Reason, StringComparison.Ordinal);
        Assert.Empty(ContainerReading.Hash(container.Media).Unreadable);
    }

    [Fact]
    public void Sections_that_lead_back_end_in_a_problem()
    {
        using var folder = new TempFolder();
        byte[] image = TestFiles.Fixture("ewf/encase6.E01.gz");
        int data = EwfCraft.Find(image, "data");
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(data + 16), 13);
        EwfCraft.Reseal(image, data);
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("loop.E01", image), problems);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Cycle);
        Assert.Equal("76ac33f609c1e0c8b32a5f2f04d333a6", ContainerReading.Hash(container.Media).Md5);
    }

    [Fact]
    public void Two_images_in_one_file_are_refused()
    {
        using var folder = new TempFolder();
        byte[] image = TestFiles.Fixture("ewf/encase6.E01.gz");
        int data = EwfCraft.Find(image, "data"), done = EwfCraft.Find(image, "done");

        // By pointer the next section is now "done", by size "hash": both valid.
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(data + 16), done);
        EwfCraft.Reseal(image, data);
        var error = Assert.Throws<EvidenceException>(() => ContainerReading.OpenEwf(folder.Write("dual.E01", image), new ProblemList()));
        Assert.Contains("ambiguous", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_that_differ_with_good_checksums_are_refused()
    {
        using var folder = new TempFolder();
        byte[] chunks = [.. EwfCraft.WithAdler(new byte[Chunk]), .. EwfCraft.WithAdler([.. Enumerable.Repeat((byte)1, Chunk)])];
        EwfCraft craft = new EwfCraft().Volume(2, 128);
        uint start = (uint)craft.Position + 76, second = start + Chunk + 4;
        byte[] image = craft.Section("sectors", chunks).Section("table", EwfCraft.Table([start, second])).Section("table2", EwfCraft.Table([second, start])).Last("done").Bytes;
        Assert.Throws<EvidenceException>(() => ContainerReading.OpenEwf(folder.Write("dual.E01", image), new ProblemList()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(30)]
    [InlineData(66)]
    public void A_damaged_table_gives_way_to_its_copy(int offset)
    {
        using var folder = new TempFolder();
        byte[] image = TestFiles.Fixture("ewf/encase6.E01.gz");
        image[EwfCraft.Find(image, "table") + 76 + offset] ^= 0x10;
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("table.E01", image), problems);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Mismatch);
        Assert.Equal("76ac33f609c1e0c8b32a5f2f04d333a6", ContainerReading.Hash(container.Media).Md5);
    }

    [Fact]
    public void Where_both_tables_are_damaged_the_chunks_they_agree_on_are_read()
    {
        using var folder = new TempFolder();
        byte[] image = TestFiles.Fixture("ewf/encase6.E01.gz");
        image[EwfCraft.Find(image, "table") + 76 + 24 + (4 * 3)] ^= 0x01;
        image[EwfCraft.Find(image, "table2") + 76 + 24 + (4 * 7)] ^= 0x01;
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("table.E01", image), problems);
        Assert.Equal([new ByteRange(3 * Chunk, Chunk), new ByteRange(7 * Chunk, Chunk)], ContainerReading.Hash(container.Media, 1 << 20).Unreadable.Select(bad => bad.Range));
    }

    [Fact]
    public void Huge_counts_cost_nothing()
    {
        using var folder = new TempFolder();
        byte[] table = EwfCraft.Table([100]);
        BinaryPrimitives.WriteUInt32LittleEndian(table, uint.MaxValue);
        EwfCraft.WithAdler(table[..20]).CopyTo(table, 0);
        byte[] errors = EwfCraft.Errors();
        BinaryPrimitives.WriteUInt32LittleEndian(errors, uint.MaxValue);
        byte[] image = new EwfCraft().Volume(uint.MaxValue, uint.MaxValue, 32768, 512).Section("sectors", new byte[100]).Section("table", table).Section("error2", errors).Last("done").Bytes;
        string path = folder.Write("huge.E01", image);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(path, problems);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Malformed);
        Assert.Contains(problems.Items, problem => problem.Kind == ProblemKind.Missing);
        Assert.Throws<UnreadableDataException>(() => container.Media.ReadAt(1L << 30, new byte[512]));
    }

    [Fact]
    public void Ranges_unread_at_acquisition_are_told()
    {
        using var folder = new TempFolder();
        byte[] image = new EwfCraft().Volume(1, 64).Chunks([(EwfCraft.WithAdler(new byte[Chunk]), false)]).Section("error2", EwfCraft.Errors((8, 2), (60, 100))).Last("done").Bytes;
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("errors.E01", image), problems);
        Assert.Equal([new ByteRange(4096, 1024), new ByteRange(60 * 512, 4 * 512)], container.AcquisitionErrors);
        Assert.Equal(2, problems.Items.Count(problem => problem.Kind == ProblemKind.Unreadable));
    }

    [Fact]
    public void Stored_blocks_without_the_second_length_are_read()
    {
        // The Tableau TD3 wrote 0 for NLEN; the stream's checksum still holds.
        using var folder = new TempFolder();
        byte[] media = new SeededBytes(3).Bytes(Chunk);
        byte[] stored = [0x78, 0x01, 0x01, 0x00, 0x80, 0x00, 0x00, .. media, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(stored.AsSpan(stored.Length - 4), EwfCraft.Adler(media));
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("td3.E01", new EwfCraft().Volume(1, 64).Chunks([(stored, true)]).Last("done").Bytes), new ProblemList());
        Assert.Equal(media, ContainerReading.All(container.Media));
    }

    [Fact]
    public void A_damaged_chunk_names_its_range_segment_and_offset()
    {
        using var folder = new TempFolder();
        byte[] image = new EwfCraft().Volume(2, 128).Chunks([(EwfCraft.WithAdler(new byte[Chunk]), false), (EwfCraft.WithAdler(new byte[Chunk]), false)]).Last("done").Bytes;
        int start = EwfCraft.Find(image, "sectors") + 76 + Chunk + 4;
        image[start + 9] ^= 1;
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.Write("bad.E01", image), new ProblemList());
        var error = Assert.Throws<UnreadableDataException>(() => container.Media.ReadAt(Chunk + 5, new byte[10]));
        Assert.Equal((Chunk, Chunk), (error.Offset, error.Length));
        Assert.Contains($"bad.E01 at file offset {start}", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_past_E99_open_with_few_handles()
    {
        using var folder = new TempFolder();
        const int Segments = 130;
        for (int i = 1; i <= Segments; i++)
        {
            byte[] chunk = [.. Enumerable.Repeat((byte)i, 512)];
            EwfCraft craft = new EwfCraft(i).Volume(Segments, Segments, 1, 512, type: i == 1 ? "volume" : "data").Chunks([(EwfCraft.WithAdler(chunk), false)]);
            folder.Write($"many.{EwfSegmentNames.Extension('E', i)}", craft.Last(i == Segments ? "done" : "next").Bytes);
        }

        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(folder.File("many.EAC"), problems);
        Assert.Empty(problems.Items);
        Assert.Equal(Segments, container.Files.Count);
        byte[] bytes = ContainerReading.All(container.Media);
        Parallel.For(0, 4, _ => Assert.Equal(bytes, ContainerReading.All(container.Media)));
        for (int i = 0; i < Segments; i++)
        {
            Assert.Equal((byte)(i + 1), bytes[i * 512]);
        }
    }

    [Fact]
    public void Offsets_past_2_GiB_keep_their_top_bit()
    {
        // As EnCase 6.7.1 wrote them: the fourth chunk starts past 2^31 and its top bit is part of the offset.
        uint[] entries = [0x7FFE_8000 | 0x8000_0000, 0x7FFF_0000, 0x7FFF_8004, 0x8000_0008, 0x8000_800C];
        Assert.Equal(3, ChunkGroup.FindOverflow(entries, 3L << 30));
        Assert.Equal(5, ChunkGroup.FindOverflow(entries, 1L << 30));
    }

    private static string Describe(string path, out bool quiet)
    {
        var problems = new ProblemList();
        using IEvidenceContainer container = new EwfFormat().Open(path, problems);
        (string md5, List<(ByteRange Range, string Reason)> unreadable) = ContainerReading.Hash(container.Media, 1 << 17);
        quiet = problems.Items.Count == 0 && unreadable.Count == 0 && container.StoredHashes.Count == 1 && Convert.ToHexStringLower(container.StoredHashes[0].Value) == md5;
        return $"{container.TypeName} {container.Media.Length} {md5} {string.Join("; ", container.Metadata)} {string.Join("; ", problems.Items)}";
    }
}
