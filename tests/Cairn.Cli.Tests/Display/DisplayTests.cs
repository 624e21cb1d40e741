using Cairn.Cli.Display;
using Cairn.Core;

namespace Cairn.Cli.Tests.Display;

public sealed class DisplayTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1023, "1,023 bytes")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(83_886_080, "80.0 MiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void Sizes_are_read_in_binary_units(long bytes, string text) => Assert.Equal(text, Quantity.Size(bytes));

    [Fact]
    public void News_of_a_kind_stops_after_a_screenful_and_says_so()
    {
        var news = new NewsFilter();
        for (int i = 0; i < 100_000; i++)
        {
            news.Add(new Problem(ProblemKind.Malformed, $"record {i}", "a reason"));
        }

        news.Add(new Problem(ProblemKind.Notice, "place", "not shown"));
        news.Add(new Problem(ProblemKind.Cycle, "a\u001b[2J", "back\u202eagain"));
        List<string> lines = [];
        while (news.TryTake(out string line))
        {
            lines.Add(line);
        }

        Assert.Equal(27, lines.Count);
        Assert.Contains("more of this kind", lines[25], StringComparison.Ordinal);
        Assert.Equal("problem  cycle: a\\u001b[2J: back\\u202eagain", lines[26]);
    }

    [Fact]
    public void The_rate_follows_the_counter_and_starts_again_with_the_next_evidence()
    {
        var rate = new ProgressRate();
        for (int second = 1; second <= 20; second++)
        {
            rate.Add(TimeSpan.FromSeconds(second), second * 1000L);
        }

        Assert.InRange(rate.BytesPerSecond, 990, 1010);
        Assert.InRange(rate.Left(20_000, 30_000)!.Value.TotalSeconds, 9.8, 10.2);
        rate.Add(TimeSpan.FromSeconds(21), 10);
        Assert.Null(rate.Left(10, 100));
    }

    [Fact]
    public void Columns_stand_under_their_heads_and_text_of_evidence_is_made_visible()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new Screen(text).Table(1, ["n>", "name"], [["7", "a\u0007b"], ["100", "c"]]);
        Assert.Equal("   n  name\n   7  a\\u0007b\n 100  c\n", text.ToString());
    }
}
