using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Cairn.Core;
using Cairn.Media.Metadata;
using Cairn.TestKit;

namespace Cairn.Media.Tests.Metadata;

public sealed class PictureMetadataTests
{
    public static TheoryData<string> Fixtures => [.. TestFiles.FixtureText("picture-metadata/MANIFEST.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.Split('\t')[0])];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Every_fixture_gives_what_exiftool_reads(string name)
    {
        using JsonDocument reference = JsonDocument.Parse(TestFiles.FixtureText("picture-metadata/exiftool.json"));
        JsonElement item = reference.RootElement.EnumerateArray().Single(i => i.GetProperty("SourceFile").GetString() == name);
        PictureFacts facts = Read(name);
        Assert.Empty(facts.Problems);
        int compared = 0;
        foreach ((string what, string? expected, string? actual) in ExiftoolComparisonTests.Compare(item, facts).Where(c => c.Expected is not null))
        {
            Assert.True(expected == actual, $"{what}: exiftool {expected}, here {actual}");
            compared++;
        }

        Assert.True(compared >= 2, name);
    }

    [Theory]
    [InlineData("full.jpg")]
    [InlineData("full.png")]
    [InlineData("full.webp")]
    [InlineData("full.tif")]
    [InlineData("full.psd")]
    [InlineData("full.heic")]
    [InlineData("full.jp2")]
    public void Facts_are_typed_and_keep_what_is_written(string name)
    {
        PictureFacts facts = Read(name);
        Assert.Equal((64, 48, 6), (facts.Width, facts.Height, facts.Orientation));
        Assert.Equal(("Examplemaker", "Model 7", "Firmware 1.2"), (facts.Make, facts.Model, facts.Software));
        Assert.Equal(("X-0012345", "L998877", "Lens 35", "A. N. Owner"), (facts.CameraSerial, facts.LensSerial, facts.LensModel, facts.Owner));
        Assert.Equal("00112233445566778899aabbccddeeff", facts.UniqueId);
        Assert.Equal(new PictureTime("2024:02:29 12:34:56", "789", "+01:00", "ExifIFD:DateTimeOriginal"), facts.Original);
        Assert.Equal(new PictureTime("2024:02:29 12:34:57", "01", "-05:30", "ExifIFD:DateTimeDigitized"), facts.Digitised);
        Assert.Equal(new PictureTime("2024:03:01 00:00:01", null, "+00:00", "IFD0:DateTime"), facts.Modified);
        Assert.Equal(51.5033, facts.Place!.Latitude, 1e-5);
        Assert.Equal(-0.1196, facts.Place.Longitude, 1e-5);
        Assert.Equal((-12.5, "2024:02:29 11:34:56"), (facts.Place.Altitude, facts.Place.Time));
        Assert.StartsWith("51/1 30/1 ", facts.Place.Raw, StringComparison.Ordinal);
        Assert.EndsWith(" W", facts.Place.Raw, StringComparison.Ordinal);
        Assert.Equal("EXAMPLEMAKER|MODEL 7|X-0012345", facts.CameraKey);
        Assert.Contains(new PictureTag("ExifIFD", "UserComment", "drawn by a script"), facts.Tags);
        Assert.Contains(new PictureTag("IFD0", "XPTitle", "Größe"), facts.Tags);
        Assert.Equal(["one", "two"], facts.Tags.Where(t => t is { Group: "XMP-dc", Name: "subject" }).Select(t => t.Value));
        Assert.False(facts.HasC2pa);
        Assert.Equal(name == "full.jpg", facts.HasThumbnail);
    }

    [Fact]
    public void The_same_camera_has_the_same_key_however_it_is_spelled()
    {
        Assert.Equal(Read("full.jpg").CameraKey, Read("same.jpg").CameraKey);
        Assert.NotEqual(Read("full.jpg").CameraKey, Read("other.jpg").CameraKey);
    }

    [Fact]
    public void Zeros_are_no_serial_and_no_time()
    {
        PictureFacts facts = Read("blank.jpg");
        Assert.Null(facts.CameraSerial);
        Assert.Null(facts.CameraKey);
        Assert.Null(facts.Original);
        Assert.Contains(new PictureTag("ExifIFD", "BodySerialNumber", "0000000"), facts.Tags);
    }

    [Fact]
    public void Xmp_over_several_segments_is_put_together()
    {
        PictureFacts facts = Read("extended.jpg");
        Assert.Contains(facts.Tags, t => t is { Group: "XMP-dc", Name: "description", Value.Length: 1_000 });
        Assert.Contains(new PictureTag("XMP-photoshop", "City", "Leeds"), facts.Tags);
    }

    [Fact]
    public void A_c2pa_manifest_is_noticed_in_each_form()
    {
        // C2PA 2.1, 11.1.4.2: a JUMBF superbox whose description has the type "c2pa" and the label "c2pa"; embedding: appendix A.
        byte[] description = [.. "jumd"u8, .. "c2pa"u8, 0, 0x11, 0, 0x10, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71, 3, .. "c2pa\0"u8];
        byte[] box = Box("jumb", [.. Size(description.Length + 4), .. description]);
        byte[] jpeg = TestFiles.Fixture("picture-metadata/other.jpg");
        byte[] segment = [.. "JP"u8, 0, 1, 0, 0, 0, 1, .. box];
        Assert.True(Read([0xFF, 0xD8, 0xFF, 0xEB, (byte)((segment.Length + 2) >> 8), (byte)(segment.Length + 2), .. segment, .. jpeg.AsSpan(2)]).HasC2pa);
        byte[] png = TestFiles.Fixture("picture-metadata/text.png");
        Assert.True(Read([.. png.AsSpan(0, 33), .. Size(box.Length), .. "caBX"u8, .. box, 0, 0, 0, 0, .. png.AsSpan(33)]).HasC2pa);
        byte[] webp = TestFiles.Fixture("picture-metadata/full.webp");
        Assert.True(Read([.. webp, .. "C2PA"u8, (byte)box.Length, 0, 0, 0, .. box]).HasC2pa);
        byte[] heic = TestFiles.Fixture("picture-metadata/full.heic");
        Assert.True(Read([.. heic, .. Box("uuid", [.. Convert.FromHexString("D8FEC3D61B0E483C92975828877EC481"), .. box])]).HasC2pa);
        Assert.True(Read([.. Box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]), .. Box("ftyp", "jxl \0\0\0\0jxl "u8), .. box]).HasC2pa);
        byte[] other = [.. box];
        other[16] = (byte)'x';
        Assert.False(Read([.. Box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]), .. Box("ftyp", "jxl \0\0\0\0jxl "u8), .. other]).HasC2pa);
    }

    [Fact]
    public void Exif_of_jpeg_xl_is_read_plain_and_packed()
    {
        byte[] exif = [0, 0, 0, 0, .. Tiff(([0x10, 0x01], "Model 9\0"u8.ToArray()))];
        byte[] start = [.. Box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]), .. Box("ftyp", "jxl \0\0\0\0jxl "u8)];
        Assert.Equal("Model 9", Read([.. start, .. Box("Exif", exif)]).Model);
        using MemoryStream packed = new();
        using (BrotliStream brotli = new(packed, CompressionMode.Compress, leaveOpen: true))
        {
            brotli.Write(exif);
        }

        Assert.Equal("Model 9", Read([.. start, .. Box("brob", [.. "Exif"u8, .. packed.ToArray()])]).Model);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Any_cut_and_any_damage_gives_facts_and_no_exception(string name)
    {
        byte[] original = TestFiles.Fixture("picture-metadata/" + name);
        int step = Math.Max(1, original.Length / 400);
        for (int length = 0; length < original.Length; length += step)
        {
            _ = Read(original[..length]);
        }

        SeededBytes seeded = new(3);
        for (int i = 0; i < 1_500; i++)
        {
            byte[] bytes = [.. original];
            for (int k = 0; k < 8; k++)
            {
                bytes[seeded.Next(Math.Min(bytes.Length, 6_000))] = seeded.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)seeded.Next(256) };
            }

            Assert.True(Read(bytes).Tags.Count <= 4_000);
        }
    }

    [Fact]
    public void Directories_that_lead_back_end()
    {
        // IFD0 at 8: EXIF and GPS both point to 8, the next directory too.
        byte[] bytes = [.. "II*\0"u8, 8, 0, 0, 0, 2, 0, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0x25, 0x88, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0];
        Assert.Empty(Read(bytes).Tags);
    }

    [Fact]
    public void Values_that_all_lie_in_the_same_bytes_cost_little()
    {
        // 65,535 entries of 64 KiB each in one directory.
        const int Count = 65_535;
        byte[] bytes = new byte[10 + (Count * 12) + 4];
        "II*\0\x08\0\0\0"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), Count);
        for (int i = 0; i < Count; i++)
        {
            Span<byte> entry = bytes.AsSpan(10 + (12 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)(i % 2 == 0 ? 0x02BC : 0x010E));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], 2);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], 65_536);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], 4);
        }

        Stopwatch clock = Stopwatch.StartNew();
        PictureFacts facts = Read(bytes);
        Assert.Contains(facts.Problems, p => p.Kind == ProblemKind.LimitReached);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public void Packed_text_that_grows_without_end_is_stopped()
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++)
            {
                zlib.Write(zeros);
            }
        }

        byte[] png = TestFiles.Fixture("picture-metadata/text.png");
        byte[] chunk = [.. "Comment\0\0"u8, .. packed.ToArray()];
        using MemoryStream bytes = new();
        bytes.Write(png.AsSpan(0, 33));
        for (int i = 0; i < 1_000; i++)
        {
            bytes.Write([.. Size(chunk.Length), .. "zTXt"u8, .. chunk, 0, 0, 0, 0]);
        }

        bytes.Write(png.AsSpan(33));
        Stopwatch clock = Stopwatch.StartNew();
        PictureFacts facts = Read(bytes.ToArray());
        Assert.Contains(facts.Problems, p => p.Kind == ProblemKind.LimitReached && p.Place == "PNG Comment");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public void Blocks_within_blocks_end_at_a_depth()
    {
        // A TIFF whose Photoshop block holds an EXIF resource with a TIFF, and so on.
        byte[] inner = Tiff(([0x0F, 0x01], "deep\0"u8.ToArray()));
        for (int i = 0; i < 200; i++)
        {
            inner = Tiff(([0x49, 0x86], [.. "8BIM"u8, 0x04, 0x22, 0, 0, .. Size(inner.Length), .. inner]));
        }

        PictureFacts facts = Read(inner);
        Assert.Contains(facts.Problems, p => p.Kind == ProblemKind.LimitReached);
        Assert.Null(facts.Make);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><x:y>&b;</x:y></x:xmpmeta>")]
    [InlineData("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>")]
    [InlineData("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><unclosed>")]
    public void Xmp_with_entities_or_damage_is_one_problem(string xml)
    {
        PictureFacts facts = ReadXmp(xml);
        Assert.Equal(("XMP", ProblemKind.Malformed), Assert.Single(facts.Problems.Select(p => (p.Place, p.Kind))));
    }

    [Fact]
    public void Xmp_of_great_depth_is_stopped()
    {
        PictureFacts facts = ReadXmp(string.Concat(Enumerable.Repeat("<a>", 5_000)));
        Assert.Contains(facts.Problems, p => p.Kind == ProblemKind.LimitReached);
    }

    [Fact]
    public void Control_characters_do_not_reach_the_report()
    {
        PictureFacts facts = Read(Tiff(([0x0F, 0x01], "a\u001b[31mb\r\nc\0"u8.ToArray())));
        Assert.Equal("a[31mb  c", facts.Make);
    }

    [Fact]
    public void What_cannot_be_read_is_a_problem_and_the_rest_is_kept()
    {
        using MemoryByteSource inner = new(TestFiles.Fixture("picture-metadata/full.jpg"));
        using FaultInjectingSource content = new(inner) { FailingRange = new ByteRange(3_000, 100_000) };
        PictureFacts facts = PictureMetadata.Read(content, "image/jpeg");
        Assert.Equal(ProblemKind.Unreadable, Assert.Single(facts.Problems).Kind);
        Assert.Equal("X-0012345", facts.CameraSerial);
    }

    [Fact]
    public void Every_malformed_picture_of_the_corpus_gives_facts()
    {
        int count = 0;
        foreach (string path in Directory.EnumerateFiles(TestFiles.Corpus("malformed/pictures"), "*", SearchOption.AllDirectories))
        {
            Stopwatch clock = Stopwatch.StartNew();
            _ = Read(File.ReadAllBytes(path));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), path);
            count++;
        }

        Assert.True(count > 100);
    }

    private static PictureFacts Read(string fixture) => Read(TestFiles.Fixture("picture-metadata/" + fixture));

    private static PictureFacts Read(byte[] bytes) => PictureMetadata.Read(bytes, "");

    private static PictureFacts ReadXmp(string xml)
    {
        byte[] body = [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Encoding.UTF8.GetBytes(xml)];
        return Read([0xFF, 0xD8, 0xFF, 0xE1, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body, 0xFF, 0xD9, 0, 0]);
    }

    private static byte[] Size(int size) => [(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size];

    private static byte[] Box(string type, ReadOnlySpan<byte> body) => [.. Size(body.Length + 8), .. Encoding.ASCII.GetBytes(type), .. body];

    /// <summary>A little-endian TIFF with one entry of bytes; text where the tag is a text.</summary>
    private static byte[] Tiff((byte[] Tag, byte[] Value) entry)
    {
        byte type = entry.Tag is [0x49, 0x86] ? (byte)1 : (byte)2;
        byte[] count = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(count, entry.Value.Length);
        return [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, entry.Tag[0], entry.Tag[1], type, 0, .. count, 26, 0, 0, 0, 0, 0, 0, 0, .. entry.Value];
    }
}
