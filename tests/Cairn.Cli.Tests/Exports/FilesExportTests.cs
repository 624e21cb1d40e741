using System.Text.Json;

namespace Cairn.Cli.Tests.Exports;

public sealed class FilesExportTests : IDisposable
{
    private readonly CommandLine line = new();

    private string Target => line.Folder.File("out");

    public void Dispose() => line.Dispose();

    private JsonElement[] Manifest() => [.. File.ReadLines(Path.Combine(Target, "manifest.jsonl")).Select(text => JsonDocument.Parse(text).RootElement)];

    [Fact]
    public async Task Contents_are_written_byte_for_byte_and_sha256sum_agrees()
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case);
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--under", "/", "--state", "allocated", "--json");
        Assert.Equal((0, ""), JudgeTool.Run(Target, "sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"));
        JsonElement[] written = [.. Manifest().Where(e => e.GetProperty("file").GetString() is not null)];
        Assert.Equal(outcome.Json.GetProperty("files").GetInt64(), written.Length);
        Assert.All(written, entry => Assert.Equal("equal", entry.GetProperty("check").GetString()));
        // icat is the Sleuth Kit's; the volumes begin at these sectors (mmls, samples/cairn-sample.expected.txt).
        Dictionary<int, string> sectors = new() { [4] = "2048", [5] = "51200", [7] = "122880" };
        int compared = 0;
        foreach (JsonElement entry in written.Where(e => e.GetProperty("size").GetInt64() is > 0 and < 1_000_000 && !e.TryGetProperty("within", out _)).TakeLast(25))
        {
            string file = entry.GetProperty("file").GetString()!;
            string[] sum = JudgeTool.Run(line.Folder.Path, "sh", "-c", $"icat -o {sectors[entry.GetProperty("volume").GetInt32()]} '{CommandLine.Sample}' {entry.GetProperty("address")} | sha256sum").Output.Split(' ');
            Assert.Equal(sum[0], entry.GetProperty("sha256").GetString());
            Assert.Equal(entry.GetProperty("size").GetInt64(), new FileInfo(Path.Combine(Target, file)).Length);
            compared++;
        }

        Assert.True(compared == 25, $"only {compared} were compared");
    }

    [Fact]
    public async Task No_name_of_evidence_becomes_a_path_and_nothing_can_be_run()
    {
        // Names that lead elsewhere, in a TAR; the bytes 7F 45 4C 46 begin a program of Linux.
        string tar = line.Folder.File("evil.tar");
        (int code, string output) = JudgeTool.Run(line.Folder.Path, "python3", "-c", """
            import io, tarfile
            with tarfile.open('evil.tar', 'w') as t:
                for name, data in [('../../../../tmp/cairn-evil', b'one'), ('/etc/cairn-evil', b'two'), ('a\nb"=1.sh', b'#!/bin/sh\n'), ('\u202egnp.exe', b'\x7fELF\x02\x01\x01' + bytes(60)), ('<img src=x onerror=alert(1)>.html', b'<html><script>alert(1)</script></html>'), ('CON', b'x'), ('x' * 200, b'y')]:
                    info = tarfile.TarInfo(name); info.size = len(data); info.mode = 0o755
                    t.addfile(info, io.BytesIO(data))
            """);
        Assert.True(code == 0, output);
        await line.RunAsync("examine", tar, "--case", line.Case);
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--under", "/");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        JsonElement[] entries = [.. Manifest().Where(e => e.GetProperty("file").GetString() is not null)];
        Assert.Equal(7, entries.Length);
        Assert.All(entries, entry => Assert.Matches("^files/[0-9]{7}/[0-9]{10}\\.(bin|txt)$", entry.GetProperty("file").GetString()));
        Assert.False(File.Exists("/tmp/cairn-evil") || File.Exists("/etc/cairn-evil"));
        string[] files = [.. Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Target, f)).Order(StringComparer.Ordinal)];
        Assert.Equal(7 + 4, files.Length);
        if (!OperatingSystem.IsWindows())
        {
            foreach (string file in files)
            {
                Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(Target, file)) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
            }
        }

        Assert.Contains(entries, entry => entry.GetProperty("path").GetString() == "a\nb\"=1.sh");
        Assert.Equal((0, ""), JudgeTool.Run(Target, "sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"));
    }

    [Fact]
    public async Task Evidence_that_changed_since_is_told_by_its_hashes()
    {
        await line.ExamineFolderAsync();
        line.Folder.Write("evidence/a.txt", "other\n"u8);
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--under", "a.txt", "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(1, outcome.Json.GetProperty("differing").GetInt64());
        Assert.Contains("a.txt", outcome.Error, StringComparison.Ordinal);
        JsonElement entry = Assert.Single(Manifest());
        // By md5sum: of "alpha" and of "other" with a line end.
        Assert.Equal(("differs", "9f9f90dbe3e5ee1218c86b8839db1995", "ba7790b1708b71cb2b61b1a30d824712"),
            (entry.GetProperty("check").GetString(), entry.GetProperty("stored").GetProperty("md5").GetString(), entry.GetProperty("md5").GetString()));
    }

    [Fact]
    public async Task Evidence_that_is_gone_is_a_problem_of_each_entry()
    {
        await line.ExamineFolderAsync();
        Directory.Move(line.Folder.File("evidence"), line.Folder.File("elsewhere"));
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--type", "text/plain");
        Assert.Equal(1, outcome.ExitCode);
        Assert.All(Manifest(), entry => Assert.NotEqual("", entry.GetProperty("notWritten").GetString()));
    }

    [Fact]
    public async Task A_folder_that_is_there_or_belongs_to_the_case_or_is_evidence_is_refused()
    {
        await line.ExamineFolderAsync();
        line.Folder.Write("full/x", "x"u8);
        foreach (string target in new[] { line.Folder.File("full"), line.Case, Path.Combine(line.Case, "checkpoints", "x"), Path.Combine(line.Folder.File("evidence"), "x"), Path.Combine(line.Folder.File("none"), "x") })
        {
            Assert.Equal(2, (await line.RunAsync("export", "files", "--case", line.Case, "-o", target, "--under", "/")).ExitCode);
        }

        Assert.Equal(2, (await line.RunAsync("export", "files", "--case", line.Case, "-o", Target)).ExitCode);
        Assert.False(Directory.Exists(Target));
        Assert.Empty(Directory.EnumerateFileSystemEntries(line.Folder.Path, "*.part"));
    }

    [Fact]
    public async Task What_was_handed_out_stands_in_the_log_of_the_case()
    {
        await line.ExamineFolderAsync();
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--under", "/", "--json");
        Assert.Equal(0, outcome.ExitCode);
        using CaseStore.CaseReader reader = CaseStore.CaseReader.Open(line.Case);
        string sum = JudgeTool.Run(Target, "sha256sum", "SHA256SUMS").Output.Split(' ')[0];
        Assert.Contains(reader.Audit(), entry => entry.Action == "run started" && entry.Detail.Contains("export files", StringComparison.Ordinal) && entry.Detail.Contains(sum, StringComparison.Ordinal));
        Assert.True(CaseStore.CaseVerifier.Verify(line.Case, null, null, TestContext.Current.CancellationToken).Intact);
    }

    [Fact]
    public async Task Files_within_files_and_space_are_written_where_they_are_asked_for()
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case);
        JsonElement[] rows = await line.RowsAsync();
        long member = rows.First(row => row.TryGetProperty("within", out _)).GetProperty("id").GetInt64();
        JsonElement space = rows.First(row => row.GetProperty("type").GetString() == "virtual");
        Outcome outcome = await line.RunAsync("export", "files", "--case", line.Case, "-o", Target, "--entries", $"{member},{space.GetProperty("id")}");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        JsonElement[] manifest = Manifest();
        Assert.Equal(["not compared", "equal"], manifest.Select(e => e.GetProperty("check").GetString()));
        Assert.Equal(space.GetProperty("size").GetInt64(), manifest[0].GetProperty("bytes").GetInt64());
    }
}
