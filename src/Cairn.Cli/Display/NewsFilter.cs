using System.Collections.Concurrent;
using Cairn.Core;
using Cairn.Reports;

namespace Cairn.Cli.Display;

/// <summary>
/// Turns problems and hits into lines while they happen. Evidence can make a hundred thousand of them: after the first of a kind the rest
/// are counted only, and the case holds them all.
/// </summary>
internal sealed class NewsFilter
{
    private const int LinesOfAKind = 25;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly int[] problems = new int[Enum.GetValues<ProblemKind>().Length];
    private int hits;

    public void Add(Problem problem)
    {
        if (problem.Kind == ProblemKind.Notice)
        {
            return;
        }

        int number = Interlocked.Increment(ref problems[(int)problem.Kind]);
        if (number <= LinesOfAKind)
        {
            lines.Enqueue($"problem  {FieldWords.Of(problem.Kind)}: {VisibleText.Escape(problem.Place)}: {VisibleText.Escape(problem.Reason)}");
        }
        else if (number == LinesOfAKind + 1)
        {
            lines.Enqueue($"problem  {FieldWords.Of(problem.Kind)}: more of this kind are counted and stored in the case, not shown here");
        }
    }

    public void AddHit(string path, string set)
    {
        int number = Interlocked.Increment(ref hits);
        if (number <= LinesOfAKind)
        {
            lines.Enqueue($"hit      {VisibleText.Escape(set)}: {VisibleText.Escape(path)}");
        }
        else if (number == LinesOfAKind + 1)
        {
            lines.Enqueue("hit      more hits are counted and stored in the case, not shown here");
        }
    }

    public bool TryTake(out string line)
    {
        bool taken = lines.TryDequeue(out string? found);
        line = found ?? "";
        return taken;
    }
}
