using System.IO.Compression;
using System.Xml.Linq;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Exports;

/// <summary>Held against fiwalk of the Sleuth Kit: on the sample where it is installed, and against its output for public images.</summary>
public sealed class DfxmlTests : IDisposable
{
    private static readonly XNamespace Dfxml = "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML";
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    /// <summary>What both say of a file, in one form.</summary>
    private sealed record Seen(string Name, long Partition, long Inode, bool Allocated, long Size, string Runs, string? Md5, string? Sha1, string? Modified);

    private static List<Seen> Read(Stream stream)
    {
        List<Seen> files = [];
        long partition = 0, last = -1;
        foreach (XElement volume in XDocument.Load(stream).Root!.Elements(Dfxml + "volume"))
        {
            long offset = (long)volume.Element(Dfxml + "partition_offset")!;
            partition = offset == last ? partition : partition + 1;
            last = offset;
            // The Sleuth Kit passes over the offset from UTC that exFAT stores with its times.
            bool exFat = (string?)volume.Element(Dfxml + "ftype") == "10";
            foreach (XElement file in volume.Elements(Dfxml + "fileobject"))
            {
                XElement[] runs = [.. file.Elements(Dfxml + "byte_runs").Elements(Dfxml + "byte_run")];
                bool resident = runs.Any(r => (string?)r.Attribute("type") == "resident");
                string? Digest(string type) => file.Elements(Dfxml + "hashdigest").FirstOrDefault(h => string.Equals((string?)h.Attribute("type"), type, StringComparison.OrdinalIgnoreCase))?.Value;
                files.Add(new Seen((string?)file.Element(Dfxml + "filename") ?? "", partition, (long?)file.Element(Dfxml + "inode") ?? -1, (string?)file.Element(Dfxml + "alloc") == "1", (long?)file.Element(Dfxml + "filesize") ?? 0,
                    resident ? "resident" : Runs(runs, (long?)file.Element(Dfxml + "filesize") ?? 0), Digest("md5"), Digest("sha1"), exFat ? null : Second((string?)file.Element(Dfxml + "mtime"))));
            }
        }

        return files;
    }

    /// <summary>To the second; fiwalk has no time for the year 1970's first second, and makes 2076 of a FILETIME of 0, which means none.</summary>
    private static string? Second(string? time) => time?[..19] is string second && second is not ("1970-01-01T00:00:00" or "2076-11-29T08:54:34") ? second : null;

    /// <summary>Runs that follow each other are one; runs without clusters say nothing.</summary>
    private static string Runs(XElement[] runs, long size)
    {
        List<(long File, long Image, long Length)> joined = [];
        foreach (XElement run in runs.Where(r => r.Attribute("img_offset") is not null).OrderBy(r => (long)r.Attribute("file_offset")!))
        {
            long at = (long)run.Attribute("file_offset")!, image = (long)run.Attribute("img_offset")!, length = (long?)run.Attribute("len") ?? (long)run.Attribute("uncompressed_len")!;
            length = Math.Min(length, size - at);
            if (length <= 0)
            {
                continue;
            }

            if (joined.Count > 0 && joined[^1] is var before && before.File + before.Length == at && before.Image + before.Length == image)
            {
                joined[^1] = before with { Length = before.Length + length };
            }
            else
            {
                joined.Add((at, image, length));
            }
        }

        return string.Join(' ', joined.Select(r => $"{r.File}@{r.Image}+{r.Length}"));
    }

    /// <summary>Every file that fiwalk names is there with the same bytes in the same place; gives how many were compared.</summary>
    private static int Compare(List<Seen> ours, List<Seen> theirs)
    {
        HashSet<(string, long, long)> again = [];
        int compared = 0;
        Dictionary<(string, long, long), Seen> mine = [];
        foreach (Seen file in ours)
        {
            mine.TryAdd((file.Name, file.Partition, file.Inode), file);
        }

        foreach (Seen file in theirs)
        {
            string name = file.Name.Split('/')[^1];
            // "." and ".." of each directory, records that were never used and its own structures are fiwalk's alone: see the README of the format.
            if (name is "." or ".." || file.Name.StartsWith("$OrphanFiles", StringComparison.Ordinal) || file.Name is "$MBR" or "$FAT1" or "$FAT2" || name.EndsWith("(Volume Label Entry)", StringComparison.Ordinal) || !again.Add((file.Name, file.Partition, file.Inode)))
            {
                continue;
            }

            if (!mine.TryGetValue((file.Name, file.Partition, file.Inode), out Seen? found))
            {
                // A file of NTFS without a content of its own: fiwalk names it, Cairn names its other streams.
                Assert.Contains(ours, f => f.Partition == file.Partition && f.Inode == file.Inode && f.Name.StartsWith(file.Name + ":", StringComparison.Ordinal));
                continue;
            }

            Assert.Equal((file.Name, file.Allocated, file.Size, file.Modified), (found.Name, found.Allocated, found.Size, found.Modified));
            if (found.Md5 is not null)
            {
                Assert.Equal((file.Name, file.Md5 ?? "d41d8cd98f00b204e9800998ecf8427e", file.Sha1 ?? "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (file.Name, found.Md5, found.Sha1));
                Assert.Equal($"{file.Name} {file.Runs}", $"{file.Name} {found.Runs}");
                compared++;
            }
        }

        return compared;
    }

    private async Task<string> ExportAsync(string evidence)
    {
        await line.RunAsync("examine", evidence, "--case", line.Case, "--no-pictures", "--no-embedded");
        string file = line.Folder.File("out.xml");
        Outcome outcome = await line.RunAsync("export", "dfxml", "--case", line.Case, "-o", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return file;
    }

    [Fact]
    public async Task The_sample_is_as_fiwalk_sees_it()
    {
        string theirs = line.Folder.File("fiwalk.xml");
        JudgeTool.Run(line.Folder.Path, "fiwalk", "-X", theirs, CommandLine.Sample);
        string ours = await ExportAsync(CommandLine.Sample);
        using FileStream mine = File.OpenRead(ours), other = File.OpenRead(theirs);
        Assert.True(Compare(Read(mine), Read(other)) >= 30);
    }

    /// <summary>Images of other projects; the answers lie beside them.</summary>
    [Theory]
    [InlineData("images/containers/plaso_image/image.E01")]
    [InlineData("images/containers/tsk_image/image.dd")]
    [InlineData("images/containers/test.ntfs.dd.E01")]
    [InlineData("images/containers/nps-2010-emails.E01")]
    [InlineData("images/containers/dfvfs_ext2/ext2.E01")]
    [InlineData("images/filesystems/velociraptor/fat_very_small.dd")]
    [InlineData("images/filesystems/fat_dst_test.dd")]
    [InlineData("images/filesystems/dissect/exfat.bin")]
    [InlineData("images/filesystems/dissect/fat12.bin")]
    [InlineData("images/filesystems/rust-fatfs/fat12.img")]
    public async Task Public_images_are_as_fiwalk_sees_them(string image)
    {
        using FileStream answer = File.OpenRead(TestFiles.Corpus($"ref/{image}.fiwalk.xml.gz"));
        using GZipStream theirs = new(answer, CompressionMode.Decompress);
        string ours = await ExportAsync(TestFiles.Corpus(image));
        using FileStream mine = File.OpenRead(ours);
        Assert.True(Compare(Read(mine), Read(theirs)) > 0);
    }

    [Fact]
    public async Task Without_the_evidence_the_byte_runs_are_left_out_and_that_is_said()
    {
        string image = line.Folder.Write("disk.E01", File.ReadAllBytes(CommandLine.Sample));
        await line.RunAsync("examine", image, "--case", line.Case, "--no-content");
        File.Delete(image);
        Outcome outcome = await line.RunAsync("export", "dfxml", "--case", line.Case, "-o", line.Folder.File("out.xml"));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.Contains("byte runs", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("img_offset", File.ReadAllText(line.Folder.File("out.xml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_xml_cannot_hold_are_escaped_and_other_readers_read_them()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("names of Unix");
        }

        line.Folder.Write("evidence/a\u0001<&\"\r]]>.txt", "x"u8);
        line.Folder.Write("evidence/\\u0041.txt", "x"u8);
        string ours = await ExportAsync(line.Folder.File("evidence"));
        string[] names = JudgeTool.Run(line.Folder.Path, "python3", "-c", "import sys,xml.etree.ElementTree as e\nfor f in e.parse(sys.argv[1]).iter('{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}filename'): print(ascii(f.text), f.get('{urn:cairn:dfxml}escaped'))", ours).Output.Split('\n');
        Assert.Contains("'a\\\\u0001<&\"\\r]]>.txt' 1", names);
        Assert.Contains("'\\\\u0041.txt' None", names);
        Assert.Equal((0, ""), JudgeTool.Run(line.Folder.Path, "xmllint", "--noout", ours));
    }
}
