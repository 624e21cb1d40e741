namespace Cairn.Cli.Tests.Options;

public sealed class CertificateOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_certificate_is_passed_on_as_a_full_path()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--certificate", line.Folder.File("c.pem"));
        Assert.Equal(line.Folder.File("c.pem"), ServeLine.After(words, "--certificate"));
    }
}
