namespace Cairn.Cli.Tests.Options;

public sealed class VicsProfileOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_file_names_the_profile()
    {
        await line.ExamineFolderAsync("--no-content");
        Outcome outcome = await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-", "--vics-categories", "*=0", "--vics-profile", "UK");
        Assert.Equal("http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases", outcome.Json.GetProperty("@odata.context").GetString());
        Assert.Equal(2, (await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-", "--vics-categories", "*=0", "--vics-profile", "FR")).ExitCode);
    }
}
