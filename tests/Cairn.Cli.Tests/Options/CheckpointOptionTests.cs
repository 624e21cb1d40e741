namespace Cairn.Cli.Tests.Options;

public sealed class CheckpointOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_checkpoint_of_the_case_is_accepted_and_one_of_another_is_not()
    {
        await line.ExamineFolderAsync();
        string kept = Directory.EnumerateFiles(Path.Combine(line.Case, "checkpoints")).First();
        Assert.Equal(0, (await line.RunAsync("verify", "--case", line.Case, "--checkpoint", kept, "--no-evidence")).ExitCode);
        string other = line.Folder.File("other");
        await line.RunAsync("examine", line.Folder.File("evidence"), "--case", other);
        Outcome wrong = await line.RunAsync("verify", "--case", other, "--checkpoint", kept, "--no-evidence");
        Assert.NotEqual(0, wrong.ExitCode);
    }
}
