using Cairn.Storage.Containers.Ewf;

namespace Cairn.Storage.Tests.Containers.Ewf;

public sealed class EwfSegmentNamesTests
{
    [Theory]
    [InlineData('E', 1, "E01")]
    [InlineData('E', 99, "E99")]
    [InlineData('E', 100, "EAA")]
    [InlineData('E', 125, "EAZ")]
    [InlineData('E', 126, "EBA")]
    [InlineData('E', 775, "EZZ")]
    [InlineData('E', 776, "FAA")]
    [InlineData('E', 14971, "ZZZ")]
    [InlineData('S', 1, "S01")]
    [InlineData('S', 100, "SAA")]
    [InlineData('S', 776, "TAA")]
    public void Names_follow_the_format(char first, int number, string extension)
    {
        Assert.Equal(extension, EwfSegmentNames.Extension(first, number));
        Assert.Equal(number, EwfSegmentNames.NumberIn(first, "image." + extension));
        Assert.Equal(number, EwfSegmentNames.NumberIn(first, "image." + extension.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("image")]
    [InlineData("image.E1")]
    [InlineData("image.E00")]
    [InlineData("image.A01")]
    [InlineData("image.1AA")]
    [InlineData("image.EA1")]
    [InlineData(".E01")]
    public void Other_names_are_no_segments(string name) => Assert.Equal(0, EwfSegmentNames.NumberIn('E', name));
}
