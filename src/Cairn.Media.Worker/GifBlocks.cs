namespace Cairn.Media.Worker;

/// <summary>The blocks of a GIF, without their pixels: the library does not say that a file ends early. Source: GIF89a specification, 17 to 27.</summary>
internal static class GifBlocks
{
    private const int ScreenLength = 13, ImageLength = 10;

    /// <summary>Whether the blocks go on to the trailer; what lies behind it does not matter.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> content)
    {
        if (content.Length < ScreenLength)
        {
            return false;
        }

        // Every turn of these loops goes forward by at least one byte.
        int at = ScreenLength + TableLength(content[10]);
        while (at < content.Length)
        {
            switch (content[at])
            {
                case 0x3B:
                    return true;
                case 0x21:
                    at += 2;
                    break;
                case 0x2C when at + ImageLength <= content.Length:
                    at += ImageLength + TableLength(content[at + 9]) + 1;
                    break;
                default:
                    return false;
            }

            while (at < content.Length && content[at] != 0)
            {
                at += 1 + content[at];
            }

            at++;
        }

        return false;
    }

    private static int TableLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
}
