namespace Cairn.Cli.Tests.Options;

public sealed class NoEvidenceOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_evidence_is_not_read_again()
    {
        string image = line.Folder.Write("small.dd", new byte[4096]);
        await line.RunAsync("examine", image, "--case", line.Case);
        File.WriteAllBytes(image, [.. new byte[4095], 1]);
        Assert.Equal(0, (await line.RunAsync("verify", "--case", line.Case, "--no-evidence")).ExitCode);
        Outcome outcome = await line.RunAsync("verify", "--case", line.Case, "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("differs", outcome.Json.GetProperty("evidence")[0].GetProperty("outcome").GetString());
    }
}
