namespace Cairn.Cli.Tests.Options;

public sealed class EvidenceArgumentTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Several_evidence_go_into_one_case()
    {
        line.Folder.Write("one/a.txt", "alpha\n"u8);
        line.Folder.Write("two/b.txt", "beta\n"u8);
        Outcome outcome = await line.RunAsync("examine", line.Folder.File("one"), line.Folder.File("two"), "--case", line.Case, "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(2, outcome.Json.GetProperty("evidence").GetArrayLength());
    }
}
