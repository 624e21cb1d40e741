using System.Security.Cryptography;
using System.Text;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Options;

public sealed class PasswordsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_list_that_is_not_there_is_wrong_usage()
    {
        Outcome examined = await line.ExamineFolderAsync("--passwords", line.Folder.File("none.txt"));
        Assert.Equal(2, examined.ExitCode);
        Assert.Contains("--passwords", examined.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_password_opens_an_archive_and_the_case_does_not_hold_it()
    {
        string evidence = line.Folder.Write("archives/secret.zip", TestFiles.Fixture("zip/encrypted.zip"));
        string list = line.Folder.Write("passwords.txt", Encoding.UTF8.GetBytes("wrong one\nsecret\n"));
        Outcome without = await line.RunAsync("examine", Path.GetDirectoryName(evidence)!, "--case", line.Folder.File("without"));
        Assert.Equal(1, without.ExitCode);
        Outcome with = await line.RunAsync("examine", Path.GetDirectoryName(evidence)!, "--case", line.Case, "--passwords", list);
        Assert.True(with.ExitCode == 0, with.Error);
        Assert.Equal(-1, File.ReadAllBytes(Path.Combine(line.Case, "case.db")).AsSpan().IndexOf("wrong one"u8));
    }

    [Fact]
    public async Task What_lies_in_an_encrypted_archive_is_written_with_the_password_alone()
    {
        string evidence = line.Folder.Write("archives/secret.zip", TestFiles.Fixture("zip/encrypted.zip"));
        string list = line.Folder.Write("passwords.txt", "secret\n"u8);
        await line.RunAsync("examine", Path.GetDirectoryName(evidence)!, "--case", line.Case, "--passwords", list);
        Outcome without = await line.RunAsync("cat", "--case", line.Case, "secret.zip/numbers.txt");
        Assert.Empty(without.Bytes);
        Assert.NotEqual(0, without.ExitCode);
        Outcome with = await line.RunAsync("cat", "--case", line.Case, "secret.zip/numbers.txt", "--passwords", list);
        Assert.Equal(0, with.ExitCode);
        string md5 = TestFiles.FixtureText("zip/tree.md5").Split('\n').Single(row => row.EndsWith("  numbers.txt", StringComparison.Ordinal))[..32];
        Assert.Equal(md5, Convert.ToHexStringLower(MD5.HashData(with.Bytes)));
    }
}
