using Cairn.CaseStore.Browse;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>Every answer against <see cref="PlainAnswers"/>.</summary>
public sealed class BrowseAnswerTests : IClassFixture<BrowseAnswerTests.Drawn>
{
    private readonly Drawn drawn;

    public BrowseAnswerTests(Drawn drawn) => this.drawn = drawn;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Questions => [.. Asked().Select(query => query.ToText())];

    [Theory]
    [MemberData(nameof(Questions))]
    public void A_question_gives_the_rows_that_going_through_all_of_them_gives(string text)
    {
        EntryQuery query = EntryQuery.Parse(text);
        Assert.Equal(text, query.ToText());
        foreach (SortField field in Enum.GetValues<SortField>())
        {
            foreach (bool descending in (bool[])[false, true])
            {
                EntrySort sort = new(field, descending);
                long[] expected = drawn.Plain.Ids(query, sort);
                Assert.Equal(expected, drawn.Browser.Ids(query, sort, Cancel));
                Assert.Equal(expected.Length, drawn.Browser.Count(query, Cancel));
            }
        }
    }

    [Fact]
    public void Hundreds_of_drawn_combinations_give_the_rows_that_going_through_all_of_them_gives()
    {
        SeededBytes seed = new(5);
        EntryQuery[] all = [.. Asked()];
        int found = 0;
        for (int round = 0; round < 400; round++)
        {
            EntryQuery query = Both(Both(all[seed.Next(all.Length)], all[seed.Next(all.Length)]), seed.Next(2) == 0 ? new() : all[seed.Next(all.Length)]);
            EntrySort sort = new((SortField)seed.Next(9), seed.Next(2) == 0);
            long[] expected = drawn.Plain.Ids(query, sort);
            found += expected.Length > 0 ? 1 : 0;
            Assert.Equal(expected, drawn.Browser.Ids(query, sort, Cancel));
        }

        Assert.InRange(found, 100, 400);
    }

    [Theory]
    [InlineData("{}", 7)]
    [InlineData("{}", 100)]
    [InlineData("""{"state":[1,2]}""", 9)]
    [InlineData("""{"name":"img"}""", 1)]
    public void Pages_forwards_and_backwards_and_from_any_row_are_pieces_of_the_whole(string text, int count)
    {
        EntryQuery query = EntryQuery.Parse(text);
        foreach (EntrySort sort in (EntrySort[])[new(SortField.Path), new(SortField.Size, true), new(SortField.Accessed), new(SortField.Type, true)])
        {
            long[] all = drawn.Plain.Ids(query, sort);
            List<long> forwards = [], backwards = [];
            EntryPage page = drawn.Browser.Page(query, sort, PageStart.First, count, Cancel);
            for (; page.Rows.Count > 0; page = drawn.Browser.Page(query, sort, PageStart.After(page.Rows[^1].Id), count, Cancel))
            {
                Assert.Equal((forwards.Count, all.Length), (page.Position, page.Total));
                forwards.AddRange(page.Rows.Select(row => row.Id));
                Assert.Equal(forwards.Count < all.Length, page.HasAfter);
            }

            Assert.Equal(all, forwards);
            for (page = drawn.Browser.Page(query, sort, PageStart.Last, count, Cancel); page.Rows.Count > 0; page = drawn.Browser.Page(query, sort, PageStart.Before(page.Rows[0].Id), count, Cancel))
            {
                backwards.InsertRange(0, page.Rows.Select(row => row.Id));
                Assert.Equal(all.Length - backwards.Count > 0, page.HasBefore);
            }

            Assert.Equal(all, backwards);
            for (int at = 0; at < all.Length; at += 97)
            {
                Assert.Equal(all.Skip(at).Take(count), Ids(drawn.Browser.Page(query, sort, PageStart.At(all[at]), count, Cancel)));
                Assert.Equal(all.Skip(at).Take(count), Ids(drawn.Browser.Page(query, sort, PageStart.AtPosition(at), count, Cancel)));
            }

            // A row that is not among those asked for has its place all the same.
            long[] everything = drawn.Plain.Ids(EntryQuery.All, sort);
            foreach (long other in everything.Except(all).Where((_, i) => i % 53 == 0))
            {
                HashSet<long> before = [.. everything[..Array.IndexOf(everything, other)]];
                int place = all.Count(before.Contains);
                Assert.Equal(all.Skip(place).Take(count), Ids(drawn.Browser.Page(query, sort, PageStart.After(other), count, Cancel)));
                Assert.Equal(all.Skip(Math.Max(0, place - count)).Take(Math.Min(place, count)), Ids(drawn.Browser.Page(query, sort, PageStart.Before(other), count, Cancel)));
            }
        }
    }

    [Fact]
    public void The_tree_counts_what_lies_in_each_folder_and_below()
    {
        CaseBrowser browser = drawn.Browser;
        HashSet<long> met = [];
        long deepest = 0;
        foreach (FolderNode root in browser.Roots())
        {
            Check(root, [.. drawn.Plain.Rows.Where(row => row.EvidenceId == root.EvidenceId && row.VolumeIndex == root.VolumeIndex)]);
        }

        Assert.Equal(drawn.Plain.Rows.Count, browser.Roots().Sum(root => root.RowsBelow));
        Assert.True(deepest >= 4, $"{deepest} levels");

        void Check(FolderNode node, List<ExportRow> below)
        {
            Assert.True(met.Add(node.Id));
            Assert.Equal(below.Count, node.RowsBelow);
            Assert.Equal(below.Count(row => PlainAnswers.Folder(row) == node.Path), node.Rows);
            Assert.Equal(below.Aggregate(0L, (sum, row) => sum > long.MaxValue - row.Size ? long.MaxValue : sum + row.Size), node.BytesBelow);
            Assert.Equal(below.Count(row => row.Hits.Any(hit => drawn.Meaning(hit) is "notable" or "known")), node.HitRowsBelow);
            Assert.Equal(below.Count, browser.Count(node.Query, Cancel));
            string above = node.Path.Length == 0 ? "" : node.Path + "/";
            string[] names = [.. below.Where(row => row.Path.Length > above.Length || above.Length > 0).SelectMany(row => In(row, above)).Distinct()];
            List<FolderNode> children = [];
            for (FolderPage page = browser.Children(node.Id, 0, 3); ; page = browser.Children(node.Id, children[^1].Id, 3))
            {
                children.AddRange(page.Folders);
                if (!page.HasAfter)
                {
                    break;
                }
            }

            Assert.Equal(names.OrderBy(name => name.ToUpperInvariant(), StringComparer.Ordinal).ThenBy(name => name, StringComparer.Ordinal), children.Select(child => child.Name));
            Assert.Equal(children.Count, node.Folders);
            foreach (FolderNode child in children)
            {
                Assert.Equal(above + child.Name, child.Path);
                deepest = Math.Max(deepest, child.Path.Split('/').Length);
                ExportRow[] own = [.. drawn.Plain.Rows.Where(row => row.Path == child.Path && row.EvidenceId == child.EvidenceId && row.VolumeIndex == child.VolumeIndex)];
                Assert.Equal(own.Any(row => row.Type == EntryType.Directory) || drawn.Plain.Rows.Any(row => row.Member is not null && own.Any(of => of.Id == row.Member.ParentId)), child.EntryId != 0);
                Assert.Equal(child.Id, browser.FindFolder(new FolderRef(child.EvidenceId, child.VolumeIndex, child.Path))!.Id);
                Check(child, [.. below.Where(row => row.Path.StartsWith(child.Path + "/", StringComparison.Ordinal))]);
            }
        }

        // The names of folders directly in a folder: the next part of every path that goes on, and directories themselves.
        static IEnumerable<string> In(ExportRow row, string above)
        {
            string rest = row.Path[above.Length..];
            int slash = rest.IndexOf('/');
            return slash >= 0 ? [rest[..slash]] : row.Type == EntryType.Directory && rest.Length > 0 ? [rest] : [];
        }
    }

    [Fact]
    public void One_row_has_everything_that_the_export_has_and_where_else_it_occurs()
    {
        foreach (ExportRow row in drawn.Plain.Rows.Where((_, i) => i % 7 == 0))
        {
            EntryDetail detail = drawn.Browser.Entry(row.Id, Cancel)!;
            Assert.Equivalent(row, detail.Full, strict: true);
            Assert.Equal(drawn.Plain.Rows.Where(other => other.FirstId == row.FirstId).Select(other => other.Id), detail.Streams.Select(stream => stream.Id));
            Assert.Equal(drawn.Plain.Ids(new EntryQuery { SameContentAs = row.Id }, default).Length, detail.SameContent);
            Assert.Equal(drawn.Plain.Rows.Count(other => other.Member?.ParentId == row.Id), detail.Members);
            Assert.Equal(row.Picture?.Alike is null ? 0 : drawn.Plain.Ids(new EntryQuery { AlikeTo = row.Id }, default).Length, detail.AlikeCount);
            Assert.Equal(row.Hits.Select(hit => hit.SetId).Distinct().Order(), detail.HitSets.Select(set => set.Id));
        }

        Assert.Null(drawn.Browser.Entry(0, Cancel));
        Assert.Null(drawn.Browser.Entry(drawn.Plain.Rows.Count + 1, Cancel));
    }

    [Fact]
    public void The_gallery_has_every_picture_once_and_those_alike_as_one()
    {
        foreach (EntryQuery query in Asked().Prepend(EntryQuery.All))
        {
            HashSet<long> asked = [.. drawn.Plain.Ids(query, default)];
            ExportRow[] shown = [.. drawn.Plain.Rows.Where(row => row.Picture is not null || (row.Mime is not null && ContentType.FamilyOf(row.Mime) is ContentFamily.Picture or ContentFamily.Video))];
            List<GalleryItem> items = [];
            GalleryPage page = drawn.Browser.Gallery(query, PageStart.First, 17, Cancel);
            for (; page.Items.Count > 0; page = drawn.Browser.Gallery(query, PageStart.After(page.Items[^1].Row.Id), 17, Cancel))
            {
                Assert.Equal((items.Count, shown.Count(row => asked.Contains(row.Id))), (page.Position, page.Rows));
                items.AddRange(page.Items);
            }

            Assert.Equal(page.Total, items.Count);
            List<long> members = [];
            int gravity = 0;
            foreach (GalleryItem item in items)
            {
                EntryPage stack = drawn.Browser.Stack(item.Row.Id, query, 0, 1_000, Cancel), all = drawn.Browser.Stack(item.Row.Id, EntryQuery.All, 0, 1_000, Cancel);
                Assert.Equal((item.Count, item.All, item.Row.Id), (stack.Total, all.Total, stack.Rows[0].Id));
                Assert.Equal(all.Rows.Aggregate(EntryMarks.None, (marks, row) => marks | row.Marks), item.Marks);
                members.AddRange(stack.Rows.Select(row => row.Id));
                int own = all.Rows.Min(row => row.Marks.HasFlag(EntryMarks.Notable) ? 0 : row.Marks.HasFlag(EntryMarks.Known) ? 1 : row.Marks.HasFlag(EntryMarks.Ignorable) ? 4 : 3);
                Assert.True(own >= gravity || (own == 3 && gravity <= 3), "known hits first");
                gravity = own;
            }

            Assert.Equal(shown.Where(row => asked.Contains(row.Id)).Select(row => row.Id), members.Order());
            List<long> backwards = [];
            for (page = drawn.Browser.Gallery(query, PageStart.Last, 13, Cancel); page.Items.Count > 0; page = drawn.Browser.Gallery(query, PageStart.Before(page.Items[0].Row.Id), 13, Cancel))
            {
                backwards.InsertRange(0, page.Items.Select(item => item.Row.Id));
            }

            Assert.Equal(items.Select(item => item.Row.Id), backwards);
        }

        // Alike is alike, and the same content is alike too.
        foreach (ExportRow row in drawn.Plain.Rows.Where(row => row.Picture?.Alike is not null))
        {
            long[] stack = [.. drawn.Browser.Stack(row.Id, EntryQuery.All, 0, 1_000, Cancel).Rows.Select(other => other.Id)];
            Assert.Subset(stack.ToHashSet(), drawn.Plain.Ids(new EntryQuery { AlikeTo = row.Id }, default).ToHashSet());
        }
    }

    [Fact]
    public void Every_sum_is_the_number_of_rows_that_its_question_gives()
    {
        Overview overview = drawn.Browser.Overview();
        foreach (SumLine line in (SumLine[])[overview.All, .. overview.States, .. overview.Families, .. overview.Sizes, .. overview.Parts, .. overview.Contents, .. overview.Meanings, .. overview.Sets, .. overview.Problems, .. overview.Marks])
        {
            if (line.Query is null)
            {
                continue;
            }

            HashSet<long> ids = [.. drawn.Plain.Ids(line.Query, default)];
            Assert.Equal(ids.Count, line.Rows);
            Assert.Equal(drawn.Plain.Rows.Where(row => ids.Contains(row.Id)).Aggregate(0L, (sum, row) => sum > long.MaxValue - row.Size ? long.MaxValue : sum + row.Size), line.Bytes);
        }

        foreach (IReadOnlyList<SumLine> whole in (IReadOnlyList<SumLine>[])[overview.States, overview.Families, overview.Sizes, overview.Parts, overview.Contents])
        {
            Assert.Equal(drawn.Plain.Rows.Count, whole.Sum(line => line.Rows));
        }

        Assert.Equal(2, overview.ProblemsElsewhere); // of the partition table, of a volume
        Assert.All(overview.Folders, folder => Assert.InRange(folder.Path.Count(c => c == '/'), 0, 2));
    }

    [Theory]
    [InlineData("""{"hash":["xyz"]}""")]
    [InlineData("""{"hash":["abcd"]}""")]
    [InlineData("""{"hash":["zz345678901234567890123456789012"]}""")]
    public void What_is_no_hash_is_refused(string text) => Assert.Throws<FormatException>(() => drawn.Browser.Count(EntryQuery.Parse(text), Cancel));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"nothing":1}""")]
    [InlineData("""{"state":[9]}""")]
    [InlineData("""{"time":{"field":0,"from":"yesterday"}}""")]
    public void What_is_no_question_is_refused(string text) => Assert.Throws<FormatException>(() => EntryQuery.Parse(text));

    [Fact]
    public void Hits_come_in_the_order_in_which_they_were_stored()
    {
        List<NewHit> hits = [];
        for (IReadOnlyList<NewHit> page = drawn.Browser.HitsAfter(0, 10); page.Count > 0; page = drawn.Browser.HitsAfter(page[^1].Row, 10))
        {
            hits.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(1, hits.Count).Select(i => (long)i), hits.Select(hit => hit.Row));
        (long Id, string Path, long SetId, string Method)[] expected = [.. drawn.Plain.Rows.SelectMany(row => row.Hits.Select(hit => (row.Id, row.Path, hit.SetId, hit.Method)))];
        Assert.Equal(expected.Order(), hits.Select(hit => (hit.EntryId, hit.Path, hit.Set.Id, hit.Method)).Order());
    }

    [Fact]
    public void A_question_can_be_given_up()
    {
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => drawn.Browser.Count(new EntryQuery { NameContains = "given up" }, cancel.Token));
    }

    internal static IEnumerable<EntryQuery> Asked()
    {
        DateTimeOffset from = new(2019, 6, 1, 0, 0, 0, TimeSpan.Zero);
        yield return new() { Evidence = [1] };
        yield return new() { Evidence = [2, 7] };
        yield return new() { Parts = [new(1, 3), new(2, null)] };
        yield return new() { Folder = new(1, 0, "") };
        yield return new() { Folder = new(1, 0, "") { Direct = true } };
        yield return new() { Folder = new(1, 0, "Users") };
        yield return new() { Folder = new(1, 0, "ß/b") };
        yield return new() { Folder = new(2, null, "путь") { Direct = true } };
        yield return new() { Folder = new(1, 0, "not there") };
        yield return new() { Folder = new(9, 0, "") };
        foreach (string name in (string[])["img", "IMG", "ОТП", "straße", "ß", "写", ".", "%", "_", ":", "zone", "x", "İ", "ǆ", "\u202E", "a b", "no name has this", "b!"])
        {
            yield return new() { NameContains = name };
        }

        foreach (string glob in (string[])["*", "**", "**/*.jpg", "users/**", "Users/*", "**/img*", "?", "**/a/**/b*", "*/*/*.txt", "**/*写*", "x*.tar.gz", "", "**/", "Users", "*.??g", "**/**/x", "a**b", "users/**/dcim/**", "**отпуск**", "**/PHOTO?GPJ*"])
        {
            yield return new() { PathGlob = glob };
        }

        yield return new() { Mimes = ["image/jpeg", "text/plain"] };
        yield return new() { Mimes = ["image/"] };
        yield return new() { Families = [ContentFamily.Picture, ContentFamily.Video] };
        yield return new() { Families = [ContentFamily.Other] };
        yield return new() { TypeKnown = false };
        yield return new() { Extensions = ["jpg"] };
        yield return new() { Extensions = ["", "gz"] };
        yield return new() { ExtensionMismatch = true };
        yield return new() { Types = [EntryType.Directory, EntryType.Link] };
        yield return new() { States = [EntryState.Deleted] };
        yield return new() { States = [EntryState.Orphan, EntryState.Allocated] };
        yield return new() { Recoverabilities = [Recoverability.Full, Recoverability.NameOnly] };
        yield return new() { Contents = [ContentStatus.Read] };
        yield return new() { Contents = [ContentStatus.Unreadable, ContentStatus.Changed] };
        yield return new() { MinSize = 4_097 };
        yield return new() { MinSize = 1, MaxSize = 65_536 };
        yield return new() { MaxSize = 0 };
        foreach (TimeField field in Enum.GetValues<TimeField>())
        {
            yield return new() { Time = new(field, from, from.AddDays(9)) };
            yield return new() { Time = new(field, null, DateTimeOffset.UnixEpoch) };
            yield return new() { Time = new(field, from, null) };
            yield return new() { Time = new(field, null, null) };
        }

        yield return new() { Hashes = [new string('0', 31) + "5"] };
        yield return new() { Hashes = [string.Concat(Enumerable.Repeat("0A", 32)), string.Concat(Enumerable.Repeat("0b", 20)), string.Concat(Enumerable.Repeat("0c", 16))] };
        yield return new() { Hashes = ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"] };
        yield return new() { HasHit = true };
        yield return new() { HasHit = false };
        yield return new() { HitSets = [1, 3] };
        yield return new() { HitMeanings = ["notable"] };
        yield return new() { HitMeanings = ["known", "ignorable"] };
        yield return new() { HitMethods = ["pdq"] };
        yield return new() { HitSets = [2], HitMeanings = ["notable"] };
        yield return new() { HitMeanings = ["no meaning"] };
        yield return new() { HasProblem = true };
        yield return new() { HasProblem = false };
        yield return new() { ProblemKinds = [ProblemKind.Notice, ProblemKind.Encrypted] };
        yield return new() { Duplicate = true };
        yield return new() { Duplicate = false };
        yield return new() { SameContentAs = 20 };
        yield return new() { SameContentAs = 33 };
        yield return new() { AlikeTo = 40 };
        yield return new() { Embedded = true };
        yield return new() { EmbeddedIn = [ContentFamily.Archive, ContentFamily.Picture] };
        yield return new() { HasPicture = true };
        yield return new() { HasPicture = false };
        yield return new() { Address = "7-128-0" };
        yield return new() { Address = "nowhere" };
        yield return new() { Ids = [3, 1, 2, 500, 1] };
        yield return new() { States = [EntryState.Deleted], Families = [ContentFamily.Picture], NameContains = "img" };
    }

    private static long[] Ids(EntryPage page) => [.. page.Rows.Select(row => row.Id)];

    /// <summary>What both ask for; where both ask the same thing, the second does.</summary>
    private static EntryQuery Both(EntryQuery a, EntryQuery b)
    {
        string one = a.ToText()[1..^1], other = b.ToText()[1..^1];
        return one.Length == 0 ? b : other.Length == 0 ? a : EntryQuery.Parse($"{{{one},{other}}}");
    }

    public sealed class Drawn : IDisposable
    {
        private readonly TempFolder folder = new();

        public Drawn()
        {
            using (CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock()))
            {
                using CaseRun run = database.BeginRun("examine", SampleCase.None);
                foreach (Action stage in new DrawnCase(run, 1) { Directory = folder.Path }.Stages(1_600))
                {
                    stage();
                }

                run.Finish("complete", SampleCase.None);
            }

            Plain = new PlainAnswers(folder.Path);
            Browser = CaseBrowser.Open(folder.Path);
            Browser.Update();
            using CaseReader reader = CaseReader.Open(folder.Path);
            Sets = reader.KnownSets().ToDictionary(set => set.Id, set => set.Row.Meaning);
        }

        internal PlainAnswers Plain { get; }

        public CaseBrowser Browser { get; }

        private Dictionary<long, string> Sets { get; }

        public string Meaning(HitRow hit) => hit.Entry?.Meaning ?? Sets[hit.SetId];

        public void Dispose()
        {
            Browser.Dispose();
            folder.Dispose();
        }
    }
}
