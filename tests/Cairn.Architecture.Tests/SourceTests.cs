using System.Text.RegularExpressions;

namespace Cairn.Architecture.Tests;

/// <summary>What no source file may hold.</summary>
public sealed partial class SourceTests
{
    private static readonly string[] Folders = ["src", "tests", "fuzz", "bench"];

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        // Put together, so that this file does not find itself.
        string[] words = ["NotImplemented" + "Exception", "TO" + "DO", "FIX" + "ME", "HA" + "CK:", "XX" + "X:"];
        Assert.All(Folders.SelectMany(f => Repository.Sources(f)), path =>
        {
            string text = File.ReadAllText(path);
            Assert.All(words, word => Assert.False(Regex.IsMatch(text, $@"\b{Regex.Escape(word)}"), $"{Repository.Relative(path)} holds {word}"));
        });
    }

    [Fact]
    public void No_test_is_switched_off() =>
        Assert.DoesNotContain(Repository.Sources("tests"), path => SkippedFact().IsMatch(File.ReadAllText(path)));

    [Fact]
    public void Unsafe_code_is_not_used() =>
        Assert.DoesNotContain(Repository.Sources("src"), path => UnsafeCode().IsMatch(File.ReadAllText(path)));

    [Fact]
    public void No_class_hides_behind_a_name_that_says_nothing() =>
        Assert.DoesNotContain(Folders.SelectMany(f => Repository.Sources(f)), path => EmptyName().IsMatch(File.ReadAllText(path)));

    [GeneratedRegex(@"\[(Fact|Theory)\([^)]*Skip\s*=")]
    private static partial Regex SkippedFact();

    [GeneratedRegex(@"^\s*((public|internal|private|protected|static)\s+)*unsafe\b", RegexOptions.Multiline)]
    private static partial Regex UnsafeCode();

    [GeneratedRegex(@"\b(class|record|struct|interface)\s+\w*(Manager|Helper|Helpers|Utils|Utility)\b")]
    private static partial Regex EmptyName();
}
