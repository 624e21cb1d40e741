using System.Text;
using Cairn.Core;

namespace Cairn.Reports.Tests;

public sealed class IsoTimeTests
{
    [Fact]
    public void The_fast_form_equals_the_plain_one_for_every_kind()
    {
        byte[] random = new byte[8 * 20_000];
        for (int i = 0; i < random.Length; i++)
        {
            random[i] = (byte)((i * 2_654_435_761L) >> (13 + (i % 11)));
        }

        int compared = 0;
        foreach (TimeKind kind in Enum.GetValues<TimeKind>())
        {
            for (int i = 0; i < random.Length; i += 8)
            {
                long raw = BitConverter.ToInt64(random, i);
                // Small values too, so that most lie within years 1–9999.
                foreach (long value in new[] { raw, raw >> 20, raw >> 28, raw & 0x03FF_FFFF_FFFF_FFFF, i - 800 })
                {
                    var time = new EvidenceTime(value, kind);
                    Span<byte> fast = new byte[IsoTime.MaximumLength];
                    int length = IsoTime.Format(time, fast);
                    Assert.Equal(time.ToIso() ?? "", Encoding.ASCII.GetString(fast[..length]));
                    compared += length > 0 ? 1 : 0;
                }
            }
        }

        Assert.True(compared > 100_000, $"{compared}");
    }

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00Z")]
    [InlineData(-62_135_596_800, "0001-01-01T00:00:00Z")]
    [InlineData(253_402_300_799, "9999-12-31T23:59:59Z")]
    [InlineData(253_402_300_800, "")]
    [InlineData(951_782_400, "2000-02-29T00:00:00Z")]
    public void Bounds_hold(long seconds, string expected)
    {
        Span<byte> text = new byte[IsoTime.MaximumLength];
        int length = IsoTime.Format(new EvidenceTime(seconds, TimeKind.UnixSeconds), text);
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..length]));
    }
}
