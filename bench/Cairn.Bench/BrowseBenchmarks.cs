using System.Diagnostics;
using Cairn.CaseStore;
using Cairn.CaseStore.Browse;
using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.Bench;

/// <summary>
/// browse: makes the side file of a case anew, then asks tables, gallery, tree and single rows. Each question is asked with a condition more that is always
/// so and is another each time, so that what was found before is of no use. Prints the median, the slowest and the first (after opening) in milliseconds.
/// </summary>
internal static class BrowseBenchmarks
{
    private const int Rounds = 9;

    public static int Run(string directory, int cacheMegabytes = 256)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "browse.db*"))
        {
            File.Delete(file);
        }

        using (CaseBrowser made = CaseBrowser.Open(directory))
        {
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            Stopwatch clock = Stopwatch.StartNew();
            made.Update(new Steps(clock));
            Console.WriteLine($"side file of {made.State.Entries:N0} rows: {clock.Elapsed.TotalSeconds:F1} s, {(Environment.CpuUsage.TotalTime - processor).TotalSeconds:F1} s of processor time, {new FileInfo(Path.Combine(directory, "browse.db")).Length:N0} bytes, most memory {Process.GetCurrentProcess().PeakWorkingSet64 >> 20:N0} MiB");
        }

        string content, address, path;
        long folder;
        using (CaseBrowser browser = CaseBrowser.Open(directory))
        {
            EntrySummary some = browser.Page(new EntryQuery { Families = [ContentFamily.Picture], Types = [EntryType.File], Contents = [ContentStatus.Read] }, new EntrySort(SortField.Size), PageStart.AtPosition(1_000), 1).Rows[0];
            (content, address, folder) = (Convert.ToHexStringLower(some.Sha256!), some.Address, browser.Roots()[0].Id);
            path = browser.FolderWithParents(some.FolderId)[^1].Path;
        }

        IReadOnlyList<string> hashes = [content, .. Enumerable.Range(1, EntryQuery.MostHashes - 1).Select(i => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i))))];
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(1_550_000_000), to = from.AddDays(30);
        (string, EntryQuery, EntrySort)[] questions =
        [
            ("nothing asked, by path", new(), new(SortField.Path)),
            ("nothing asked, by size, largest first", new(), new(SortField.Size, true)),
            ("nothing asked, by time modified", new(), new(SortField.Modified)),
            ("evidence", new() { Evidence = [1] }, new(SortField.Name)),
            ("folder and below", new() { Folder = new FolderRef(1, 1, "Users") }, new(SortField.Path)),
            ("name contains \"img\"", new() { NameContains = "img" }, new(SortField.Modified)),
            ("name contains \"отп\"", new() { NameContains = "отп" }, new(SortField.Name)),
            ("name contains \"q\"", new() { NameContains = "q" }, new(SortField.Name)),
            ("name contains what no name does", new() { NameContains = "zzzyyyxxx" }, new(SortField.Name)),
            ("path \"**/Pictures/**/*.heic\"", new() { PathGlob = "**/Pictures/**/*.heic" }, new(SortField.Path)),
            ("path \"**/2019*/*\"", new() { PathGlob = "**/2019*/*" }, new(SortField.Path)),
            ("pictures", new() { Families = [ContentFamily.Picture] }, new(SortField.Size, true)),
            ("extension pdf or docx", new() { Extensions = ["pdf", "docx"] }, new(SortField.Name)),
            ("extension against content", new() { ExtensionMismatch = true }, new(SortField.Path)),
            ("deleted or orphan", new() { States = [EntryState.Deleted, EntryState.Orphan] }, new(SortField.Path)),
            ("recoverable", new() { Recoverabilities = [Recoverability.Full] }, new(SortField.Path)),
            ("1 to 2 MiB", new() { MinSize = 1 << 20, MaxSize = 2 << 20 }, new(SortField.Size)),
            ("modified in 30 days", new() { Time = new(TimeField.Modified, from, to) }, new(SortField.Modified)),
            ("one SHA-256", new() { Hashes = [content] }, new(SortField.Path)),
            ("10,000 SHA-256", new() { Hashes = hashes }, new(SortField.Path)),
            ("any hit", new() { HasHit = true }, new(SortField.Path)),
            ("notable", new() { HitMeanings = ["notable"] }, new(SortField.Path)),
            ("one set", new() { HitSets = [1] }, new(SortField.Path)),
            ("problems", new() { HasProblem = true }, new(SortField.Path)),
            ("same content elsewhere", new() { Duplicate = true }, new(SortField.Size, true)),
            ("in an archive", new() { EmbeddedIn = [ContentFamily.Archive] }, new(SortField.Path)),
            ("address", new() { Address = address }, new(SortField.Path)),
            ("deleted pictures over 1 MiB", new() { Families = [ContentFamily.Picture], States = [EntryState.Deleted], MinSize = 1 << 20 }, new(SortField.Modified, true)),
            ("pictures named img below Users, modified in 30 days", new() { Families = [ContentFamily.Picture], Folder = new FolderRef(1, 1, "Users"), NameContains = "img", Time = new(TimeField.Modified, from, to) }, new(SortField.Created)),
            ("documents in archives of one evidence", new() { Evidence = [1], EmbeddedIn = [ContentFamily.Archive], Families = [ContentFamily.Document] }, new(SortField.Name)),
        ];
        Console.WriteLine();
        Console.WriteLine("| a page of 100 rows | rows in all | median | slowest | first |");
        Console.WriteLine("|---|---|---|---|---|");
        using (CaseBrowser browser = CaseBrowser.Open(directory, cacheBytes: (long)cacheMegabytes << 20))
        {
            _ = browser.Roots();
            foreach ((string name, EntryQuery query, EntrySort sort) in questions)
            {
                Measure(name, round => browser.Page(query with { MaxSize = (query.MaxSize ?? long.MaxValue) - round }, sort, PageStart.First, 100).Total);
            }

            long total = browser.State.Entries;
            Measure("next page of all rows by name", round => browser.Page(new(), new(SortField.Name), PageStart.After((total / 2) + (round * 1_000)), 100).Total);
            Measure("jump to the middle of all rows by size", round => browser.Page(new(), new(SortField.Size), PageStart.AtPosition((total / 2) + (round * 977)), 100).Total);
            EntryQuery deleted = new() { States = [EntryState.Deleted] };
            Measure("jump within deleted by time modified", round => browser.Page(deleted, new(SortField.Modified), PageStart.AtPosition(round * 2_000), 100).Total);
            Measure("gallery, first page", round => browser.Gallery(new() { MaxSize = long.MaxValue - round }, PageStart.First, 100).Total);
            Measure("gallery, a page further on", round => browser.Gallery(new(), PageStart.AtPosition(round * 5_000), 100).Total);
            Measure("gallery, deleted pictures", round => browser.Gallery(deleted with { MaxSize = long.MaxValue - round }, PageStart.First, 100).Total);
            Measure("folders of a root", _ => browser.Children(folder).Folders.Count);
            Measure("everything of one row", round => browser.Entry(1_000 + (round * 37)) is null ? 0 : 1);
            Measure("overview", _ => browser.Overview().All.Rows);
            Console.WriteLine();
            Console.WriteLine($"memory {Process.GetCurrentProcess().WorkingSet64 >> 20:N0} MiB, most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20:N0} MiB");
        }

        return 0;
    }

    /// <summary>When each step began.</summary>
    private sealed class Steps(Stopwatch clock) : IProgress<BrowseProgress>
    {
        private string last = "";

        public void Report(BrowseProgress value)
        {
            if (value.What != last)
            {
                Console.WriteLine($"{clock.Elapsed.TotalSeconds,6:F1} s {last = value.What}");
            }
        }
    }

    private static void Measure(string name, Func<int, long> ask)
    {
        double[] times = new double[Rounds];
        long rows = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            rows = ask(round);
            times[round] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        double first = times[0];
        Array.Sort(times);
        Console.WriteLine($"| {name} | {rows:N0} | {times[Rounds / 2]:F1} | {times[^1]:F1} | {first:F1} |");
    }
}
