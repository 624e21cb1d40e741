using Cairn.CaseStore.Review;
using static Cairn.CaseStore.Tests.Review.SampleReview;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>
/// Cohen's kappa. The tables of three and four categories are published: J. L. Fleiss, Statistical Methods for Rates and Proportions, 2nd edition, 1981,
/// page 213 (kappa 0.68), and the skin condition data of the documentation of SAS's procedure FREQ (kappa 0.3449). Digits beyond the published ones, and the
/// other tables, were computed with Python from the formula: po = trace / n, pe = sum of row total * column total / n^2, (po - pe) / (1 - pe).
/// </summary>
public sealed class AgreementTests
{
    [Theory]
    [InlineData("75 1 4 5 4 1 0 0 10", 0.89, 0.66, 0.6764705882352943)]
    [InlineData("10 4 1 0 5 10 12 2 2 4 12 5 0 2 6 13", 0.5113636363636364, 0.25413223140495866, 0.3448753462603878)]
    [InlineData("20 5 10 15", 0.7, 0.5, 0.4)]
    [InlineData("0 5 5 0", 0.0, 0.5, -1.0)]
    [InlineData("7 0 0 3", 1.0, 0.58, 1.0)]
    [InlineData("8 0 2 0", 0.8, 0.8, 0.0)]
    public void Kappa_is_as_published_and_as_computed_from_the_formula(string table, double observed, double expected, double kappa)
    {
        AgreementTable agreement = Table(table);
        Assert.Equal(observed, agreement.Observed!.Value, 12);
        Assert.Equal(expected, agreement.Expected!.Value, 12);
        Assert.Equal(kappa, agreement.Kappa!.Value, 12);
        Assert.Null(agreement.Undefined);
    }

    [Fact]
    public void Without_common_contents_there_is_no_kappa()
    {
        AgreementTable agreement = Table("0 0 0 0");
        Assert.Equal((null, null, null, 0), (agreement.Observed, agreement.Expected, agreement.Kappa, agreement.Contents));
        Assert.Contains("nobody else", agreement.Undefined, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_single_category_there_is_no_kappa_and_it_is_said_why()
    {
        AgreementTable agreement = Table("0 0 0 12");
        Assert.Equal((1.0, null), (agreement.Observed, agreement.Kappa));
        Assert.Contains("every content the grade '1'", agreement.Undefined, StringComparison.Ordinal);
    }

    [Fact]
    public void The_votes_of_a_case_give_the_table_of_each_pair_and_of_all()
    {
        using SampleReview review = new();
        review.Vote(Anna, "A", 1, 2, 3, 4, 5);
        review.Vote(Anna, "B", 6);
        review.Vote(Ben, "A", 1, 2, 3);
        review.Vote(Ben, "B", 4, 6);
        review.Vote(Cora, "C", 5);
        review.Vote(Cora, "A", 7);
        review.Vote(Anna, "C", 7);

        // Left out: a vote taken back, one that a later one of the same person replaces, and one that decides.
        review.Vote(Ben, "C", 5);
        review.Store.UndoLast(Ben, Id());
        review.Vote(Ben, "A", 6);
        review.Vote(Ben, "B", 6);
        review.Store.Decide(Cora, Id(), Grade("A", 4));

        AgreementReport report = review.Reader.Agreement();
        Assert.Equal([("u-anna", "u-ben"), ("u-anna", "u-cora")], report.Pairs.Select(pair => (pair.First, pair.Second)));
        AgreementTable ben = report.Pairs[0].Table;
        Assert.Equal((5, 3, 1, 0, 1), (ben.Contents, ben[0, 0], ben[0, 1], ben[1, 0], ben[1, 1]));

        // Python: [[3, 1], [0, 1]]: po 0.8, pe (4*3 + 1*2) / 25 = 0.56, kappa 0.5454...
        Assert.Equal(0.5454545454545455, ben.Kappa!.Value, 12);
        Assert.Equal((2, 1, 1), (report.Pairs[1].Table.Contents, report.Pairs[1].Table[0, 2], report.Pairs[1].Table[2, 0]));

        // Of all pairs the earlier vote is in the row: Cora graded content 7 first.
        Assert.Equal((7, 2), (report.Overall.Contents, report.Overall[0, 2]));
    }

    private static AgreementTable Table(string counts)
    {
        long[] cells = [.. counts.Split(' ').Select(cell => long.Parse(cell, System.Globalization.CultureInfo.InvariantCulture))];
        return new AgreementTable([.. Enumerable.Range(0, (int)Math.Sqrt(cells.Length)).Select(i => $"{i}")], cells);
    }
}
