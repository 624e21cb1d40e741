using System.Security.Cryptography;
using System.Text;
using Cairn.Core.Pictures;
using Cairn.TestKit;

namespace Cairn.Known.Tests;

public sealed class PictureSetTests : IDisposable
{
    private const string Codes = "0=ignorable,1=notable:CAM,2=notable:Other,4=known:Comparison,none=known";

    private readonly TempFolder folder = new();

    private string Sets => folder.File("sets");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_vics_2_case_gives_entries_with_all_their_hashes_and_what_they_mean()
    {
        KnownSetInfo info = Import(["known/vics/case-2.0.vics"], Codes);
        Assert.Equal((5L, 4L, 2L, 1L, 2L), (info.Entries, info.Md5Count - 1, info.Sha1Count, info.Sha256Count, info.PdqCount));
        Assert.Equal(("vics 2.0 (uncertified)", "0=ignorable,1=notable:CAM,2=notable:Other,4=known:Comparison,none=known", true), (info.Format, info.Mapping, info.HasEntries));
        Assert.Equal((1L, 1L, 1L, 0L), (info.Notes.PhotoDnaIgnored, info.Notes.OtherHashesIgnored, info.Notes.Contradictions, info.Notes.Duplicates));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        KnownHit? alpha = set.Lookup(Md5("alpha"), [], Sha256("alpha"));
        Assert.Equal(
            new KnownHit("sha256", "boat.jpg; harbour") { EntryIndex = 0, EntryId = "1", Meaning = KnownMeaning.Notable, Category = "CAM", VouchedBy = "Unit One", VouchedAt = "2024-03-05T10:11:12.0000000Z" },
            alpha);
        Assert.Equal(new KnownEntry(0, "1", KnownMeaning.Notable, "CAM", "boat.jpg; harbour", "Unit One", "2024-03-05T10:11:12.0000000Z"), set.Entry(0));
        Assert.Equal(("3", KnownMeaning.Notable, "Other", "Unit Two"), Said(set.Lookup(Md5("gamma"), [], [])));
        Assert.Equal(("4", KnownMeaning.Known, null, "Unit Two"), Said(set.Lookup(Md5("delta"), [], [])));
    }

    [Fact]
    public void Entries_that_contradict_each_other_are_both_kept_and_named_and_the_gravest_is_the_hit()
    {
        KnownSetInfo info = Import(["known/vics/case-2.0.vics"], Codes);
        Assert.Equal($"{Convert.ToHexStringLower(Md5("beta"))}: two ignorable 0, but 5 notable CAM", Assert.Single(info.Notes.Contradicting));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        List<KnownHit> hits = [];
        Assert.Equal(2, set.Lookup(Md5("beta"), [], [], hits));
        Assert.Equal([("two", KnownMeaning.Ignorable, "0", "Unit Two"), ("5", KnownMeaning.Notable, "CAM", "Unit Two")], hits.Select(Said));
        Assert.Equal("a \"quoted\" café \uFFFD alone", hits[0].Detail);
        Assert.Equal("5", set.Lookup(Md5("beta"), [], [])?.EntryId);
    }

    [Theory]
    [InlineData("known/vics/media-2.0.vics", "vics 2.0 (uncertified)", "1")]
    [InlineData("known/vics/media-1.3.vics", "vics 1.3 (uncertified)", "7")]
    public void Hash_sets_of_both_versions_are_read(string file, string format, string id)
    {
        KnownSetInfo info = Import([file], Codes);
        Assert.Equal((1L, format), (info.Entries, info.Format));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(id, set.Lookup(Md5("alpha"), [], [])?.EntryId);
    }

    [Fact]
    public void A_vics_file_of_the_corpus_is_read()
    {
        KnownSetInfo info = KnownLibrary.Open(Sets).Import(TestFiles.Corpus("interchange/vics/nsrl_vics12_one_record.json"), new ImportOptions { Name = "set", Mapping = CategoryMapping.Parse("8=known:NSRL") }, null, Cancel);
        Assert.Equal((1L, "vics 1.2 (uncertified)"), (info.Entries, info.Format));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(("0", KnownMeaning.Known, "NSRL", null), Said(set.Lookup(Convert.FromHexString("588cd1c0e48916d8e7403310402d0a68"), Convert.FromHexString("e65706b487c73e992bab2a50707a9fd8b0bd6866"), [])));
    }

    [Fact]
    public void Without_a_mapping_or_with_one_that_lacks_a_category_a_vics_file_is_refused()
    {
        Assert.Contains("--categories", Assert.Throws<KnownSetException>(() => Import(["known/vics/case-2.0.vics"], null)).Message, StringComparison.Ordinal);
        Assert.Contains("category 0", Assert.Throws<KnownSetException>(() => Import(["known/vics/case-2.0.vics"], "1=notable,2=notable,none=known")).Message, StringComparison.Ordinal);
        Assert.Contains("without a category", Assert.Throws<KnownSetException>(() => Import(["known/vics/case-2.0.vics"], "0=ignorable,1=notable,2=notable")).Message, StringComparison.Ordinal);
        Assert.Equal(5, Import(["known/vics/case-2.0.vics"], "*=notable").Entries);
    }

    [Fact]
    public void A_vics_file_cut_short_anywhere_is_refused_with_its_place_and_leaves_nothing()
    {
        byte[] whole = TestFiles.Fixture("known/vics/case-2.0.vics");
        for (int length = 40; length < whole.Length - 1; length += 37)
        {
            string file = folder.Write("cut.json", whole.AsSpan(0, length));
            KnownSetException error = Assert.Throws<KnownSetException>(() => KnownLibrary.Open(Sets).Import(file, new ImportOptions { Name = "set", Format = KnownFormat.Vics, Mapping = CategoryMapping.Parse("*=known") }, null, Cancel));
            Assert.Matches(@"byte [0-9,]+: the file ends in the middle", error.Message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
        }
    }

    [Theory]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"Category":1,"MD5":"90015"}]}""", "this is no MD5 hash")]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"Category":1,"MD5":}]}""", "it is no JSON")]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"Category":1}]}{}""", "it is no JSON")]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":[1]}""", "is no object")]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":{}}""", "no array")]
    [InlineData("""{"@odata.context":"ProjectVic Media"}""", "no \"value\"")]
    [InlineData("""{"@odata.context":"ProjectVic Media","value":[]}""", "there is no hash in it")]
    public void A_malformed_vics_file_is_refused(string text, string why)
    {
        string file = folder.Write("bad.json", Encoding.UTF8.GetBytes(text));
        KnownSetException error = Assert.Throws<KnownSetException>(() => KnownLibrary.Open(Sets).Import(file, new ImportOptions { Name = "set", Mapping = CategoryMapping.Parse("*=known") }, null, Cancel));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void Levels_without_end_are_refused_and_named()
    {
        string text = """{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"Exifs":""" + string.Concat(Enumerable.Repeat("""{"a":""", 100_000));
        string file = folder.Write("deep.json", Encoding.UTF8.GetBytes(text));
        Assert.Contains("more than 64 levels", Assert.Throws<KnownSetException>(() => ImportFile(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_with_hashes_without_end_is_refused()
    {
        string hashes = string.Join(',', Enumerable.Range(0, 100_001).Select(i => $$"""{"HashName":"SHA256","HashValue":"{{i:x64}}"}"""));
        string file = folder.Write("full.json", Encoding.UTF8.GetBytes($$"""{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"AlternativeHashes":[{{hashes}}]}]}"""));
        Assert.Matches("byte [0-9,]+: an entry has more than 100,000 hashes", Assert.Throws<KnownSetException>(() => ImportFile(file)).Message);
    }

    [Fact]
    public void A_long_identity_is_withdrawn_as_it_was_kept()
    {
        string id = new('i', 200_000), md5 = new('1', 32), other = new('2', 32);
        string file = folder.Write("ids.json", Encoding.UTF8.GetBytes($$"""
            {"@odata.context":"ProjectVic Media","value":[{"MediaID":"{{id}}","MD5":"{{md5}}"},{"MediaID":2,"MD5":"{{other}}"},{"MediaID":"{{id}}","IsDeleted":"true"}]}
            """));
        KnownSetInfo info = ImportFile(file);
        Assert.Equal((1L, 1L), (info.Md5Count, info.Notes.Withdrawn));
    }

    [Fact]
    public void Identities_that_are_withdrawn_do_not_fill_the_memory()
    {
        string file = folder.File("ids.json"), tail = new('i', 990);
        using (StreamWriter text = new(file))
        {
            text.Write("""{"@odata.context":"ProjectVic Media","value":[{"MediaID":"one","MD5":"00000000000000000000000000000001"}""");
            for (int i = 0; i < 201_000; i++)
            {
                text.Write($$""",{"MediaID":"{{i:x10}}{{tail}}","IsDeleted":"true"}""");
            }

            text.Write("]}");
        }

        Assert.Contains("withdraws more than", Assert.Throws<KnownSetException>(() => ImportFile(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_withdrawals_alone_says_so()
    {
        string file = folder.Write("ids.json", """{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"IsDeleted":"true"},{"MediaID":2,"IsDeleted":"true"}]}"""u8);
        Assert.Contains("of its entries 2 are withdrawals, which take back 0 others", Assert.Throws<KnownSetException>(() => ImportFile(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_words_without_end_the_beginning_is_kept()
    {
        string file = folder.Write("words.json", Encoding.UTF8.GetBytes($$"""{"@odata.context":"ProjectVic Media","value":[{"MediaID":1,"MD5":"00000000000000000000000000000001","Comments":"{{string.Concat(Enumerable.Repeat("w\\u00e9", 300_000))}}"}]}"""));
        ImportFile(file);
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(string.Concat(Enumerable.Repeat("wé", 500)), set.Entry(0)?.Detail);
    }

    [Fact]
    public void A_long_file_is_read_in_pieces()
    {
        // 20 MB in one line: the buffer is 64 KiB.
        string file = folder.File("long.json");
        using (StreamWriter text = new(file))
        {
            text.Write("""{"@odata.context":"http://x/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media","value":[""");
            for (int i = 0; i < 100_000; i++)
            {
                text.Write($$"""{{(i > 0 ? "," : "")}}{"MediaID":{{i}},"Category":{{i % 3}},"MD5":"{{i:x32}}","Comments":"{{new string('x', i % 200)}}","Exifs":[]}""");
            }

            text.Write("]}");
        }

        KnownSetInfo info = KnownLibrary.Open(Sets).Import(file, new ImportOptions { Name = "set", Mapping = CategoryMapping.Parse(Codes) }, null, Cancel);
        Assert.Equal((100_000L, 100_000L), (info.Entries, info.Md5Count));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(("99999", KnownMeaning.Ignorable, "0", null), Said(set.Lookup(Convert.FromHexString($"{99_999:x32}"), [], [])));
    }

    [Fact]
    public void Lists_of_pdq_hashes_are_read_in_every_form()
    {
        PdqHash[] pdq = [.. TestFiles.FixtureText("known/pdq/bare.pdqlist").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Pdq)];
        Assert.Equal(4, Import(["known/pdq/bare.pdqlist"], null, o => o with { Version = "1", Format = KnownFormat.Pdq }).PdqCount);
        Check(new PerceptualHit(2, "#3", KnownMeaning.Notable, null, 0, 0, null), pdq[2]);

        KnownSetInfo info = Import(["known/pdq/quality.pdqlist"], null, o => o with { Version = "2" });
        Assert.Equal((2L, 1L, 1L, "pdq list"), (info.PdqCount, info.Notes.LowQualityIgnored, info.Notes.EntriesWithoutHash, info.Format));
        Check(new PerceptualHit(1, "#2", KnownMeaning.Notable, null, 0, 0, "b,c.jpg"), pdq[3]);

        Assert.Equal(2, Import(["known/pdq/tagged.pdqlist"], null, o => o with { Version = "3" }).PdqCount);
        Check(new PerceptualHit(0, "2880742865368386", KnownMeaning.Notable, null, 0, 0, "one two"), pdq[1]);
        using (KnownSet set = KnownLibrary.Open(Sets).Load("set"))
        {
            Assert.Equal("2021-05-07T18:07:52+0000", set.Entry(1).VouchedAt);
        }

        info = Import(["known/pdq/indicators.pdqlist"], null, o => o with { Version = "4" });
        Assert.Equal((1L, 1L), (info.PdqCount, info.Md5Count));
        Check(new PerceptualHit(0, "11", KnownMeaning.Notable, "MALICIOUS", 0, 0, "t1 t2"), pdq[1]);
        using (KnownSet set = KnownLibrary.Open(Sets).Load("set"))
        {
            Assert.Equal("2020-10-01T00:56:36Z", set.Entry(0).VouchedAt);
        }

        // The entry of the second hash is withdrawn at the end of the file.
        info = Import(["known/pdq/indicators.pdqjson"], "MALICIOUS=notable:bad,*=known", o => o with { Version = "5" });
        Assert.Equal((1L, 1L, 1L, 1L, "pdq json"), (info.PdqCount, info.Md5Count, info.Notes.Withdrawn, info.Notes.OtherHashesIgnored, info.Format));
        Check(new PerceptualHit(0, "11", KnownMeaning.Notable, "bad", 0, 0, "t1 t2"), pdq[1]);
        Check(null, pdq[2]);

        info = Import(["known/pdq/lines.pdqjson"], null, o => o with { Version = "6" });
        Assert.Equal((2L, 1L), (info.PdqCount, info.Notes.LowQualityIgnored));
        using (KnownSet set = KnownLibrary.Open(Sets).Load("set"))
        {
            Assert.Equal("a bank", set.Entry(0).VouchedBy);
        }
    }

    [Theory]
    [InlineData("hma-pdq.csv")]
    [InlineData("holidays-jpg1-pdq-hashes.csv")]
    public void Lists_of_the_corpus_are_read_and_every_hash_found(string name)
    {
        string path = TestFiles.Corpus("pictures/pdq/hash-lists/" + name);
        KnownSetInfo info = KnownLibrary.Open(Sets).Import(path, new ImportOptions { Name = "set", Meaning = KnownMeaning.Notable }, null, Cancel);
        string[][] lines = [.. File.ReadLines(path).Select(l => l.Split(','))];
        Assert.Equal((lines.Length, lines.Length), (info.Entries, info.PdqCount));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        PdqHash[] all = [.. lines.Select(l => Pdq(l[0]))];
        List<PerceptualBatchHit> many = [];
        set.PerceptualLookupMany(all, 1, 31, many, Cancel);
        for (int i = 0; i < lines.Length; i++)
        {
            List<PerceptualHit> hits = [];
            set.PerceptualLookup([all[i]], 31, hits);
            Assert.Equal([.. Enumerable.Range(0, all.Length).Where(j => all[j].Distance(all[i]) <= 31).Select(j => (lines[j][1], all[j].Distance(all[i]))).Order()], hits.Select(h => (h.EntryId, h.Distance)).Order());
            Assert.Equal(many.Where(m => m.Query == i).Select(m => m.Hit), hits);
        }
    }

    [Fact]
    public void Delimited_text_with_pictures_gives_entries()
    {
        KnownSetInfo info = Import(["known/csv/pictures.csv"], null);
        Assert.Equal((4L, 2L, 2L, 1L), (info.Entries, info.PdqCount, info.Md5Count, info.Notes.LowQualityIgnored));
        PdqHash[] pdq = [.. TestFiles.FixtureText("known/pdq/bare.pdqlist").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Pdq)];
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");

        // Two lines of one entry.
        Check(new PerceptualHit(0, "e1", KnownMeaning.Notable, "boats", 0, 0, "a boat, red"), pdq[1]);
        Check(new PerceptualHit(0, "e1", KnownMeaning.Notable, "boats", 0, 0, "a boat, red"), pdq[2]);
        Check(null, pdq[3]);
        Assert.Equal(("e2", KnownMeaning.Ignorable, "cars", "Unit Two"), Said(set.Lookup(Md5("beta"), [], [])));
    }

    [Theory]
    [InlineData("id,md5\na,1\n", "line 2: this is no MD5 hash")]
    [InlineData("id,pdq\na,1\n", "line 2: this is no PDQ hash")]
    [InlineData("id,pdq,quality\na,{0},101\n", "line 2: the quality")]
    [InlineData("id,pdq,meaning\na,{0},bad\n", "line 2: 'bad' is no meaning")]
    [InlineData("id,pdq\n,\n", "line 2: it has no hash")]
    [InlineData("pdq,quality\n{0},10\n", "no hash in it that can be used")]
    [InlineData("id,pdq,withdrawn\na,{0},no\na,,yes\n", "no hash in it that can be used")]
    public void Delimited_text_that_is_not_right_is_refused(string text, string why)
    {
        string file = folder.Write("bad.csv", Encoding.UTF8.GetBytes(text.Replace("{0}", new string('a', 64), StringComparison.Ordinal)));
        KnownSetException error = Assert.Throws<KnownSetException>(() => KnownLibrary.Open(Sets).Import(file, new ImportOptions { Name = "set" }, null, Cancel));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void A_withdrawal_takes_back_what_came_before_it_by_identity_or_by_hash()
    {
        string h1 = new('1', 32), h2 = new('2', 32), h3 = new('3', 32), h4 = new('4', 32), s2 = new('2', 40);
        string first = folder.Write("a.csv", Encoding.ASCII.GetBytes($"id,md5,sha1,withdrawn\na,{h1},,\nb,{h2},{s2},\nc,{h3},,\nd,{h3},,\n"));
        string second = folder.Write("b.csv", Encoding.ASCII.GetBytes($"id,md5,sha1,withdrawn\na,,,yes\n,,{s2},deleted\n,{h3},,1\nc,{h3},,\na,{h4},,false\n"));
        KnownSetInfo info = KnownLibrary.Open(Sets).Import([first, second], new ImportOptions { Name = "set" }, null, Cancel);
        Assert.Equal(4, info.Notes.Withdrawn);
        Assert.Equal(["a.csv", "b.csv"], info.Files.Select(f => f.Name));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(info.Files.Select(f => $"{f.Sha256}  {f.Name}\n"))))), info.SourceSha256);
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Null(set.Lookup(Convert.FromHexString(h1), [], []));

        // Withdrawn by its SHA-1: its MD5 is gone with it.
        Assert.Null(set.Lookup(Convert.FromHexString(h2), [], []));
        List<KnownHit> hits = [];
        set.Lookup(Convert.FromHexString(h3), [], [], hits);
        Assert.Equal("c", Assert.Single(hits).EntryId);
        Assert.Equal("a", set.Lookup(Convert.FromHexString(h4), [], [])?.EntryId);
    }

    [Fact]
    public void Files_of_different_formats_become_one_set()
    {
        KnownSetInfo info = Import(["known/vics/media-2.0.vics", "known/pdq/tagged.pdqlist", "known/text/list.md5"], Codes);
        Assert.Equal((6L, 4L, "vics 2.0 (uncertified), pdq list, text"), (info.Entries, info.PdqCount, info.Format));
        Assert.Equal("media-2.0.vics and 2 more", info.Source);
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        List<KnownHit> hits = [];
        set.Lookup(Md5("alpha"), [], [], hits);
        Assert.Equal(["1", "#4"], hits.Select(h => h.EntryId));

        // Two PDQ hashes are in the first two files; an MD5 and a SHA-256 in the first and the last. None but the first file names a category.
        Assert.Equal((4L, 0L), (info.Notes.Contradictions, info.Notes.Duplicates));
    }

    [Fact]
    public void A_set_file_of_the_first_version_is_read()
    {
        Directory.CreateDirectory(Sets);
        File.Copy(TestFiles.FixturePath("known/set/old@1.known"), Path.Combine(Sets, "old@1.known"));
        using KnownSet set = KnownLibrary.Open(Sets).Load("old");
        Assert.Equal(new KnownHit("md5", "second"), set.Lookup(Md5("beta"), [], []));
        Assert.Equal((2L, false, KnownMeaning.Notable), (set.Info.Hashes, set.Info.HasEntries, set.Info.Meaning));
        List<PerceptualHit> none = [];
        set.PerceptualLookup([default], 31, none);
        Assert.Empty(none);
    }

    [Fact]
    public void A_damaged_set_is_listed_and_only_it_is_refused()
    {
        KnownLibrary library = KnownLibrary.Open(Sets);
        string list = TestFiles.FixturePath("known/text/list.md5");
        foreach ((string name, string version) in (ReadOnlySpan<(string, string)>)[("good", "1"), ("bad", "1"), ("bad", "2")])
        {
            library.Import(list, new ImportOptions { Name = name, Version = version }, null, Cancel);
        }

        string path = library.Sets.Single(s => s.Version == "2").Path;
        byte[] bytes = File.ReadAllBytes(path);
        bytes[100] ^= 1;
        File.WriteAllBytes(path, bytes);
        library = KnownLibrary.Open(Sets);
        Assert.Equal(["bad 1", "good 1"], library.Sets.Select(s => $"{s.Name} {s.Version}"));
        DamagedSet damaged = Assert.Single(library.Damaged);
        Assert.Equal(("bad", "2", path), (damaged.Name, damaged.Version, damaged.Path));
        Assert.Equal(["bad", "good"], library.Names);
        library.Load("good").Dispose();
        library.Load("bad", "1").Dispose();

        // Not the older one in its place.
        Assert.Contains("is damaged", Assert.Throws<KnownSetException>(() => library.Load("bad")).Message, StringComparison.Ordinal);
        Assert.Equal(damaged, Assert.Single(library.Check(Cancel)));
        Assert.Equal(1, library.Remove("bad", "2"));
        library.Load("bad").Dispose();
    }

    [Fact]
    public void A_set_is_read_to_its_end_once_and_again_when_it_was_changed()
    {
        KnownLibrary library = KnownLibrary.Open(Sets);
        string list = folder.Write("list.md5", TestFiles.Fixture("known/text/list.md5"));
        File.SetLastWriteTimeUtc(list, DateTime.UtcNow.AddDays(-1));
        string path = library.Import(list, new ImportOptions { Name = "set" }, null, Cancel).Path;
        Assert.True(File.Exists(path + ".verified"));

        // A change that leaves size and time: seen when all is checked, and not before.
        DateTime time = File.GetLastWriteTimeUtc(path);
        byte[] bytes = File.ReadAllBytes(path), good = [.. bytes];
        bytes[^40] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<KnownSetException>(() => library.Load("set"));
        File.SetLastWriteTimeUtc(path, time);
        library.Load("set").Dispose();
        Assert.Contains("checksum", Assert.Single(library.Check(Cancel)).Reason, StringComparison.Ordinal);
        File.WriteAllBytes(path, good);
        File.SetLastWriteTimeUtc(path, time.AddDays(-1));
        library.Load("set").Dispose();
        Assert.Equal(1, library.Remove("set"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Theory]
    [InlineData("""{"name": "profile", "categories": {"0": "ignorable", "1": {"meaning": "notable", "label": "CAM"}, "*": "known"}}""", "profile: 0=ignorable,1=notable:CAM,*=known")]
    [InlineData("category,meaning,label\n0,ignorable\n# a comment\n1,notable,\"CAM\"\n\n", "map: 0=ignorable,1=notable:CAM")]
    public void A_mapping_is_read_from_a_file(string text, string expected)
    {
        Assert.Equal(expected, CategoryMapping.Load(folder.Write("map.txt", Encoding.UTF8.GetBytes(text))).ToString());
        Assert.Equal(new CategoryMeaning(KnownMeaning.Notable, "CAM"), CategoryMapping.Parse("0=ignorable, 1 = notable:CAM").Find("1"));
        Assert.Null(CategoryMapping.Parse("1=notable").Find(null));
        Assert.Equal(new CategoryMeaning(KnownMeaning.Known, "x"), CategoryMapping.Parse("*=known").Find("x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1=bad")]
    [InlineData("1=notable,1=known")]
    [InlineData("=known")]
    public void A_mapping_that_is_none_is_refused(string text) => Assert.Throws<KnownSetException>(() => CategoryMapping.Parse(text));

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"categories": {"1": 2}}""")]
    [InlineData("1\n")]
    [InlineData("\n")]
    public void A_file_that_is_no_mapping_is_refused(string text)
    {
        string file = folder.Write("map.txt", Encoding.UTF8.GetBytes(text));
        Assert.DoesNotContain('\n', Assert.Throws<KnownSetException>(() => CategoryMapping.Load(file)).Message);
    }

    [Fact]
    public void An_entry_is_found_near_it_in_the_orientation_that_is_nearest()
    {
        Import(["known/csv/pictures.csv"], null);
        PdqHash stored = Pdq(TestFiles.FixtureText("known/pdq/bare.pdqlist").Split('\n')[1]);
        PdqHash near = stored with { Word0 = stored.Word0 ^ 0x1F, Word3 = stored.Word3 ^ 1 };
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        List<PerceptualHit> hits = [];
        set.PerceptualLookup([default, near with { Word1 = near.Word1 ^ 3 }, near], 8, hits);
        Assert.Equal([new PerceptualHit(0, "e1", KnownMeaning.Notable, "boats", 6, 2, "a boat, red")], hits);
        hits.Clear();
        set.PerceptualLookup([near], 5, hits);
        Assert.Empty(hits);
    }

    private KnownSetInfo ImportFile(string file) =>
        KnownLibrary.Open(Sets).Import(file, new ImportOptions { Name = "set", Format = KnownFormat.Vics, Mapping = CategoryMapping.Parse("*=known") }, null, Cancel);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static (string?, KnownMeaning?, string?, string?) Said(KnownHit? hit) => (hit?.EntryId, hit?.Meaning, hit?.Category, hit?.VouchedBy);

    private static byte[] Md5(string text) => MD5.HashData(Encoding.ASCII.GetBytes(text));

    private static byte[] Sha256(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text));

    private static PdqHash Pdq(string text)
    {
        Assert.True(PdqHash.TryParse(text.Trim(), out PdqHash hash));
        return hash;
    }

    private void Check(PerceptualHit? expected, PdqHash hash)
    {
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        List<PerceptualHit> hits = [];
        set.PerceptualLookup([hash], 31, hits);
        Assert.Equal(expected is null ? [] : [expected], hits);
    }

    private KnownSetInfo Import(string[] fixtures, string? mapping, Func<ImportOptions, ImportOptions>? change = null)
    {
        ImportOptions options = new() { Name = "set", Meaning = KnownMeaning.Notable, Mapping = mapping is null ? null : CategoryMapping.Parse(mapping) };
        return KnownLibrary.Open(Sets).Import([.. fixtures.Select(TestFiles.FixturePath)], change?.Invoke(options) ?? options, null, Cancel);
    }
}
