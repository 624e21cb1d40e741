using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>How far two series of grades of the same contents agree: the confusion table and Cohen's kappa (Cohen 1960).</summary>
public sealed class AgreementTable
{
    private readonly long[] counts;

    /// <summary>A table.</summary>
    /// <param name="grades">Ids of the grades: rows and columns.</param>
    /// <param name="counts">Row by row, square: how often the first gave the row's grade and the second the column's.</param>
    public AgreementTable(IReadOnlyList<string> grades, IReadOnlyList<long> counts)
    {
        ArgumentNullException.ThrowIfNull(grades);
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count != grades.Count * grades.Count)
        {
            throw new ArgumentException("the table is square", nameof(counts));
        }

        Grades = grades;
        this.counts = [.. counts];
        Contents = this.counts.Sum();
        if (Contents == 0)
        {
            Undefined = "nobody else graded the same contents";
            return;
        }

        int size = grades.Count;
        long agreed = 0;
        double expected = 0;
        for (int i = 0; i < size; i++)
        {
            agreed += this[i, i];
            long row = 0, column = 0;
            for (int j = 0; j < size; j++)
            {
                row += this[i, j];
                column += this[j, i];
            }

            expected += (double)row / Contents * ((double)column / Contents);

            // Both put every content into this one category.
            if (row == Contents && column == Contents)
            {
                Undefined = $"both gave every content the grade '{grades[i]}', so agreement by chance is certain and kappa says nothing";
            }
        }

        Observed = (double)agreed / Contents;
        Expected = expected;
        Kappa = Undefined is null ? (Observed - expected) / (1 - expected) : null;
    }

    /// <summary>Ids of the grades: rows and columns.</summary>
    public IReadOnlyList<string> Grades { get; }

    /// <summary>Contents that both graded.</summary>
    public long Contents { get; }

    /// <summary>Share of contents with the same grade, 0 to 1; null where there are none.</summary>
    public double? Observed { get; }

    /// <summary>The same share, were each to give their grades by chance; null where there are no contents.</summary>
    public double? Expected { get; }

    /// <summary>(observed - expected) / (1 - expected); null where it is not defined.</summary>
    public double? Kappa { get; }

    /// <summary>Why kappa is not defined, in a sentence; null where it is.</summary>
    public string? Undefined { get; }

    /// <summary>How often the first gave grade <paramref name="first"/> and the second grade <paramref name="second"/>, by their place in <see cref="Grades"/>.</summary>
    public long this[int first, int second] => counts[(first * Grades.Count) + second];
}

/// <summary>The agreement of two people.</summary>
/// <param name="First">Account of the rows.</param>
/// <param name="Second">Account of the columns; after <paramref name="First"/> in the order of ids.</param>
/// <param name="Table">Table and kappa.</param>
public sealed record PairAgreement(string First, string Second, AgreementTable Table);

/// <summary>
/// The agreement in a case, by the votes that stand and are of the scheme in force. Votes that decided a disagreement are left out: who gave them had
/// seen the others.
/// </summary>
/// <param name="Overall">All pairs of votes on one content, the earlier in the rows.</param>
/// <param name="Pairs">Each two people who graded the same contents.</param>
public sealed record AgreementReport(AgreementTable Overall, IReadOnlyList<PairAgreement> Pairs)
{
    internal static AgreementReport From(SqliteDatabase database)
    {
        ReviewRules rules = ReviewRules.Load(database);
        string[] grades = [.. rules.Scheme.Grades.Select(grade => grade.Id)];
        Dictionary<string, int> places = grades.Select((grade, i) => (grade, i)).ToDictionary(item => item.grade, item => item.i);
        long[] overall = new long[grades.Length * grades.Length];
        Dictionary<(string First, string Second), long[]> pairs = [];
        using SqliteStatement rows = database.Prepare(
            $"SELECT v.content, v.account, v.grade, v.scheme_id FROM vote v WHERE v.deciding=0 AND {ReviewSchema.Stands("v")} ORDER BY v.content, v.rowid");
        List<(string Account, int Grade)> votes = [];
        string at = "";
        while (rows.Step())
        {
            string content = rows.Text(0);
            if (content != at)
            {
                Close();
                at = content;
            }

            if (!rules.Counts(rows.Text(3), rows.Text(2)))
            {
                continue;
            }

            // Of each person the last vote, in the place of the first.
            (string Account, int Grade) vote = (rows.Text(1), places[rows.Text(2)]);
            int known = votes.FindIndex(other => other.Account == vote.Account);
            if (known < 0)
            {
                votes.Add(vote);
            }
            else
            {
                votes[known] = vote;
            }
        }

        Close();
        return new AgreementReport(new AgreementTable(grades, overall),
            [.. pairs.OrderBy(pair => pair.Key.First, StringComparer.Ordinal).ThenBy(pair => pair.Key.Second, StringComparer.Ordinal)
                .Select(pair => new PairAgreement(pair.Key.First, pair.Key.Second, new AgreementTable(grades, pair.Value)))]);

        void Close()
        {
            for (int i = 0; i < votes.Count; i++)
            {
                for (int j = i + 1; j < votes.Count; j++)
                {
                    overall[(votes[i].Grade * grades.Length) + votes[j].Grade]++;
                    ((string Account, int Grade) first, (string Account, int Grade) second) = string.CompareOrdinal(votes[i].Account, votes[j].Account) < 0 ? (votes[i], votes[j]) : (votes[j], votes[i]);
                    if (!pairs.TryGetValue((first.Account, second.Account), out long[]? table))
                    {
                        pairs.Add((first.Account, second.Account), table = new long[grades.Length * grades.Length]);
                    }

                    table[(first.Grade * grades.Length) + second.Grade]++;
                }
            }

            votes.Clear();
        }
    }
}
