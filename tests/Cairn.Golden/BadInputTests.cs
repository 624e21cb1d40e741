using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Cairn.TestKit;

namespace Cairn.Golden;

/// <summary>Evidence and cases that are wrong: each gives its message and its exit code, and what can be read is read.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Case => folder.File("case");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_path_that_is_not_there_is_refused_with_what_to_do()
    {
        CairnResult result = Examine(folder.File("absent.dd"));
        Refused(result, "no such file");
        Assert.False(Directory.Exists(Case), "a case was made for evidence that is not there");
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        Refused(Examine(folder.Write("empty.dd", [])), "empty");
    }

    [Fact]
    public void Text_that_is_no_image_is_recorded_as_unknown_and_listed_as_a_problem()
    {
        CairnResult result = Examine(folder.Write("notes.dd", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("This is not a disk image.\n", 400)))));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no file system was recognised", result.Errors, StringComparison.Ordinal);
        Assert.Equal(10_400, result.Json.GetProperty("evidence")[0].GetProperty("size").GetInt64());
    }

    [Fact]
    public void A_truncated_e01_is_named_as_incomplete_and_what_is_there_is_read()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.E01"));
        CairnResult result = Examine(folder.Write("cut.E01", whole.AsSpan(0, whole.Length / 2)));
        Assert.Equal(1, result.ExitCode);
        Assert.True(result.Json.GetProperty("problems").GetInt64() > 0);
    }

    [Fact]
    public void A_volume_larger_than_its_media_is_read_as_far_as_it_goes()
    {
        byte[] whole = TestFiles.Fixture("hostile/names.img.gz");
        CairnResult result = Examine(folder.Write("short.dd", whole.AsSpan(0, whole.Length - (64 << 10))));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(Paths(), p => p == "=1+1|cmd");
    }

    [Fact]
    public void A_missing_segment_is_named_and_the_others_are_read()
    {
        foreach (string segment in (string[])["E01", "E03"])
        {
            folder.Write($"set.{segment}", TestFiles.Fixture($"ewf/multi-encase6.{segment}.gz"));
        }

        CairnResult result = Examine(folder.File("set.E01"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("segment set.E02", result.Errors, StringComparison.Ordinal);
        Assert.Equal(5_120 * 512, result.Json.GetProperty("evidence")[0].GetProperty("size").GetInt64()); // ewfinfo

        folder.Write("raw.001", new byte[8_192]);
        folder.Write("raw.003", new byte[8_192]);
        CairnResult split = Run("examine", folder.File("raw.001"), "--case", folder.File("split"), "--json");
        Assert.Equal(1, split.ExitCode);
        Assert.Contains("segment raw.002", split.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        string image = folder.Write("names.dd", TestFiles.Fixture("hostile/names.img.gz"));
        Assert.InRange(Examine(image).ExitCode, 0, 1);
        string file = Path.Combine(Case, "case.db");
        byte[] database = File.ReadAllBytes(file);
        database[63] = 99; // the user version in the header of a SQLite file, offset 60, big-endian
        File.WriteAllBytes(file, database);
        Refused(Examine(image), "schema 99");
        Refused(Run("show", "--case", Case), "schema 99");
        Refused(Run("export", "jsonl", "--case", Case, "-o", "-"), "schema 99");
        Assert.Equal(database, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_name_of_invalid_UTF16_is_listed_with_its_bytes()
    {
        byte[] image = TestFiles.Fixture("ntfs/general.img.gz");
        byte[] name = Encoding.Unicode.GetBytes("small.txt");
        int changed = 0;
        for (int at = image.AsSpan().IndexOf(name); at >= 0;)
        {
            (image[at], image[at + 1]) = (0x00, 0xD8); // a surrogate alone, in the record and in the directory's index
            changed++;
            int next = image.AsSpan(at + 1).IndexOf(name);
            at = next < 0 ? -1 : at + 1 + next;
        }

        Assert.True(changed >= 2);
        CairnResult result = Examine(folder.Write("general.dd", image));
        Assert.InRange(result.ExitCode, 0, 1);
        JsonElement line = Lines().First(l => l.GetProperty("path").GetString() == "docs/\uFFFDmall.txt" && l.GetProperty("stream").GetString() == "" && l.GetProperty("allocated").GetBoolean());
        Assert.Contains("00d86d0061006c006c002e00740078007400", line.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Names_that_climb_escape_or_imitate_are_kept_and_written_nowhere()
    {
        string image = folder.Write("names.dd", TestFiles.Fixture("hostile/names.img.gz"));
        CairnResult result = Examine(image);
        Assert.InRange(result.ExitCode, 0, 1);
        IReadOnlyList<string> paths = Paths();
        // A slash within one on-disk name is no separator: it is shown as a replacement, the bytes are kept beside it.
        Assert.Contains("..\uFFFD..\uFFFDup-evil", paths);
        Assert.Contains("\uFFFDetc\uFFFDpasswd-xx", paths);
        Assert.Contains("\u001b[31mred\u001b[0m\u0007bell", paths);
        Assert.Contains("invoice\u202Efdp.exe", paths);
        Assert.Contains("two\nlines", paths);
        Assert.Contains("имя-文件-ملف", paths);
        Assert.Contains(paths, p => p.StartsWith("bad-", StringComparison.Ordinal) && p.EndsWith("-utf8", StringComparison.Ordinal));

        // Nothing a terminal would obey reaches it, and no spreadsheet sees a formula.
        CairnResult shown = Run("show", "--case", Case);
        Assert.DoesNotContain('\u001b', shown.Output + shown.Errors + result.Errors);
        Assert.DoesNotContain('\u202E', shown.Output + shown.Errors + result.Errors);
        CairnResult csv = Run("export", "csv", "--case", Case, "-o", "-");
        Assert.DoesNotContain("\n=1+1", csv.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(",=1+1", csv.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"=1+1", csv.Output, StringComparison.Ordinal);

        // The examination wrote into its case and nowhere else.
        Assert.Equal(["case", "keys", "names.dd"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Where(n => n != "known").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_that_leads_back_to_its_parents_is_walked_once_and_reported()
    {
        string image = folder.Write("loop.dd", TestFiles.Fixture("hostile/loop.img.gz"));
        CairnResult result = Examine(image);
        Assert.Equal(1, result.ExitCode);
        IReadOnlyList<string> paths = Paths();
        Assert.Contains("a/b/file.txt", paths);
        Assert.Contains("a/b/LOOPROOT", paths);
        Assert.Single(paths, p => p.EndsWith("file.txt", StringComparison.Ordinal));
    }

    [Fact]
    public void Ten_thousand_levels_of_directories_are_read_to_the_bottom()
    {
        string image = folder.Write("deep.dd", TestFiles.Fixture("hostile/deep.img.gz"));
        CairnResult result = Examine(image);
        Assert.InRange(result.ExitCode, 0, 1);
        string bottom = Assert.Single(Paths(), p => p.EndsWith("/bottom.txt", StringComparison.Ordinal));
        Assert.Equal(10_000, bottom.Count(c => c == '/'));
    }

    [Fact]
    public void A_case_in_use_by_another_process_is_refused_and_left_alone()
    {
        string image = folder.Write("deep.dd", TestFiles.Fixture("hostile/deep.img.gz"));
        using Cairn.CaseStore.CaseDatabase held = Cairn.CaseStore.CaseDatabase.Open(Case, "test", TimeProvider.System);
        Refused(Examine(image), "in use");
    }

    [Fact]
    public void A_folder_with_a_file_called_case_db_that_is_no_database_is_refused()
    {
        Directory.CreateDirectory(Case);
        File.WriteAllText(Path.Combine(Case, "case.db"), "not a database at all, but long enough to be looked at");
        Refused(Examine(folder.Write("names.dd", TestFiles.Fixture("hostile/names.img.gz"))), "case");
    }

    [Fact]
    public void A_case_inside_the_examined_folder_is_refused()
    {
        string evidence = folder.File("phone");
        Directory.CreateDirectory(evidence);
        File.WriteAllText(Path.Combine(evidence, "a.txt"), "a");
        CairnResult result = Run("examine", evidence, "--case", Path.Combine(evidence, "case"), "--json");
        Refused(result, "inside the evidence");
        Assert.Equal(["a.txt"], Directory.EnumerateFileSystemEntries(evidence).Select(Path.GetFileName));
    }

    [Fact]
    public void No_space_left_while_the_case_is_written_stops_with_a_message_and_leaves_the_case_sound()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("needs a small tmpfs");
        }

        string small = folder.File("small");
        Directory.CreateDirectory(small);
        if (Shell("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small) != 0)
        {
            Assert.Skip("needs root to mount a small tmpfs");
        }

        try
        {
            string image = folder.Write("deep.dd", TestFiles.Fixture("hostile/deep.img.gz"));
            CairnResult result = Run("examine", image, "--case", Path.Combine(small, "case"), "--json");
            Refused(result, "space");
        }
        finally
        {
            Shell("umount", small);
        }
    }

    [Fact]
    public void A_file_that_changes_while_it_is_read_is_reported_and_has_no_hashes()
    {
        string evidence = folder.File("live");
        Directory.CreateDirectory(evidence);
        string busy = Path.Combine(evidence, "busy.log");
        File.WriteAllBytes(busy, new byte[200 << 20]);
        using Process process = CairnProcess.Start(folder, "examine", evidence, "--case", Case, "--json");
        Stopwatch clock = Stopwatch.StartNew();
        while (!process.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            using FileStream file = new(busy, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.WriteByte(1);
        }

        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        JsonElement line = Lines().Single(l => l.GetProperty("path").GetString() == "busy.log");
        Assert.Equal(JsonValueKind.Null, line.GetProperty("md5").ValueKind);
        Assert.Contains("changed", line.GetProperty("problems").GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Wrong_usage_gives_one_line_and_exit_code_2()
    {
        Refused(Run("examine"), "");
        Refused(Run("no-such-command"), "");
        Refused(Run("verify"), "");
        Refused(Run("show", "--case", folder.File("no-case")), "case");
    }

    private static int Shell(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    private static void Refused(CairnResult result, string reason)
    {
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(reason, result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    private CairnResult Examine(string evidence) => Run("examine", evidence, "--case", Case, "--json");

    private CairnResult Run(params string[] arguments) => CairnProcess.Run(folder, arguments);

    private List<JsonElement> Lines() =>
        [.. Run("export", "jsonl", "--case", Case, "-o", "-").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private List<string> Paths() => [.. Lines().Select(l => l.GetProperty("path").GetString()!)];
}
