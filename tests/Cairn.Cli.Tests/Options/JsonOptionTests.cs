namespace Cairn.Cli.Tests.Options;

public sealed class JsonOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Standard_output_is_one_object_with_the_fields_of_the_contract()
    {
        Outcome outcome = await line.ExamineFolderAsync("--json");
        foreach (string name in new[] { "evidence", "volumes", "files", "bytesRead", "hits", "problems", "seconds" })
        {
            Assert.True(outcome.Json.TryGetProperty(name, out _), name);
        }

        foreach (string name in new[] { "path", "size", "md5", "sha1", "sha256", "stored", "verified" })
        {
            Assert.True(outcome.Json.GetProperty("evidence")[0].TryGetProperty(name, out _), name);
        }

        foreach (string name in new[] { "allocated", "deleted", "orphan", "streams" })
        {
            Assert.True(outcome.Json.GetProperty("files").TryGetProperty(name, out _), name);
        }

        foreach (string name in new[] { "index", "scheme", "offset", "length", "fileSystem", "label" })
        {
            Assert.True(outcome.Json.GetProperty("volumes")[0].TryGetProperty(name, out _), name);
        }
    }
}
