using Cairn.Core;

namespace Cairn.CaseStore.Tests;

/// <summary>What a test starts in another process and kills; not run by itself.</summary>
public sealed class ChildWriter
{
    public const string DirectoryVariable = "CAIRN_TEST_CHILD_DIRECTORY";
    public const int BatchSize = 250;

    [Fact(Explicit = true)]
    public void Writes_until_it_is_killed()
    {
        string? directory = Environment.GetEnvironmentVariable(DirectoryVariable);
        if (directory is null)
        {
            Assert.Skip("started by another test");
        }

        using CaseDatabase database = CaseDatabase.Open(directory, "0.1.0", TimeProvider.System);
        CaseRun run = database.BeginRun("examine", SampleCase.None);
        long evidence = run.FindEvidence(SampleCase.Disk()) ?? run.AddEvidence(SampleCase.Disk());
        using (StreamWriter output = new(Console.OpenStandardOutput()))
        {
            output.WriteLine("writing");
        }

        FileEntry[] entries = [.. Enumerable.Range(1, BatchSize).Select(i => SampleCase.Entry(i, "ads"))];
        for (int round = 1; ; round++)
        {
            long first = run.AddEntries(evidence, 0, entries, []);
            run.AddContent(evidence, [.. Enumerable.Range(0, BatchSize).Reverse().Select(i => SampleCase.Content(first + i, 1))]);
            if (round % 5 == 0)
            {
                run.Finish("complete", SampleCase.None);
                run = database.BeginRun("examine", SampleCase.None);
            }
        }
    }
}
