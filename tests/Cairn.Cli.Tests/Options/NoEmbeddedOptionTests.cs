using Cairn.TestKit;

namespace Cairn.Cli.Tests.Options;

public sealed class NoEmbeddedOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_archive_stays_folded(bool folded)
    {
        string evidence = line.Folder.Write("archives/plain.zip", TestFiles.Fixture("zip/plain.zip"));
        Outcome examined = await line.RunAsync(["examine", Path.GetDirectoryName(evidence)!, "--case", line.Case, .. folded ? new[] { "--no-embedded" } : []]);
        Assert.True(examined.ExitCode == 0, examined.Error);
        Outcome export = await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-");
        Assert.Equal(!folded, export.Out.Contains("\"path\":\"plain.zip/numbers.txt\"", StringComparison.Ordinal));
    }
}
