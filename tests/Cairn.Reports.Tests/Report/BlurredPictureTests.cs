using System.Globalization;
using Cairn.Core;
using Cairn.Reports.Report;
using Cairn.TestKit;

namespace Cairn.Reports.Tests.Report;

public sealed class BlurredPictureTests
{
    /// <summary>Means of the luma that ImageMagick decodes, over the same 12 by 9 fields.</summary>
    [Theory]
    [InlineData("baseline.jpg", "98,101,126,95,29,97,96,134,122,80,61,51,108,112,131,98,67,109,103,97,90,82,71,110,164,164,159,122,125,119,111,140,113,101,91,172,164,164,156,132,129,123,115,145,131,125,125,139,164,164,148,141,141,136,118,145,131,125,125,109,151,63,114,141,141,127,73,101,159,168,153,106,157,53,52,142,136,124,104,195,200,200,200,184,178,54,50,145,142,136,131,172,199,200,193,186,193,190,166,135,160,160,160,151,134,139,135,151")]
    [InlineData("full-chroma.jpg", "98,102,126,95,29,97,96,134,122,80,61,51,108,112,132,98,66,109,103,97,90,82,72,110,164,164,159,122,125,118,111,139,113,101,91,171,164,164,156,132,129,122,115,145,131,125,125,139,164,164,148,141,141,136,118,145,131,125,125,108,151,62,114,141,141,127,73,101,159,168,153,106,157,53,52,142,136,124,104,195,200,200,200,184,178,54,50,145,142,136,131,172,199,200,193,186,193,190,166,135,160,160,160,151,134,139,135,150")]
    [InlineData("grey.jpg", "98,102,127,95,30,97,97,134,122,80,61,52,109,112,132,98,67,110,104,98,90,83,72,111,164,164,159,123,125,119,112,140,114,101,91,172,164,164,156,132,129,123,116,146,132,126,126,139,164,164,148,141,141,136,118,146,132,126,126,109,152,63,114,141,141,128,74,101,159,169,154,107,158,53,53,142,136,124,104,195,200,200,200,185,179,55,51,145,142,136,131,172,199,200,193,187,194,191,166,135,160,160,160,151,134,140,135,151")]
    public void The_samples_are_the_means_that_another_decoder_gives(string fixture, string means)
    {
        (byte[] grey, int columns) = BlurredPicture.Of(TestFiles.Fixture($"pictures/{fixture}"))!.Value;
        int[] expected = [.. means.Split(',').Select(m => int.Parse(m, CultureInfo.InvariantCulture))];
        Assert.Equal(BlurredPicture.Side, columns);
        Assert.Equal(expected.Length, grey.Length);
        Assert.All(expected.Zip(grey), pair => Assert.InRange(pair.Second, pair.First - 2, pair.First + 2));
    }

    [Fact]
    public void Never_more_than_twelve_samples_along_a_side()
    {
        (byte[] grey, int columns) = BlurredPicture.Of(TestFiles.Fixture("pictures/turned.jpg"))!.Value;
        Assert.Equal((12, 9), (columns, grey.Length / columns));
    }

    [Theory]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("flood.jpg")]
    public void A_kind_that_is_not_read_gives_none(string fixture) => Assert.Null(BlurredPicture.Of(TestFiles.Fixture($"pictures/{fixture}")));

    [Theory]
    [InlineData("baseline.jpg")]
    [InlineData("grey.jpg")]
    public void A_file_that_is_cut_or_altered_anywhere_gives_samples_or_malformed_data(string fixture)
    {
        byte[] whole = TestFiles.Fixture($"pictures/{fixture}");
        for (int length = 0; length < whole.Length; length += length < 700 ? 1 : 97)
        {
            Try(whole.AsSpan(0, length));
        }

        for (int at = 0; at < whole.Length; at += at < 700 ? 1 : 97)
        {
            byte[] altered = [.. whole];
            altered[at] ^= 0xA5;
            Try(altered);
        }

        static void Try(ReadOnlySpan<byte> bytes)
        {
            try
            {
                _ = BlurredPicture.Of(bytes);
            }
            catch (MalformedDataException)
            {
                // The one that may leave it.
            }
        }
    }
}
