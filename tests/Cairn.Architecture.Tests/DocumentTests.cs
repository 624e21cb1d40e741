using System.Text.RegularExpressions;

namespace Cairn.Architecture.Tests;

/// <summary>The documents keep up with the code.</summary>
public sealed partial class DocumentTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("LICENSE")]
    [InlineData("CHANGELOG.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/add-a-format.md")]
    [InlineData("docs/user-guide.md")]
    [InlineData("docs/validation.md")]
    [InlineData("docs/benchmarks.md")]
    [InlineData("docs/portability.md")]
    public void A_document_is_there(string path) => Assert.True(new FileInfo(Repository.PathOf(path.Split('/'))) is { Exists: true, Length: > 200 }, path);

    [Fact]
    public void Every_option_and_command_of_the_program_is_in_the_user_guide()
    {
        string guide = File.ReadAllText(Repository.PathOf("docs", "user-guide.md"));
        string[] options = [.. Repository.Sources("src", "Cairn.Cli", "Options").SelectMany(path => OptionName().Matches(File.ReadAllText(path)).Select(m => m.Groups[1].Value)).Distinct()];
        Assert.True(options.Length >= 15, $"only {options.Length} options were found");
        Assert.All(options, option => Assert.Matches($@"(?<![\w-]){Regex.Escape(option)}(?![\w-])", guide));
        string[] commands = [.. Repository.Sources("src", "Cairn.Cli", "Commands").SelectMany(path => CommandName().Matches(File.ReadAllText(path)).Select(m => m.Groups[1].Value))];
        Assert.True(commands.Length >= 9, $"only {commands.Length} commands were found");
        Assert.All(commands, command => Assert.Contains(command, guide, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_option_has_a_test_class_of_its_own_name()
    {
        string tests = string.Concat(Repository.Sources("tests", "Cairn.Cli.Tests").Select(File.ReadAllText));
        string[] options = [.. Repository.Sources("src", "Cairn.Cli", "Options").Select(p => Path.GetFileNameWithoutExtension(p))];
        Assert.All(options, option => Assert.Contains($"class {option}Tests", tests, StringComparison.Ordinal));
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        string[] documents = [.. Directory.EnumerateFiles(Repository.Root, "*.md"), .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)];
        Assert.All(documents, document =>
        {
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                string target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal))
                {
                    continue;
                }

                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target)), $"{Repository.Relative(document)} links to {target}");
            }
        });
    }

    [Fact]
    public void No_document_claims_a_validation_or_an_accreditation()
    {
        string[] documents = [.. Directory.EnumerateFiles(Repository.Root, "*.md"), .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)];
        Assert.All(documents, document => Assert.DoesNotMatch(@"(?i)\b(cairn|it) (is|has been) (validated|accredited|certified)", File.ReadAllText(document)));
    }

    [GeneratedRegex("base\\((?:\"(--[a-z-]+)\"|\"-o\", )")]
    private static partial Regex OptionName();

    [GeneratedRegex(": base\\(\"([a-z]+)\",")]
    private static partial Regex CommandName();

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
