namespace Cairn.Reports.Tests;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("plain.txt", "plain.txt")]
    [InlineData("Ελλάδα 日本 😀", "Ελλάδα 日本 😀")]
    [InlineData("a\u001b[2Jb", "a\\u001b[2Jb")]
    [InlineData("\u202egpj.exe", "\\u202egpj.exe")]
    [InlineData("a\u2066b\u2069", "a\\u2066b\\u2069")]
    [InlineData("a\u0085b\u2028", "a\\u0085b\\u2028")]
    [InlineData("می\u200cخواهم", "می\u200cخواهم")]
    [InlineData("C:\\users", "C:\\u005cusers")]
    [InlineData("C:\\temp", "C:\\temp")]
    [InlineData("\U000E0041", "\\udb40\\udc41")]
    [InlineData("", "")]
    public void What_cannot_be_seen_is_escaped(string text, string shown) => Assert.Equal(shown, VisibleText.Escape(text));

    [Fact]
    public void A_lone_surrogate_is_escaped()
    {
        // Not as test data above: attributes are stored as UTF-8, which has no lone surrogates.
        Assert.Equal("x\\ud800y", VisibleText.Escape("x\ud800y"));
        Assert.Equal("x\\udc00", VisibleText.Escape("x\udc00"));
    }
}
