using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Core.Embedded;
using Cairn.Storage.Embedded;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Embedded;

/// <summary>Every fixture gives what its maker put into it, and is found by its content type; what is opened again is the same.</summary>
public sealed class EmbeddedFixtureTests
{
    private const string Password = "correct horse";

    public static TheoryData<string, string> WithMembers()
    {
        TheoryData<string, string> data = [];
        foreach (IEmbeddedFormat format in StorageCatalogue.Embedded)
        {
            foreach (string path in Directory.EnumerateFiles(TestFiles.FixturePath("embedded/" + format.Description.Id), "*.members.tsv").Order(StringComparer.Ordinal))
            {
                data.Add(format.Description.Id, Path.GetFileName(path)[..^".members.tsv".Length]);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void A_fixture_gives_what_was_put_into_it(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        Taken taken = Taken.From(id, data, Taken.Limits(passwords: ["a wrong one", Password]));

        string[] expected = TestFiles.FixtureText($"embedded/{id}/{file}.members.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, taken.Members.Zip(taken.Contents, (m, c) =>
            string.Join('\t', m.Path.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal), m.Kind, c is null ? "-" : $"{c.Value.Size}", c is null ? "-" : c.Value.Md5)));
        Assert.Empty(taken.Failures);
    }

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void A_fixture_is_found_by_its_content_type_and_members_are_opened_again(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        ContentType? type = ContentType.Identify(data.AsSpan(0, Math.Min(data.Length, ContentType.LongestHead)));
        Assert.NotNull(type);
        using MemoryByteSource source = new(data);
        Assert.Contains(EmbeddedOpener.FormatsOf(source, type.Mime), f => f.Description.Id == id);

        string[][] expected = [.. TestFiles.FixtureText($"embedded/{id}/{file}.members.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i][3] == "-")
            {
                Assert.Throws<UnreadableDataException>(() => Open(i));
                continue;
            }

            using IByteSource member = Open(i);
            byte[] bytes = new byte[(int)member.Length];
            Assert.Equal(bytes.Length, member.ReadAt(0, bytes));
            Assert.Equal(expected[i][3], Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(bytes)));
        }

        Assert.Throws<UnreadableDataException>(() => Open(expected.Length));

        IByteSource Open(int ordinal) => EmbeddedOpener.Open(source, type.Mime, ordinal, Taken.Limits(passwords: [Password]), cancel: TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void Members_read_again_in_one_pass_are_those_that_were_asked_for(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        string mime = ContentType.Identify(data.AsSpan(0, Math.Min(data.Length, ContentType.LongestHead)))!.Mime;
        string[][] expected = [.. TestFiles.FixtureText($"embedded/{id}/{file}.members.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        HashSet<int> wanted = [.. Enumerable.Range(0, expected.Length).Where(i => i % 2 == 0), expected.Length + 1];
        Dictionary<int, string> found = [];
        List<int> failed = [];
        using MemoryByteSource source = new(data);
        EmbeddedOpener.ReadEach(source, mime, wanted, Taken.Limits(passwords: [Password]),
            (member, content) => found.Add(member.Ordinal, Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(content))), (ordinal, _) => failed.Add(ordinal),
            cancel: TestContext.Current.CancellationToken);
        Assert.Equal(wanted.Where(i => i < expected.Length && expected[i][3] != "-").Order(), found.Keys.Order());
        Assert.All(found, pair => Assert.Equal(expected[pair.Key][3], pair.Value));
        Assert.Equal(wanted.Except(found.Keys).Order(), failed.Order());
    }

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void A_member_read_through_its_archive_is_the_same_wherever_reading_begins(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        string mime = ContentType.Identify(data.AsSpan(0, Math.Min(data.Length, ContentType.LongestHead)))!.Mime;
        string[][] expected = [.. TestFiles.FixtureText($"embedded/{id}/{file}.members.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i][3] == "-")
            {
                continue;
            }

            int length = int.Parse(expected[i][2], System.Globalization.CultureInfo.InvariantCulture);
            using EmbeddedSource member = new(new MemoryByteSource(data), mime, i, length, () => Taken.Limits(passwords: [Password]), owned: true);
            byte[] bytes = new byte[length + 1];
            Assert.Equal(length - (length / 2), member.ReadAt(length / 2, bytes.AsSpan(length / 2)));
            Assert.Equal(length / 2, member.ReadAt(0, bytes.AsSpan(0, length / 2)));
            Assert.Equal(expected[i][3], Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(bytes.AsSpan(0, length))));
            Assert.Equal(0, member.ReadAt(length, bytes));
        }
    }

    public static TheoryData<string> Ids() => [.. StorageCatalogue.Embedded.Select(f => f.Description.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Probes_never_throw_and_see_nothing_in_nothing(string id)
    {
        IEmbeddedFormat format = Taken.Format(id);
        Assert.Equal(ProbeConfidence.None, format.Probe(new MemoryByteSource(ReadOnlyMemory<byte>.Empty)).Confidence);
        Assert.Equal(ProbeConfidence.None, format.Probe(new MemoryByteSource(new byte[5000])).Confidence);
        Assert.Equal(ProbeConfidence.None, format.Probe(new FaultInjectingSource(new MemoryByteSource(new byte[5000])) { FailingRead = 1, Lasting = true }).Confidence);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Content_types_are_those_that_are_told_from_content(string id) =>
        Assert.All(Taken.Format(id).ContentTypes, mime => Assert.Contains(mime, ContentType.Mimes));

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void Limits_on_members_and_bytes_end_the_unfolding_with_a_problem(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        string[] expected = TestFiles.FixtureText($"embedded/{id}/{file}.members.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (expected.Length > 1)
        {
            Taken one = Taken.From(id, data, Taken.Limits(members: 1, passwords: [Password]));
            Assert.Single(one.Members);
            Assert.Single(one.Problems, p => p.Kind == ProblemKind.LimitReached);
        }

        if (expected.Any(line => line.Split('\t') is [_, _, var size, _] && size != "-" && long.Parse(size, System.Globalization.CultureInfo.InvariantCulture) > 10))
        {
            Taken few = Taken.From(id, data, Taken.Limits(bytes: 10, passwords: [Password]));
            Assert.Single(few.Problems, p => p.Kind == ProblemKind.LimitReached);
            Assert.Equal(ProblemKind.LimitReached, Assert.Single(few.Failures).Kind);
        }
    }

    [Theory]
    [MemberData(nameof(WithMembers))]
    public void A_cut_or_unreadable_file_gives_problems_and_no_other_exception(string id, string file)
    {
        byte[] data = File.ReadAllBytes(TestFiles.FixturePath($"embedded/{id}/{file}"));
        for (int part = 1; part < 16; part++)
        {
            Try(new MemoryByteSource(data.AsMemory(0, data.Length * part / 16)));
            Try(new FaultInjectingSource(new MemoryByteSource(data)) { FailingRead = part, Lasting = part % 2 == 0 });
        }

        void Try(IByteSource source)
        {
            try
            {
                Taken.Format(id).Expand(source, Taken.Limits(passwords: [Password]), new Taken(), TestContext.Current.CancellationToken);
            }
            catch (MalformedDataException)
            {
            }
            catch (UnreadableDataException)
            {
            }
        }
    }
}
