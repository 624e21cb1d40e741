using System.Text;
using System.Text.Json;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Exports;

public sealed class PortableExportTests : IDisposable
{
    private readonly CommandLine line = new();

    private string Target => line.Folder.File("portable");

    public void Dispose() => line.Dispose();

    private async Task WriteAsync(params string[] more)
    {
        line.Folder.Write("evidence/<img src=x onerror=alert(1)>.txt", "hostile\n"u8);
        line.Folder.Write("evidence/rgb.png", TestFiles.Fixture("pictures/rgb.png"));
        line.Folder.Write("evidence/\u202egnp.exe", "x"u8);
        line.Folder.Write("evidence/</script><script>alert(1)</script>/x'\"`${alert(1)}\u2028.txt", "y"u8);
        await line.ExamineFolderAsync("--exhibit", "RB/1 </title><script>alert(1)</script>");
        Outcome outcome = await line.RunAsync(["export", "portable", "--case", line.Case, "-o", Target, "--under", "/", .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    private void Change(string name, Func<byte[], byte[]> change) => File.WriteAllBytes(Path.Combine(Target, name), change(File.ReadAllBytes(Path.Combine(Target, name))));

    private async Task<string[]> FindingsAsync(params string[] more)
    {
        Outcome outcome = await line.RunAsync(["verify", "--portable", Target, "--json", .. more]);
        string[] findings = [.. outcome.Json.GetProperty("findings").EnumerateArray().Select(f => f.GetString()!)];
        Assert.Equal(findings.Length == 0 ? 0 : 1, outcome.ExitCode);
        return findings;
    }

    [Fact]
    public async Task It_can_be_checked_without_cairn()
    {
        await WriteAsync();
        Assert.Equal((0, ""), JudgeTool.Run(Target, "sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"));
        string sum = JudgeTool.Run(Target, "sha256sum", "SHA256SUMS").Output.Split(' ')[0];
        Assert.Contains($"SHA256SUMS {sum}\n", File.ReadAllText(Path.Combine(Target, "signature", "statement.txt")), StringComparison.Ordinal);
        (int code, string said) = JudgeTool.Run(Target, "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signature/public-key.pem", "-rawin", "-in", "signature/statement.txt", "-sigfile", "signature/signature.bin");
        Assert.Equal((0, "Signature Verified Successfully"), (code, said.Trim()));
        Change("signature/statement.txt", bytes => [.. bytes, (byte)'x']);
        Assert.NotEqual(0, JudgeTool.Run(Target, "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signature/public-key.pem", "-rawin", "-in", "signature/statement.txt", "-sigfile", "signature/signature.bin").ExitCode);
    }

    [Fact]
    public async Task Cairn_verifies_it_and_names_what_was_changed()
    {
        await WriteAsync();
        Assert.Empty(await FindingsAsync());
        string content = Directory.EnumerateFiles(Path.Combine(Target, "files"), "*.txt", SearchOption.AllDirectories).First();
        string name = Path.GetRelativePath(Target, content);
        byte[] before = File.ReadAllBytes(content);
        File.WriteAllText(content, "changed");
        Assert.Equal([$"{name} is not the file that was written"], await FindingsAsync());
        File.Delete(content);
        Assert.Equal([$"{name} is missing, or is no ordinary file"], await FindingsAsync());
        File.WriteAllBytes(content, before);
        File.WriteAllText(Path.Combine(Target, "files", "more.txt"), "x");
        Assert.Equal(["files/more.txt was not there when the folder was written"], await FindingsAsync());
    }

    [Fact]
    public async Task A_list_that_was_made_anew_is_found_by_the_signature()
    {
        await WriteAsync();
        Change("manifest.csv", bytes => [.. bytes, (byte)'\n']);
        string sum = JudgeTool.Run(Target, "sha256sum", "manifest.csv").Output.Split(' ')[0];
        Change("SHA256SUMS", bytes => Encoding.UTF8.GetBytes(string.Join('\n', Encoding.UTF8.GetString(bytes).Split('\n').Select(l => l.EndsWith("  manifest.csv", StringComparison.Ordinal) ? $"{sum}  manifest.csv" : l))));
        Assert.Equal(["SHA256SUMS is not the list that was signed"], await FindingsAsync());
        Change("signature/statement.note", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("files ", "files 1", StringComparison.Ordinal)));
        Assert.Contains(await FindingsAsync(), finding => finding.Contains("the signature is not that of the key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_log_is_held_against_its_tree_and_a_checkpoint_that_was_kept()
    {
        await WriteAsync();
        string kept = Directory.EnumerateFiles(Path.Combine(line.Case, "checkpoints")).Order(StringComparer.Ordinal).First();
        Assert.Empty(await FindingsAsync("--checkpoint", kept));
        // The case has gone on since (the export itself is in its log): a checkpoint of today covers more than this folder's log.
        string newest = Directory.EnumerateFiles(Path.Combine(line.Case, "checkpoints")).Order(StringComparer.Ordinal).Last();
        Assert.Contains(await FindingsAsync("--checkpoint", newest), finding => finding.StartsWith("the checkpoint that was kept covers", StringComparison.Ordinal));
        Change("audit/log.jsonl", bytes => Encoding.UTF8.GetBytes(string.Join('\n', Encoding.UTF8.GetString(bytes).Split('\n').Skip(1))));
        Assert.Contains(await FindingsAsync(), finding => finding.Contains("audit/log.jsonl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hostile_folder_neither_leads_out_nor_hangs()
    {
        await WriteAsync();
        string list = Path.Combine(Target, "SHA256SUMS");
        string zero = new('0', 64);
        string first = File.ReadLines(list).First();
        File.AppendAllText(list, $"{zero}  ../../etc/passwd\n{zero}  /etc/passwd\n{zero}  files/./x\n{first}\nshort\n{new string('a', 400)}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Combine(Target, "link.txt"), "/etc/passwd");
            JudgeTool.Run(Target, "mkfifo", "pipe");
            File.Delete(Path.Combine(Target, "viewer", "viewer.css"));
            File.CreateSymbolicLink(Path.Combine(Target, "viewer", "viewer.css"), "/etc/passwd");
            File.Delete(Path.Combine(Target, "manifest.csv"));
            JudgeTool.Run(Target, "mkfifo", "manifest.csv");
        }

        string[] findings = await FindingsAsync();
        Assert.Equal(4, findings.Count(f => f.Contains("is not as Cairn writes it", StringComparison.Ordinal)));
        Assert.Contains(findings, f => f.Contains("line that is too long", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.EndsWith("is in the list twice", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains("link.txt is a link and not a file", findings);
            Assert.Contains("viewer/viewer.css is missing, or is no ordinary file", findings);
            Assert.Contains("manifest.csv is not the file that was written", findings);
            Assert.Contains("pipe was not there when the folder was written", findings);
        }
    }

    [Fact]
    public async Task No_text_of_evidence_is_markup_or_script_in_any_file_that_a_browser_reads()
    {
        await WriteAsync();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Target, "data")))
        {
            string text = File.ReadAllText(file);
            Assert.DoesNotContain('<', text);
            Assert.DoesNotContain('\'', text);
            Assert.DoesNotContain('`', text);
            Assert.DoesNotContain('\u2028', text);
            Assert.DoesNotContain('\u202e', text);
            // A function of ours around JSON, nothing else.
            Assert.Matches(@"\A(window\.cairnHead = |cairnList\([0-9]+, |cairnMore\([0-9]+, )", text);
            string json = text[text.IndexOfAny(['[', '{'])..].TrimEnd('\n', ';', ')');
            JsonDocument.Parse(json).Dispose();
        }

        string page = File.ReadAllText(Path.Combine(Target, "index.html"));
        Assert.DoesNotContain("alert", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        string script = File.ReadAllText(Path.Combine(Target, "viewer", "viewer.js"));
        foreach (string risky in new[] { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "XMLHttpRequest" })
        {
            Assert.DoesNotContain(risky, script, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_same_case_gives_the_same_list()
    {
        await WriteAsync();
        string second = line.Folder.File("second");
        // The log has grown by the first export; everything else is as it was.
        Assert.Equal(0, (await line.RunAsync("export", "portable", "--case", line.Case, "-o", second, "--under", "/")).ExitCode);
        string[] Lines(string folder) => [.. File.ReadLines(Path.Combine(folder, "SHA256SUMS")).Where(l => !l.Contains("  audit/", StringComparison.Ordinal) && !l.EndsWith("  data/case.js", StringComparison.Ordinal))];
        Assert.Equal(Lines(Target), Lines(second));
    }
}
