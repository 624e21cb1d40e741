using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Cairn.Storage.Containers.SplitRaw;

/// <summary>How the pieces of a split raw image are numbered in their names.</summary>
internal enum SplitRawNumbering
{
    /// <summary>.000 or .001, .002 … .999, .1000 …</summary>
    Digits = 0,

    /// <summary>.aa, .ab … .zz; or .aaa, .aab …: as split(1) writes.</summary>
    Letters = 1,
}

/// <summary>A name taken apart.</summary>
/// <param name="Stem">Everything up to and with the last full stop.</param>
/// <param name="Numbering">How it counts.</param>
/// <param name="Width">Characters of the number where letters count; 0 where digits do, since .999 is followed by .1000.</param>
/// <param name="Number">Its place: the number itself, or 0 for .aa.</param>
internal sealed record SplitRawName(string Stem, SplitRawNumbering Numbering, int Width, long Number)
{
    public static bool TryParse(string fileName, [NotNullWhen(true)] out SplitRawName? name)
    {
        name = null;
        int dot = fileName.LastIndexOf('.');
        if (dot < 1)
        {
            return false;
        }

        string stem = fileName[..(dot + 1)];
        ReadOnlySpan<char> tail = fileName.AsSpan(dot + 1);
        if (tail.Length is >= 3 and <= 6 && !tail.ContainsAnyExceptInRange('0', '9'))
        {
            name = new SplitRawName(stem, SplitRawNumbering.Digits, 0, int.Parse(tail, NumberStyles.None, CultureInfo.InvariantCulture));
            return true;
        }

        if (tail.Length is 2 or 3 && (!tail.ContainsAnyExceptInRange('a', 'z') || !tail.ContainsAnyExceptInRange('A', 'Z')))
        {
            long number = 0;
            foreach (char letter in tail)
            {
                number = (number * 26) + ((letter | 0x20) - 'a');
            }

            name = new SplitRawName(stem, SplitRawNumbering.Letters, tail.Length, number);
            return true;
        }

        return false;
    }

    /// <summary>Whether <paramref name="other"/> counts in the same set.</summary>
    public bool IsOfSameSet(SplitRawName other) => Stem == other.Stem && Numbering == other.Numbering && Width == other.Width;

    /// <summary>The number as the name writes it.</summary>
    public static string Write(SplitRawNumbering numbering, int width, long number)
    {
        if (numbering == SplitRawNumbering.Digits)
        {
            return number.ToString("000", CultureInfo.InvariantCulture);
        }

        Span<char> letters = stackalloc char[width];
        for (int i = width - 1; i >= 0; i--)
        {
            letters[i] = (char)('a' + (number % 26));
            number /= 26;
        }

        return new string(letters);
    }
}
