using System.Text;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// Lines of text: a hash alone; a hash, blanks, perhaps a star, and a name, as md5sum, sha1sum and sha256sum write; or "MD5 (name) = hash"
/// as BSD tools and "MD5(name)= hash" as OpenSSL write. Empty lines and those that begin with # or ; are passed over.
/// </summary>
internal sealed class HashListReader(FileStream file) : SetReader
{
    private const int LongestLine = 1 << 20;

    private readonly TextSource text = new(file);
    private readonly byte[] line = new byte[LongestLine];
    private long number;

    /// <inheritdoc/>
    public override string FormatName => "text";

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        Span<byte> hash = stackalloc byte[32];
        while (text.Line(line, number + 1) is int length and >= 0)
        {
            if ((++number & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new ImportProgress("reading", text.Done, text.Total, writer.Entries));
            }

            ReadOnlySpan<byte> content = line.AsSpan(0, length).Trim(" \t\r"u8);
            if (content.IsEmpty || content[0] is (byte)'#' or (byte)';')
            {
                continue;
            }

            if (!Parse(content, hash, out int bytes, out ReadOnlySpan<byte> name))
            {
                throw new KnownSetException($"{text.Name} line {number}: there is no MD5, SHA-1 or SHA-256 hash where one should be: {Shown(content)}");
            }

            ReadOnlySpan<byte> value = hash[..bytes];
            writer.Add(bytes == 16 ? value : default, bytes == 20 ? value : default, bytes == 32 ? value : default, name.IsEmpty ? null : Encoding.UTF8.GetString(name));
        }
    }

    /// <summary>The start of a line, safe to show at a terminal.</summary>
    internal static string Shown(ReadOnlySpan<byte> content)
    {
        string start = Encoding.UTF8.GetString(content[..Math.Min(content.Length, 60)]);
        return string.Concat(start.Select(c => c is >= ' ' and <= '~' ? c : '?')) + (content.Length > 60 ? "…" : "");
    }

    private static bool Parse(ReadOnlySpan<byte> content, Span<byte> hash, out int bytes, out ReadOnlySpan<byte> name)
    {
        // A leading backslash says that the name is escaped (GNU coreutils).
        ReadOnlySpan<byte> digits = content[0] == '\\' ? content[1..] : content;
        int end = digits.IndexOfAny(" \t"u8);
        name = end < 0 ? default : digits[end..].TrimStart(" \t"u8);
        digits = end < 0 ? digits : digits[..end];
        bytes = Hexadecimal.HashBytes(digits.Length);
        if (bytes > 0 && Hexadecimal.TryParse(digits, hash[..bytes]))
        {
            name = name.Length > 1 && name[0] == '*' ? name[1..] : name;
            return true;
        }

        int open = content.IndexOf((byte)'('), close = content.LastIndexOf(")"u8), equals = content.LastIndexOf((byte)'=');
        if (open < 2 || close < open || equals < close || !content[(close + 1)..equals].Trim(" "u8).IsEmpty)
        {
            return false;
        }

        bytes = Algorithm(content[..open].Trim(" "u8));
        name = content[(open + 1)..close];
        return bytes > 0 && Hexadecimal.TryParse(content[(equals + 1)..].Trim(" "u8), hash[..bytes]);
    }

    private static int Algorithm(ReadOnlySpan<byte> name) => Encoding.ASCII.GetString(name).ToUpperInvariant() switch
    {
        "MD5" => 16,
        "SHA1" or "SHA-1" => 20,
        "SHA256" or "SHA-256" or "SHA2-256" => 32,
        _ => 0,
    };
}
