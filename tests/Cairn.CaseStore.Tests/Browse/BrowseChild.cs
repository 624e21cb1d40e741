using Cairn.CaseStore.Browse;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>What a test starts in another process and kills; not run by itself.</summary>
public sealed class BrowseChild
{
    [Fact(Explicit = true)]
    public void Brings_the_side_file_up_to_date_until_it_is_killed()
    {
        string? directory = Environment.GetEnvironmentVariable(ChildWriter.DirectoryVariable);
        if (directory is null)
        {
            Assert.Skip("started by another test");
        }

        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        using CaseBrowser browser = CaseBrowser.Open(directory);
        output.WriteLine("begun");
        browser.Update(new Progress(output), TestContext.Current.CancellationToken);
        output.WriteLine("ended");
    }

    private sealed class Progress(StreamWriter output) : IProgress<BrowseProgress>
    {
        public void Report(BrowseProgress value) => output.WriteLine($"at {value.What} {value.Done}");
    }
}
