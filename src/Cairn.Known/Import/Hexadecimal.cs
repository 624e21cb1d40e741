using System.Buffers;

namespace Cairn.Known.Import;

/// <summary>Hashes as text.</summary>
internal static class Hexadecimal
{
    /// <summary>Whether <paramref name="text"/> is exactly <paramref name="target"/>.Length bytes in hexadecimal.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, Span<byte> target) =>
        text.Length == target.Length * 2 && Convert.FromHexString(text, target, out int consumed, out int written) == OperationStatus.Done
        && consumed == text.Length && written == target.Length;

    /// <summary>Bytes of the hash that <paramref name="digits"/> digits are: 16, 20 or 32; 0 for none.</summary>
    public static int HashBytes(int digits) => digits switch
    {
        32 => 16,
        40 => 20,
        64 => 32,
        _ => 0,
    };
}
