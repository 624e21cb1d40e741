using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Collects problems between two batches and tells the observer. After <see cref="Limits.ProblemsPerKind"/> of one kind the rest is
/// counted; <see cref="Drain"/> says so once, so that nothing is dropped without a word.
/// </summary>
internal sealed class ProblemCollector : IProblemSink
{
    private readonly Lock gate = new();
    private readonly IExamineObserver observer;
    private readonly ExamineCounters counters;
    private readonly int[] perKind = new int[Enum.GetValues<ProblemKind>().Length];
    private List<Problem> waiting = [];
    private bool muted;

    public ProblemCollector(IExamineObserver observer, ExamineCounters counters) => (this.observer, this.counters) = (observer, counters);

    /// <summary>While muted, problems are dropped: they were stored by an earlier run that this one repeats.</summary>
    public bool Muted
    {
        set => muted = value;
    }

    /// <inheritdoc/>
    public void Report(Problem problem)
    {
        lock (gate)
        {
            if (muted)
            {
                return;
            }

            int count = ++perKind[(int)problem.Kind];
            if (count == Limits.ProblemsPerKind + 1)
            {
                waiting.Add(new Problem(ProblemKind.LimitReached, "problems", $"more than {Limits.ProblemsPerKind:N0} problems of kind {problem.Kind}; the rest is not listed one by one"));
            }

            if (count > Limits.ProblemsPerKind)
            {
                return;
            }

            waiting.Add(problem);
        }

        counters.Count(problem);
        observer.Problem(problem);
    }

    /// <summary>What came since the last call.</summary>
    public IReadOnlyList<Problem> Drain()
    {
        lock (gate)
        {
            List<Problem> taken = waiting;
            waiting = [];
            return taken;
        }
    }
}
