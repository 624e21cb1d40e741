using Cairn.CaseStore.Review;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Review;

public sealed class SchemeTests
{
    private const string Right = """
        {"id":"unit-1","title":"Unit","version":"2","grades":[
          {"id":"red","key":"r","label":"Red","meaning":"stop","secondVote":true},
          {"id":"green","key":"1","label":"Green","meaning":"go"}],
         "flags":[{"id":"seen","key":"s","label":"Seen"}]}
        """;

    [Fact]
    public void The_scheme_of_England_and_Wales_has_its_grades_and_flags()
    {
        GradeScheme scheme = GradeScheme.Shipped[0];
        Assert.Equal(("england-wales", "England and Wales", "1"), (scheme.Id, scheme.Title, scheme.Version));
        Assert.Equal(["A", "B", "C", "not-indecent", "prohibited", "extreme", "unknown-age", "cannot-tell"], scheme.Grades.Select(grade => grade.Id));
        Assert.Equal(["victim", "scene"], scheme.Flags.Select(flag => flag.Id));
        Assert.Equal(["A", "B", "C", "prohibited", "extreme"], scheme.Grades.Where(grade => grade.SecondVote).Select(grade => grade.Id));
    }

    [Fact]
    public void A_scheme_of_a_units_own_is_read_from_a_file_with_or_without_a_byte_order_mark()
    {
        using TempFolder folder = new();
        string path = folder.File("scheme.json");
        foreach (bool mark in new[] { false, true })
        {
            File.WriteAllText(path, Right, new System.Text.UTF8Encoding(mark));
            GradeScheme scheme = GradeScheme.Load(path);
            Assert.Equal(("unit-1", "2"), (scheme.Id, scheme.Version));
            Assert.Equal([new Grade("red", "r", "Red", "stop", true), new Grade("green", "1", "Green", "go", false)], scheme.Grades);
            Assert.Equal([new GradeFlag("seen", "s", "Seen")], scheme.Flags);
        }
    }

    [Theory]
    [InlineData("\"key\":\"r\"", "\"key\":\"R\"", "one lower-case letter or digit")]
    [InlineData("\"key\":\"r\"", "\"key\":\"rr\"", "one lower-case letter or digit")]
    [InlineData("\"key\":\"r\"", "\"key\":\"1\"", "taken already")]
    [InlineData("\"key\":\"s\"", "\"key\":\"r\"", "taken already")]
    [InlineData("\"id\":\"red\"", "\"id\":\"green\"", "there twice")]
    [InlineData("\"id\":\"red\"", "\"id\":\"GREEN\"", "there twice")]
    [InlineData("\"id\":\"red\"", "\"id\":\"a b\"", "'id' of grades 1")]
    [InlineData("\"id\":\"red\",", "", "'id' of grades 1")]
    [InlineData("\"label\":\"Red\"", "\"label\":\"\"", "'label' of grades 1")]
    [InlineData("\"label\":\"Red\"", "\"label\":\"R\\u0000\"", "'label' of grades 1")]
    [InlineData("\"label\":\"Red\"", "\"label\":5", "'label' of grades 1")]
    [InlineData("\"label\":\"Red\"", "\"lable\":\"Red\"", "a member 'lable'")]
    [InlineData("\"secondVote\":true", "\"secondVote\":\"yes\"", "neither true nor false")]
    [InlineData("\"version\":\"2\",", "", "'version' of the scheme")]
    [InlineData("\"flags\":[", "\"flags\":5,\"x\":[", "a member 'x'")]
    [InlineData("\"title\":\"Unit\"", "\"title\":\"Unit\",\"title\":\"Other\"", "not a scheme")]
    [InlineData("{\"id\":\"unit-1\"", "[{\"id\":\"unit-1\"", "not a scheme")]
    public void A_wrong_scheme_is_refused_with_the_place(string from, string to, string what)
    {
        Assert.Contains(from, Right, StringComparison.Ordinal);
        Assert.Contains(what, Assert.Throws<ReviewException>(() => GradeScheme.Parse(Right.Replace(from, to, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_scheme_are_refused()
    {
        using TempFolder folder = new();
        string path = folder.File("scheme.json");
        Assert.Throws<ReviewException>(() => GradeScheme.Load(path));
        File.WriteAllBytes(path, [0xFF, 0xFE, 0x80, 0x00]);
        Assert.Throws<ReviewException>(() => GradeScheme.Load(path));
        File.WriteAllText(path, new string(' ', 70_000) + Right);
        Assert.Throws<ReviewException>(() => GradeScheme.Load(path));
        File.WriteAllText(path, new string('[', 5_000));
        Assert.Throws<ReviewException>(() => GradeScheme.Load(path));
    }

    [Theory]
    [InlineData("entry:1", true)]
    [InlineData("entry:0", false)]
    [InlineData("entry:01", false)]
    [InlineData("entry:-1", false)]
    [InlineData("entry:99999999999999999999", false)]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", false)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_key_of_content_is_a_hash_in_lower_case_or_an_entry(string? text, bool right) => Assert.Equal(right, ContentKey.TryParse(text, out _));
}
