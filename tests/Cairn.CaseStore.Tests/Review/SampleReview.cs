using Cairn.CaseStore.Review;
using Cairn.CaseStore.Sqlite;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>A case with an empty review, for one test.</summary>
internal sealed class SampleReview : IDisposable
{
    public static readonly Actor Anna = new("u-anna", "Anna Ash");
    public static readonly Actor Ben = new("u-ben", "Ben Birch");
    public static readonly Actor Cora = new("u-cora", "Cora Cedar");

    private readonly TempFolder folder = new();

    public SampleReview()
    {
        SampleCase.Run(Directory);
        Store = Open();
    }

    public string Directory => folder.File("case");

    public ReviewStore Store { get; private set; }

    public ReviewReader Reader => Store.Reader;

    public static ContentKey Content(int number) => ContentKey.Of([.. Enumerable.Repeat((byte)0, 28), .. BitConverter.GetBytes(number)], 0);

    public static VoteRequest Grade(string grade, params int[] contents) => new()
    {
        Contents = [.. contents.Select(number => new EntryContent(Content(number), number))],
        Grade = grade,
        Revealed = true,
        Milliseconds = 1_500,
    };

    public static Guid Id() => Guid.NewGuid();

    public static string Verify(string directory) => SampleCase.Describe(SampleCase.Verify(directory));

    public ReviewStore Open() => ReviewStore.Open(Directory, "0.1.0", TimeProvider.System);

    public void Reopen()
    {
        Store.Dispose();
        Store = Open();
    }

    public ActReceipt Vote(Actor actor, string grade, params int[] contents) => Store.Vote(actor, Id(), Grade(grade, contents));

    public Standing Standing(int content) => Reader.StandingOf(Content(content));

    /// <summary>One act of every kind, with rows in every table.</summary>
    public void Everything()
    {
        Vote(Anna, "A", 1, 2, 3);
        Vote(Ben, "B", 2);
        Store.Vote(Anna, Id(), Grade("C", 4) with { Flags = ["scene", "victim"], Note = "seen before" });
        Store.Decide(Cora, Id(), Grade("A", 2));
        Store.UndoLast(Anna, Id());
        Store.AskForSecondVotes(Cora, Id(), new SecondVotes { PerMille = 250, Grades = ["A"] });
        Store.ChooseScheme(Cora, Id(), GradeScheme.Shipped[0]);
        Store.Note(Anna, Id(), 3, "a note\nof two lines");
        Store.DefineTag(Anna, Id(), new Tag("look again", "red"));
        Store.TagEntries(Anna, Id(), "look again", [1, 2, 3]);
        Store.UntagEntries(Ben, Id(), "look again", [2]);
        long selection = Store.CreateSelection(Anna, Id(), "for counsel").Sequence;
        Store.AddToSelection(Anna, Id(), selection, [3, 1, 2]);
        Store.RemoveFromSelection(Anna, Id(), selection, [1]);
        Store.BookmarkEntries(Anna, Id(), [1, 2], ReportPicture.Blurred);
        Store.Overrule(Ben, Id(), new Overrule("hashes", "2026.1", "case-1/7", Content(2), 2, "another person"));
        Store.Viewed(Anna, Id(), [new PictureView(Content(1), 1, false, 400), new PictureView(Content(2), 2, true, 2_000)]);
        Store.TakeBreak(Anna, Id());
        Store.SetExposure(Anna, Id(), new ExposureSettings(true, false, 96, 20));
        Store.Record(Ben, Id(), ActKind.Search, new Dictionary<string, string> { ["text"] = "holiday" });
        Store.Record(Ben, Id(), ActKind.Refusal, new Dictionary<string, string> { ["page"] = "/audit" });
        Store.Checkpoint();
    }

    /// <summary>What someone with any SQLite tool does to a review.</summary>
    public static void Tamper(string directory, string sql)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(directory, "review.db"), write: true);
        database.Execute(sql);
    }

    public long Scalar(string sql)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(Directory, "review.db"), write: false);
        return database.Scalar(sql);
    }

    public void Dispose()
    {
        Store.Dispose();
        folder.Dispose();
    }
}
