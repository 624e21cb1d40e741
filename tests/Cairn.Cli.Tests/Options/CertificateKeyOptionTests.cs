namespace Cairn.Cli.Tests.Options;

public sealed class CertificateKeyOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_key_is_passed_on_as_a_full_path()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--certificate-key", line.Folder.File("k.pem"));
        Assert.Equal(line.Folder.File("k.pem"), ServeLine.After(words, "--certificate-key"));
    }
}
