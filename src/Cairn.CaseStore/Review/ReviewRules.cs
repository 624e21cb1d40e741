using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>What is in force in a review: the scheme, the second votes and the salt of their share.</summary>
internal sealed class ReviewRules
{
    private readonly byte[] salt;

    private ReviewRules(GradeScheme scheme, SecondVotes secondVotes, byte[] salt) => (Scheme, SecondVotes, this.salt) = (scheme, secondVotes, salt);

    public GradeScheme Scheme { get; }

    public SecondVotes SecondVotes { get; }

    public static ReviewRules Load(SqliteDatabase database)
    {
        using SqliteStatement scheme = database.Prepare("SELECT json FROM scheme ORDER BY rowid DESC LIMIT 1");
        using SqliteStatement second = database.Prepare("SELECT per_mille, grades FROM second_vote ORDER BY rowid DESC LIMIT 1");
        return new ReviewRules(
            scheme.Step() ? GradeScheme.Parse(scheme.Text(0)) : throw new ReviewException("the review has no scheme of grades: 'cairn verify --case' says what is left of it"),
            second.Step() ? new SecondVotes { PerMille = second.Int32(0), Grades = CaseJson.ReadStrings(second.Text(1)) } : SecondVotes.None,
            Convert.FromHexString(ReviewFolder.Meta(database, "salt")));
    }

    /// <summary>Whether a second vote is wanted on a content after a first one with this grade.</summary>
    public bool WantsSecond(ContentKey content, string grade) => SecondVotes.Grades.Contains(grade, StringComparer.Ordinal) || SecondVotes.Chosen(content, salt, SecondVotes.PerMille);

    /// <summary>Whether a vote counts: one of another scheme, or of a version with a grade that is no more, says nothing in the present one.</summary>
    public bool Counts(string schemeId, string grade) => schemeId == Scheme.Id && Scheme.Find(grade) is not null;
}
