using System.Globalization;
using Cairn.CaseStore.Review;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>What a test starts in another process and kills; not run by itself.</summary>
public sealed class ReviewChild
{
    public const string AccountVariable = "CAIRN_TEST_CHILD_ACCOUNT";

    /// <summary>File beside the case to which each act's number and sequence are written once it is acknowledged.</summary>
    public static string Acknowledged(string directory, string account) => Path.Combine(directory, "..", $"{account}.txt");

    /// <summary>The id of an account's n-th act: a test can repeat the last one, of which it has no answer.</summary>
    public static Guid IdOf(string account, int number) => new(number, (short)account.Length, (short)account[^1], [1, 2, 3, 4, 5, 6, 7, 8]);

    public static int ContentOf(int number) => 1 + (number % 50);

    public static string GradeOf(int number) => number % 2 == 0 ? "A" : "B";

    [Fact(Explicit = true)]
    public void Votes_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(ChildWriter.DirectoryVariable) is not string directory || Environment.GetEnvironmentVariable(AccountVariable) is not string account)
        {
            Assert.Skip("started by another test");
            return;
        }

        using ReviewStore store = ReviewStore.Open(directory, "0.1.0", TimeProvider.System);
        using FileStream acknowledged = new(Acknowledged(directory, account), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        Actor actor = new(account, account);
        for (int number = 1; ; number++)
        {
            ActReceipt receipt = store.Vote(actor, IdOf(account, number), SampleReview.Grade(GradeOf(number), ContentOf(number)));
            acknowledged.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number} {receipt.Sequence}\n")));
            acknowledged.Flush();
        }
    }
}
