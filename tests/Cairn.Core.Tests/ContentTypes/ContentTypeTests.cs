using System.IO.Compression;
using System.Text;
using Cairn.Core.ContentTypes;
using Cairn.TestKit;

namespace Cairn.Core.Tests.ContentTypes;

public sealed class ContentTypeTests
{
    [Theory]
    [InlineData("image/jpeg", ContentFamily.Picture)]
    [InlineData("video/mp4", ContentFamily.Video)]
    [InlineData("application/zip", ContentFamily.Archive)]
    [InlineData("application/pdf", ContentFamily.Document)]
    [InlineData("message/rfc822", ContentFamily.Mail)]
    [InlineData("image/of-a-kind-not-known-yet", ContentFamily.Picture)]
    [InlineData("audio/of-a-kind-not-known-yet", ContentFamily.Audio)]
    [InlineData("application/of-a-kind-not-known-yet", ContentFamily.Other)]
    [InlineData("", ContentFamily.Other)]
    [InlineData("image", ContentFamily.Other)]
    public void A_type_is_for_what_the_catalogue_says_and_else_for_what_its_first_part_says(string mime, ContentFamily family) => Assert.Equal(family, ContentType.FamilyOf(mime));

    /// <summary>Bytes that the formats' specifications put at the start (and for some, elsewhere), and the type that they make.</summary>
    public static TheoryData<string, string, int> Vectors => new()
    {
        { "FFD8FFE000104A46494600", "image/jpeg", 0 },
        { "89504E470D0A1A0A0000000D49484452", "image/png", 0 },
        { "474946383961", "image/gif", 0 },
        { "49492A0008000000", "image/tiff", 0 },
        { "4D4D002A00000008", "image/tiff", 0 },
        { "49492A00100000004352", "image/tiff", 0 },
        { "49492A001000000043520200", "image/x-canon-cr2", 0 },
        { "0000000C4A584C200D0A870A", "image/jxl", 0 },
        { "FF0A", "image/jxl", 0 },
        { "0000000C6A5020200D0A870A", "image/jp2", 0 },
        { "FF4FFF5100", "image/x-jp2-codestream", 0 },
        { "384250530001", "image/vnd.adobe.photoshop", 0 },
        { "524946462400000057454250", "image/webp", 0 },
        { "52494646240000005741564566", "audio/x-wav", 0 },
        { "524946462400000041564920", "video/x-msvideo", 0 },
        { "00000018667479706865696300000000", "image/heic", 0 },
        { "0000001866747970617669660000000061766966", "image/avif", 0 },
        { "00000018667479706D696631000000006D696631", "image/heif", 0 },
        { "00000018667479706372782000000001", "image/x-canon-cr3", 0 },
        { "000000186674797069736F6D00000200", "video/mp4", 0 },
        { "0000001466747970717420200000020071742020", "video/quicktime", 0 },
        { "00000018667479704D34412000000000", "audio/x-m4a", 0 },
        { "00000008776964650000000000000000", "video/quicktime", 0 },
        { "1A45DFA39F4286810142F7810142F2810442F381084282847765626D", "video/webm", 0 },
        { "1A45DFA3A34286810142F7810142F2810442F381084282886D6174726F736B61", "video/x-matroska", 0 },
        { "3026B2758E66CF11A6D900AA0062CE6C", "video/x-ms-asf", 0 },
        { "664C614300000022", "audio/flac", 0 },
        { "49443303000000000000", "audio/mpeg", 0 },
        { "4F67675300020000000000000000000000000000000000000000011E01766F72626973", "audio/ogg", 0 },
        { "504B0506000000000000000000000000000000000000", "application/zip", 0 },
        { "526172211A0700", "application/x-rar", 0 },
        { "526172211A070100", "application/x-rar", 0 },
        { "377ABCAF271C0004", "application/x-7z-compressed", 0 },
        { "1F8B0800", "application/gzip", 0 },
        { "425A6839", "application/x-bzip2", 0 },
        { "FD377A585A00", "application/x-xz", 0 },
        { "28B52FFD", "application/zstd", 0 },
        { "04224D18", "application/x-lz4", 0 },
        { "4D53434600000000", "application/vnd.ms-cab-compressed", 0 },
        { "7573746172003030", "application/x-tar", 257 },
        { "4344303031", "application/x-iso9660-image", 32769 },
        { "255044462D312E37", "application/pdf", 0 },
        { "7B5C72746631", "text/rtf", 0 },
        { "D0CF11E0A1B11AE1", "application/x-ole-storage", 0 },
        { "2142444E", "application/vnd.ms-outlook-pst", 0 },
        { "53514C69746520666F726D6174203300", "application/vnd.sqlite3", 0 },
        { "377F0682", "application/x-sqlite-wal", 0 },
        { "000100005374616E64617264204A657420444200", "application/x-msaccess", 0 },
        { "EFCDAB89", "application/x-ms-ese", 4 },
        { "72656766", "application/x-ms-registry-hive", 0 },
        { "456C6646696C6500", "application/x-ms-evtx", 0 },
        { "300000004C664C65", "application/x-ms-evt", 0 },
        { "4C0000000114020000000000C000000000000046", "application/x-ms-shortcut", 0 },
        { "4D414D04801F000000", "application/x-ms-prefetch", 0 },
        { "1700000053434341", "application/x-ms-prefetch", 0 },
        { "434D4D4D", "application/x-ms-thumbcache", 0 },
        { "62706C6973743030", "application/x-bplist", 0 },
        { "7F454C46020101", "application/x-executable", 0 },
        { "CFFAEDFE07000001", "application/x-mach-binary", 0 },
        { "CAFEBABE00000002", "application/x-mach-binary", 0 },
        { "CAFEBABE00000034", "application/x-java-applet", 0 },
        { "6465780A30333500", "application/vnd.android.dex", 0 },
        { "4F54544F00", "font/otf", 0 },
        { "774F4632", "font/woff2", 0 },
        { "4556460 90D0AFF0001".Replace(" ", "", StringComparison.Ordinal), "application/x-ewf", 0 },
        { "455646320D0A8100", "application/x-ewf2", 0 },
        { "7668647866696C65", "application/x-vhdx", 0 },
        { "4B444D5601000000", "application/x-vmdk", 0 },
        { "514649FB00000003", "application/x-qemu-disk", 0 },
        { "7F10DABE", "application/x-virtualbox-vdi", 64 },
        { "4E54465320202020", "application/x-raw-disk-image", 3 },
        { "2D4656452D46532D", "application/x-bitlocker", 3 },
        { "4C554B53BABE0002", "application/x-luks", 0 },
        { "03D9A29A67FB4BB5", "application/x-keepass", 0 },
        { "D4C3B2A102000400", "application/vnd.tcpdump.pcap", 0 },
        { "0A0D0D0A", "application/x-pcapng", 0 },
        { "3082030A308201F2A003020102", "application/pkix-cert", 0 },
        { "308203E606092A864886F70D010702", "application/pkcs7-mime", 0 },
        { "30820A1002010330820A", "application/x-pkcs12", 0 },
        { "64383A616E6E6F756E636533353A", "application/x-bittorrent", 0 },
        { "49492A00080000000300FE00040001000000010000000F01020012000000320000004A01040001000000C8000000000000004E494B4F4E20434F52504F524154494F4E00", "image/x-nikon-nef", 0 },
        { "49492A00080000000300FE00040001000000010000000F01020005000000320000004A01040001000000C800000000000000534F4E5900", "image/x-sony-arw", 0 },
        { "49492A00080000000300FE00040001000000010000000F01020008000000320000004A01040001000000C80000000000000053414D53554E4700", "image/x-samsung-srw", 0 },
        { "49492A000800000002000301030001000000FFFF00000F01020007000000260000000000000050454E54415800", "image/x-pentax-pef", 0 },
        { "49492A000800000002000301030001000000010000000F0102000600000026000000000000004E494B4F4E00", "image/tiff", 0 },
        { "49492A0008000000010012C60100040000000104000000000000", "image/x-adobe-dng", 0 },
        { "49495500180000008800", "image/x-panasonic-rw2", 0 },
        { "4949524F08000000", "image/x-olympus-orf", 0 },
        { "46554A4946494C4D4343442D52415720", "image/x-fuji-raf", 0 },
        { "424D3600000000000000360000002800000001000000010000000100180000000000", "image/bmp", 0 },
        { "00000100010010100000010020006804000016000000", "image/vnd.microsoft.icon", 0 },
        { "0000001466747970336770340000020033677034", "video/3gpp", 0 },
        { "000001BA44000400", "video/mpeg", 0 },
        { "464C5601050000000900000000", "video/x-flv", 0 },
        { "52434400", "", 0 },
    };

    public static TheoryData<string, string> Texts => new()
    {
        { "plain words\n", "text/plain" },
        { "über Größe\n", "text/plain" },
        { "<!DOCTYPE html><html>", "text/html" },
        { "<?xml version=\"1.0\"?><a/>", "text/xml" },
        { "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml" },
        { "<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC>\n<plist version=\"1.0\">", "application/x-plist" },
        { "{\"a\": 1}", "application/json" },
        { "[1, 2, 3]", "application/json" },
        { "[1] a note, not a list\n", "text/plain" },
        { "#!/bin/sh\necho\n", "text/x-shellscript" },
        { "#!/usr/bin/env python3\n", "text/x-script.python" },
        { "-----BEGIN CERTIFICATE-----\nMIIC\n", "application/x-pem-file" },
        { "-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted" },
        { "BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard" },
        { "Received: from a\r\nFrom: b <b@example.org>\r\nSubject: c\r\n\r\n", "message/rfc822" },
        { "From: a dictionary of words\nTo be or not\n", "text/plain" },
        { "From b@example.org Mon Jan  1 00:00:00 2024\nFrom: b@example.org\n\nText\n", "application/mbox" },
        { "Windows Registry Editor Version 5.00\r\n", "text/x-ms-regedit" },
        { "# Disk DescriptorFile\nversion=1\n", "application/x-vmdk" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Magic_numbers_of_the_specifications_are_known(string hex, string mime, int offset)
    {
        byte[] head = new byte[Math.Max(offset + (hex.Length / 2) + 16, offset == 0 ? 0 : 64)];
        Convert.FromHexString(hex).CopyTo(head, offset);
        Assert.Equal(mime, ContentType.Identify(head)?.Mime ?? "");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_is_what_its_first_lines_say(string text, string mime)
    {
        Assert.Equal(mime, ContentType.Identify(Encoding.UTF8.GetBytes(text))?.Mime);
        Assert.Equal(mime, ContentType.Identify([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)])?.Mime);
        Assert.Equal(mime, ContentType.Identify([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)])?.Mime);
    }

    [Fact]
    public void Encodings_of_text_are_told_apart()
    {
        Assert.Equal("text (ASCII)", ContentType.Identify("abc"u8)?.Name);
        Assert.Equal("text (UTF-8)", ContentType.Identify("äbc"u8)?.Name);
        Assert.Equal("text (8-bit)", ContentType.Identify([(byte)'a', (byte)'b', 0xE4, (byte)'c', (byte)'d', (byte)'e'])?.Name);
        Assert.Equal("text (UTF-16, little-endian)", ContentType.Identify(Encoding.Unicode.GetBytes("some words"))?.Name);
        Assert.Equal("text (UTF-16, big-endian)", ContentType.Identify(Encoding.BigEndianUnicode.GetBytes("some words"))?.Name);
    }

    [Fact]
    public void A_character_that_the_head_cuts_does_not_make_text_another_thing()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ü", 4000)));
        for (int length = 4090; length < 4100; length++)
        {
            Assert.Equal("text (UTF-8)", ContentType.Identify(bytes.AsSpan(0, length))?.Name);
        }
    }

    [Fact]
    public void Office_documents_in_a_zip_are_told_by_their_entries()
    {
        Assert.Equal("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml"));
        Assert.Equal("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZipOf("[Content_Types].xml", "xl/workbook.xml"));
        Assert.Equal("application/vnd.openxmlformats-officedocument.presentationml.presentation", ZipOf("_rels/.rels", "ppt/presentation.xml"));
        Assert.Equal("application/java-archive", ZipOf("META-INF/MANIFEST.MF", "A.class"));
        Assert.Equal("application/vnd.android.package-archive", ZipOf("AndroidManifest.xml"));
        Assert.Equal("application/zip", ZipOf("word/document.xml", "a.txt"));
    }

    [Fact]
    public void A_program_is_told_from_a_dos_one_by_its_new_header()
    {
        byte[] head = new byte[0x100];
        "MZ"u8.CopyTo(head);
        Assert.Equal("application/x-dosexec", ContentType.Identify(head)?.Mime);
        head[0x3C] = 0x80;
        "PE\0\0"u8.CopyTo(head.AsSpan(0x80));
        Assert.Equal("application/vnd.microsoft.portable-executable", ContentType.Identify(head)?.Mime);
    }

    [Theory]
    [InlineData("FFD8FFE0", "holiday.txt", true)]
    [InlineData("FFD8FFE0", "driver.DLL", true)]
    [InlineData("FFD8FFE0", ".png", true)]
    [InlineData("FFD8FFE0", "a.jpeg", false)]
    [InlineData("FFD8FFE0", "a.JPG", false)]
    [InlineData("FFD8FFE0", "a", false)]
    [InlineData("FFD8FFE0", "a.unheardof", false)]
    [InlineData("FFD8FFE0", "a.dat", false)]
    [InlineData("FFD8FFE0", "a.", false)]
    [InlineData("504B0304", "report.docx", false)]
    [InlineData("504B0304", "picture.jpg", true)]
    [InlineData("D0CF11E0A1B11AE1", "letter.doc", false)]
    [InlineData("7B5C72746631", "letter.doc", false)]
    [InlineData("000000186674797069736F6D00000200", "clip.mov", false)]
    [InlineData("49492A0008000000", "raw.nef", false)]
    [InlineData("23212F62696E2F73680A", "install.jpg", false)]
    public void A_mismatch_is_certain_content_under_another_familys_extension(string hex, string name, bool expected)
    {
        ContentType type = Assert.IsType<ContentType>(ContentType.Identify(Convert.FromHexString(hex)));
        Assert.Equal(expected, ContentType.ExtensionMismatch(type, name));
    }

    [Fact]
    public void Every_cut_and_every_changed_byte_of_every_signature_is_answered()
    {
        SeededBytes random = new(7);
        byte[] page = new byte[ContentType.LongestHead + 100];
        foreach (Signature signature in ContentSignatures.ByFirstByte.SelectMany(s => s).Concat(ContentSignatures.Elsewhere))
        {
            for (int round = 0; round < 30; round++)
            {
                random.Fill(page.AsSpan(0, 600));
                signature.Bytes.CopyTo(page, signature.Offset);
                ContentType.Identify(page.AsSpan(0, random.Next(700)));
                ContentType.Identify(page.AsSpan(0, Math.Min(page.Length, signature.Offset + signature.Bytes.Length + random.Next(3))));
                ContentType.Identify(page);
            }
        }
    }

    [Fact]
    public void Nothing_and_noise_have_no_type()
    {
        Assert.Null(ContentType.Identify([]));
        Assert.Null(ContentType.Identify(new byte[4096]));
    }

    [Fact]
    public void At_least_150_types_are_known() => Assert.True(ContentSignatures.All.Select(t => t.Mime).Distinct().Count() >= 150);

    [Fact]
    public void Libmagic_agrees_on_the_corpus_but_for_what_the_readme_lists()
    {
        string corpus = TestFiles.Corpus("");
        using StreamReader expectations = new(new GZipStream(File.OpenRead(TestFiles.Corpus("ref/identification/libmagic.tsv.gz")), CompressionMode.Decompress));
        expectations.ReadLine();
        int compared = 0, same = 0;
        byte[] buffer = new byte[ContentType.LongestHead];
        while (expectations.ReadLine() is string line)
        {
            string[] fields = line.Split('\t');
            string path = Path.Combine(corpus, fields[0]);
            if (!File.Exists(path))
            {
                continue;
            }

            using FileStream file = File.OpenRead(path);
            int got = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            string mime = ContentType.Identify(buffer.AsSpan(0, got))?.Mime ?? "application/octet-stream";
            compared++;
            same += mime == fields[1] ? 1 : 0;
        }

        Assert.True(compared > 1_000, $"only {compared} files of the corpus are here");
        Assert.True(same >= compared * 0.92, $"{same} of {compared} agree");
    }

    private static string? ZipOf(params string[] names)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string name in names)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write("content of the entry"u8);
            }
        }

        return ContentType.Identify(bytes.ToArray())?.Mime;
    }
}
