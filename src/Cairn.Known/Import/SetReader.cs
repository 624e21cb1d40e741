using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>Reads the entries of one source file.</summary>
internal abstract class SetReader
{
    /// <summary>As it is recorded.</summary>
    public abstract string FormatName { get; }

    /// <summary>What the source says of its version, or null.</summary>
    public virtual string? Version => null;

    /// <summary>Whether the source has entries with an identity or meaning of their own, and not only hashes with a line of detail.</summary>
    public virtual bool HasEntries => false;

    /// <summary>Every entry, or an exception that names the line or entry.</summary>
    public abstract void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel);

    /// <summary>The reader of a file, from the options or its first bytes.</summary>
    public static SetReader For(FileStream source, ImportOptions options)
    {
        byte[] head = new byte[64 << 10];
        source.Position = 0;
        int got = source.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        source.Position = 0;
        ReadOnlySpan<byte> start = head.AsSpan(0, got);
        KnownFormat format = options.Format;
        if (format == KnownFormat.Auto)
        {
            format = Detect(start, source.Name);
        }

        return format switch
        {
            KnownFormat.Nsrl => new NsrlDatabaseReader(source.Name),
            KnownFormat.EnCase => new EnCaseHashReader(source),
            KnownFormat.Csv => new DelimitedReader(source, options),
            KnownFormat.Vics => new VicsReader(source, options),
            KnownFormat.Pdq => IsJson(start) ? new PdqJsonReader(source, options) : new PdqListReader(source, options),
            _ => new HashListReader(source),
        };
    }

    private static KnownFormat Detect(ReadOnlySpan<byte> start, string path)
    {
        if (start.StartsWith("SQLite format 3\0"u8))
        {
            return KnownFormat.Nsrl;
        }

        if (start.StartsWith(EnCaseHashReader.Magic))
        {
            return KnownFormat.EnCase;
        }

        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || start.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF]))
        {
            throw new KnownSetException($"{path} is an archive; extract it and import the file in it");
        }

        bool isUtf16 = start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);
        if (!isUtf16 && start.Contains((byte)0))
        {
            throw new KnownSetException($"{path} is no list of hashes that is known: text, CSV, an NSRL database or an EnCase hash file");
        }

        if (IsJson(start))
        {
            return VicsReader.LooksLike(start) ? KnownFormat.Vics : PdqJsonReader.LooksLike(start) ? KnownFormat.Pdq
                : throw new KnownSetException($"{path} is JSON, but neither a VICS file nor a list of PDQ hashes by its first bytes; say which with the format");
        }

        if (PdqListReader.LooksLike(start))
        {
            return KnownFormat.Pdq;
        }

        return DelimitedReader.LooksLike(start) ? KnownFormat.Csv : KnownFormat.Text;
    }

    private static bool IsJson(ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> first = start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? start[3..] : start;
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            // UTF-16: the bytes that are not 0.
            first = start[2..].TrimStart((byte)0);
        }

        first = first.TrimStart(" \t\r\n\0"u8);
        return first.Length > 0 && first[0] is (byte)'{' or (byte)'[';
    }
}
