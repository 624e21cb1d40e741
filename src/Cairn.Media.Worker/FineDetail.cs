namespace Cairn.Media.Worker;

/// <summary>
/// How much a picture changes from one pixel to the next. The reference hasher takes single pixels of the whole picture, a decoder at half
/// scale gives means of four: where pixels differ much from their neighbours, the two part. PDQ's own filter takes a mean over some hundred
/// pixels, so what is left of a difference of ten is one step of 256, and a picture of quality 80 has at least 2.5 from place to place.
/// </summary>
internal sealed class FineDetail(int width, int pixelBytes)
{
    /// <summary>Root mean square of the deviation within squares of two by two above which half scale will not do; the record of the decision has the measurements.</summary>
    private const double Limit = 10;

    private long squares;
    private long count;

    /// <summary>Whether the picture, as far as it was seen, is too fine for half scale.</summary>
    public bool IsTooFine => squares > Limit * Limit * 4 * count;

    /// <summary>Adds two rows that lie one after the other.</summary>
    public void Add(ReadOnlySpan<byte> rows)
    {
        int stride = width * pixelBytes, last = stride - pixelBytes;
        ReadOnlySpan<byte> here = rows[..stride], right = rows.Slice(pixelBytes, last), below = rows.Slice(stride, stride);
        long sum = 0;
        for (int i = 0; i < right.Length; i++)
        {
            int across = here[i] - right[i], down = here[i] - below[i];
            sum += (across * across) + (down * down);
        }

        squares += sum;
        count += right.Length;
    }
}
