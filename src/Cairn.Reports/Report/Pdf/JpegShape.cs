namespace Cairn.Reports.Report.Pdf;

/// <summary>What a PDF has to be told of a JPEG file that it takes as it is.</summary>
internal static class JpegShape
{
    /// <summary>Components of the first frame (ITU-T T.81, B.2.2); 3 where none is found.</summary>
    public static int Components(ReadOnlySpan<byte> jpeg)
    {
        for (int at = 2; at + 9 < jpeg.Length && jpeg[at] == 0xFF;)
        {
            if (jpeg[at + 1] is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
            {
                return jpeg[at + 9];
            }

            at += 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3]);
        }

        return 3;
    }
}
