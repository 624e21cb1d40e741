using System.Security.Cryptography;

namespace Cairn.Cli.Tests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("report.html", "<!doctype html>")]
    [InlineData("report.PDF", "%PDF-1.7")]
    public async Task The_kind_follows_the_ending_and_the_hash_is_that_of_the_file(string name, string start)
    {
        await line.ExamineFolderAsync();
        string file = line.Folder.File(name);
        Outcome outcome = await line.RunAsync("report", "--case", line.Case, "-o", file, "--json");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        byte[] bytes = File.ReadAllBytes(file);
        Assert.StartsWith(start, System.Text.Encoding.Latin1.GetString(bytes, 0, 20), StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), outcome.Json.GetProperty("sha256").GetString());
        Assert.Equal(bytes.Length, outcome.Json.GetProperty("size").GetInt64());
    }

    [Theory]
    [InlineData("report.docx")]
    [InlineData("-")]
    public async Task Another_ending_is_refused(string name)
    {
        await line.ExamineFolderAsync();
        Outcome outcome = await line.RunAsync("report", "--case", line.Case, "-o", name == "-" ? name : line.Folder.File(name));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(".html or .pdf", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_given_time_the_same_case_gives_the_same_file()
    {
        line.Set("SOURCE_DATE_EPOCH", "1700000000");
        string first = await line.ReportAsync();
        Assert.Contains("<dd>2023-11-14 22:13:20 UTC</dd>", first, StringComparison.Ordinal);
        Assert.Equal(first, await line.ReportOfCaseAsync());
        line.Set("SOURCE_DATE_EPOCH", "yesterday");
        Assert.Equal(2, (await line.RunAsync("report", "--case", line.Case, "-o", line.Folder.File("r.html"))).ExitCode);
    }

    [Fact]
    public async Task Filters_choose_the_files()
    {
        string html = await line.ReportAsync("--under", "sub/b.txt");
        Assert.Contains("1 file was asked for.", html, StringComparison.Ordinal);
        Assert.Contains("<bdi>sub/b.txt</bdi>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<bdi>raw.bin</bdi>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sample_s_hash_agrees()
    {
        Assert.Equal(0, (await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case)).ExitCode);
        string html = await line.ReportOfCaseAsync();
        Assert.Contains("Integrity: 1 image agrees with the hashes that were stored when it was made.", html, StringComparison.Ordinal);
        string md5 = File.ReadLines(Path.ChangeExtension(CommandLine.Sample, ".expected.txt")).Single(l => l.StartsWith("md5sum ", StringComparison.Ordinal))["md5sum ".Length..];
        Assert.Contains($"<code>{md5}</code>", html, StringComparison.Ordinal);
    }
}
