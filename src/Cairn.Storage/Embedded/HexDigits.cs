namespace Cairn.Storage.Embedded;

/// <summary>Hexadecimal digits in the text of a file, in either case.</summary>
internal static class HexDigits
{
    /// <summary>The value of one digit, or -1 where it is none.</summary>
    public static int Value(int character) => character switch
    {
        >= '0' and <= '9' => character - '0',
        >= 'a' and <= 'f' => character - 'a' + 10,
        >= 'A' and <= 'F' => character - 'A' + 10,
        _ => -1,
    };

    /// <summary>The byte that two digits are, or -1 where one of them is none.</summary>
    public static int Pair(int first, int second)
    {
        int high = Value(first), low = Value(second);
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }
}
