using System.Diagnostics.CodeAnalysis;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>Segment numbers in file names: .E01 to .E99, then .EAA to .EZZ, .FAA to .ZZZ; the same from .S01 for SMART.</summary>
internal static class EwfSegmentNames
{
    /// <summary>The number of the last name there is, .ZZZ of a set that starts at .E01.</summary>
    public const int Last = 99 + (22 * 26 * 26);

    /// <summary>Takes a name apart; <paramref name="first"/> is the letter of the set's first segment.</summary>
    public static bool TryParse(string fileName, [NotNullWhen(true)] out string? stem, out char first, out int number)
    {
        stem = null;
        first = default;
        number = 0;
        int dot = fileName.LastIndexOf('.');
        if (dot < 1 || fileName.Length - dot != 4)
        {
            return false;
        }

        char a = char.ToUpperInvariant(fileName[dot + 1]), b = char.ToUpperInvariant(fileName[dot + 2]), c = char.ToUpperInvariant(fileName[dot + 3]);
        if (a is < 'E' or > 'Z')
        {
            return false;
        }

        if (char.IsAsciiDigit(b) && char.IsAsciiDigit(c))
        {
            if (a is not ('E' or 'S'))
            {
                return false;
            }

            number = ((b - '0') * 10) + (c - '0');
            first = a;
            stem = fileName[..dot];
            return number > 0;
        }

        if (!char.IsAsciiLetterUpper(b) || !char.IsAsciiLetterUpper(c))
        {
            return false;
        }

        // .SAA is the hundredth of a SMART set, or far along in an EnCase set; which, the names beside it tell.
        first = 'E';
        number = 100 + ((a - 'E') * 676) + ((b - 'A') * 26) + (c - 'A');
        stem = fileName[..dot];
        return true;
    }

    /// <summary>The number of the segment in a set that starts with <paramref name="first"/>, or 0 where the name is not of that set.</summary>
    public static int NumberIn(char first, string fileName)
    {
        if (!TryParse(fileName, out _, out char own, out int number))
        {
            return 0;
        }

        if (number < 100)
        {
            return own == first ? number : 0;
        }

        int shifted = number - ((first - 'E') * 676);
        return shifted >= 100 ? shifted : 0;
    }

    /// <summary>The extension of a segment, upper case, without the full stop.</summary>
    public static string Extension(char first, int number)
    {
        if (number < 100)
        {
            return $"{first}{number:00}";
        }

        int index = number - 100;
        char a = (char)(first + (index / 676));
        return a > 'Z' ? "?" : $"{a}{(char)('A' + (index / 26 % 26))}{(char)('A' + (index % 26))}";
    }
}
