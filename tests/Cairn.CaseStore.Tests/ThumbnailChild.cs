using Cairn.CaseStore.Thumbnails;

namespace Cairn.CaseStore.Tests;

/// <summary>What a test starts in another process and kills; not run by itself.</summary>
public sealed class ThumbnailChild
{
    public const int BatchSize = 40;

    [Fact(Explicit = true)]
    public void Writes_until_it_is_killed()
    {
        string? directory = Environment.GetEnvironmentVariable(ChildWriter.DirectoryVariable);
        if (directory is null)
        {
            Assert.Skip("started by another test");
        }

        using ThumbnailStore store = ThumbnailStore.Open(directory);
        using (StreamWriter output = new(Console.OpenStandardOutput()))
        {
            output.WriteLine("writing");
        }

        for (long first = store.Ids() is [.., long last] ? last + 1 : 1; ; first += BatchSize)
        {
            store.Add([.. Enumerable.Range(0, BatchSize).Select(i => ThumbnailTests.Sample(first + i))]);
        }
    }
}
