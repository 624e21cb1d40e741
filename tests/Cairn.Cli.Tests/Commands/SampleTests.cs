using System.Text.Json;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Commands;

/// <summary>The sample of the README, against what md5sum, sha1sum, sha256sum and mmls say of it.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly CommandLine line = new();
    private readonly string expected = File.ReadAllText(Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.expected.txt"));

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Hashes_volumes_hits_and_coverage_are_those_of_the_independent_tools()
    {
        string known = Path.Combine(TestFiles.RepositoryRoot, "samples", "known-sample.md5");
        await line.RunAsync("known", "import", known, "--name", "sample", "--as", "notable");
        Outcome outcome = await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--json");
        Assert.Equal(0, outcome.ExitCode);
        JsonElement evidence = outcome.Json.GetProperty("evidence")[0];
        Assert.Equal(Expected("md5sum"), evidence.GetProperty("md5").GetString());
        Assert.Equal(Expected("sha1sum"), evidence.GetProperty("sha1").GetString());
        Assert.Equal(Expected("sha256sum"), evidence.GetProperty("sha256").GetString());
        Assert.Equal(Expected("md5sum"), evidence.GetProperty("stored").GetProperty("md5").GetString());
        Assert.True(evidence.GetProperty("verified").GetBoolean());
        Assert.Equal(83_886_080, evidence.GetProperty("coverage").EnumerateArray().Sum(c => c.GetProperty("bytes").GetInt64()));

        // Partitions as mmls lists them, in sectors.
        var partitions = outcome.Json.GetProperty("volumes").EnumerateArray().Where(v => v.GetProperty("kind").GetString() == "partition")
            .Select(v => (v.GetProperty("offset").GetInt64() / 512, v.GetProperty("length").GetInt64() / 512, v.GetProperty("fileSystem").GetString()));
        Assert.Equal([(2048, 49_152, "NTFS"), (51_200, 69_632, "FAT32"), (122_880, 32_768, "ext4")], partitions);

        // 11 copies of the four files of the known set: 4 names on NTFS and 2 deleted (one name is a hard link), 2 and 2 deleted on FAT, 1 on ext4.
        Assert.Equal(11, outcome.Json.GetProperty("hits").GetInt64());
    }

    [Fact]
    public async Task Evidence_verifies_and_one_changed_byte_does_not()
    {
        Outcome good = await line.RunAsync("verify", CommandLine.Sample, "--json");
        Assert.Equal(0, good.ExitCode);
        Assert.True(good.Json.GetProperty("verified").GetBoolean());
        byte[] bytes = File.ReadAllBytes(CommandLine.Sample);
        bytes[bytes.Length / 2] ^= 0x40;
        Outcome bad = await line.RunAsync("verify", line.Folder.Write("bad.E01", bytes));
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("DAMAGED", bad.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_screen_names_what_an_examiner_notes()
    {
        Outcome outcome = await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--exhibit", "RB/1");
        foreach (string part in new[] { "RB/1", "EWF", Expected("md5sum"), "verified", "NTFS", "FAT32", "ext4", "every byte of the media is accounted for", "Audit log", "Checkpoint", "(exit 0)" })
        {
            Assert.Contains(part, outcome.Out, StringComparison.Ordinal);
        }
    }

    private string Expected(string tool) => expected.Split('\n').Single(l => l.StartsWith(tool + " ", StringComparison.Ordinal))[(tool.Length + 1)..];
}
