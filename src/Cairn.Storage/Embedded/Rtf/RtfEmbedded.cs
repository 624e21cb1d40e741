using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded.Rtf;

/// <summary>Pictures and objects in RTF: data in hexadecimal, or as they are after \bin.</summary>
internal sealed class RtfEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("rtf", "pictures and objects in RTF", "Rich Text Format specification 1.9.1; [MS-OLEDS]");

    public IReadOnlyList<string> ContentTypes { get; } = ["text/rtf"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[5];
        return EmbeddedProbe.Head(content, head) && head.SequenceEqual(@"{\rtf"u8) ? ProbeResult.Yes(@"{\rtf at the start") : ProbeResult.No(@"no {\rtf");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel) =>
        new RtfScan(new Expansion(content, limits, receiver, cancel)).Run();
}

/// <summary>One pass over the text: groups, control words, and where the data of \pict and \objdata lie.</summary>
internal sealed class RtfScan(Expansion expansion)
{
    private const int MostDepth = 10_000;
    private const int LongestWord = 32;
    private const int ObjectHead = 4096;

    private readonly ByteReader reader = new(expansion.Content);
    private readonly Stack<Group> groups = new();
    private int pictures;
    private int objects;
    private int ignored;

    private enum Kind
    {
        None,
        Picture,
        Object,
    }

    public void Run()
    {
        bool reported = false;
        while (reader.Next() is int b and >= 0)
        {
            switch (b)
            {
                case '{':
                    if (groups.Count == MostDepth)
                    {
                        ignored++;
                        if (!reported)
                        {
                            reported = true;
                            expansion.Report(new Problem(ProblemKind.LimitReached, "groups", $"more than {MostDepth:N0} deep; pictures and objects deeper are left out", reader.Position - 1));
                        }

                        break;
                    }

                    groups.Push(new Group());
                    break;
                case '}':
                    if (ignored > 0)
                    {
                        ignored--;
                    }
                    else if (groups.Count > 0 && !Close(groups.Pop(), reader.Position - 1))
                    {
                        return;
                    }

                    break;
                case '\\':
                    Word();
                    break;
                default:
                    // Data begin at the first hexadecimal digit in the group itself.
                    if (ignored == 0 && groups.Count > 0 && groups.Peek() is { Kind: not Kind.None, Start: < 0 } group && HexDigits.Value(b) >= 0)
                    {
                        group.Start = reader.Position - 1;
                    }

                    break;
            }
        }

        if (groups.Count > 0)
        {
            expansion.Report(new Problem(ProblemKind.Missing, "document", $"it ends within {groups.Count} groups", expansion.Content.Length));
            while (groups.Count > 0 && Close(groups.Pop(), expansion.Content.Length))
            {
            }
        }
    }

    private void Word()
    {
        int b = reader.Next();
        if (b is '\'' or < 0 || !char.IsAsciiLetter((char)b))
        {
            return;
        }

        Span<char> letters = stackalloc char[LongestWord];
        int count = 0;
        while (b >= 0 && char.IsAsciiLetter((char)b))
        {
            if (count < LongestWord)
            {
                letters[count++] = (char)b;
            }

            b = reader.Next();
        }

        long number = -1;
        if (b is '-' or (>= '0' and <= '9'))
        {
            number = b == '-' ? 0 : b - '0';
            while ((b = reader.Next()) is >= '0' and <= '9')
            {
                number = Math.Min(number * 10 + b - '0', long.MaxValue / 100);
            }
        }

        if (b != ' ' && b >= 0)
        {
            reader.Back();
        }

        Apply(letters[..count], number);
    }

    private void Apply(ReadOnlySpan<char> word, long number)
    {
        if (groups.Count == 0 || ignored > 0)
        {
            return;
        }

        Group group = groups.Peek();
        switch (word)
        {
            case "pict":
                group.Kind = Kind.Picture;
                break;
            case "objdata":
                group.Kind = Kind.Object;
                break;
            case "pngblip":
                group.Extension = "png";
                break;
            case "jpegblip":
                group.Extension = "jpg";
                break;
            case "emfblip":
                group.Extension = "emf";
                break;
            case "wmetafile":
                group.Extension = "wmf";
                break;
            case "macpict":
                group.Extension = "pict";
                break;
            case "dibitmap" or "wbitmap":
                group.Extension = "dib";
                break;
            case "bin" when number > 0:
                long count = Math.Min(number, expansion.Content.Length - reader.Position);
                if (count < number)
                {
                    expansion.Report(new Problem(ProblemKind.Missing, @"\bin", $"{number} bytes, of which {count} are there", reader.Position, number));
                }

                if (group.Kind != Kind.None && group.BinaryLength == 0)
                {
                    (group.BinaryStart, group.BinaryLength) = (reader.Position, count);
                }

                reader.Skip(count);
                break;
            default:
                break;
        }
    }

    private bool Close(Group group, long end)
    {
        if (group.Kind == Kind.None || (group.BinaryLength == 0 && group.Start < 0))
        {
            return true;
        }

        Stream Open() => group.BinaryLength > 0 ? new ReadingStream(expansion.Content, group.BinaryStart, group.BinaryLength) : new HexStream(expansion.Content, group.Start, end);
        return group.Kind == Kind.Picture
            ? expansion.Give(new EmbeddedMember { Ordinal = 0, Path = $"picture-{++pictures}.{group.Extension ?? "bin"}", Kind = EmbeddedKind.Object }, Open)
            : Object(Open);
    }

    /// <summary>[MS-OLEDS] 2.2.5: an object of OLE 1.0 whose data are, for OLE 2, a compound file; the header is left out.</summary>
    private bool Object(Func<Stream> open)
    {
        string name = $"object-{++objects}";
        byte[] head = new byte[ObjectHead];
        int skip = 0;
        long size = -1;
        Dictionary<string, string> attributes = [];
        try
        {
            using Stream stream = open();
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            SpanReader fields = new(head);
            uint version = fields.U32Le("OLE version"), format = fields.U32Le("format");
            if (format == 2)
            {
                attributes["class"] = Text(ref fields);
                attributes["topic"] = Text(ref fields);
                attributes["item"] = Text(ref fields);
                size = fields.U32Le("size of the data");
                skip = fields.Position;
            }

            _ = version;
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, name));
            skip = 0;
            size = -1;
        }

        if (skip == 0)
        {
            return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = name + ".bin", Kind = EmbeddedKind.Object }, open);
        }

        return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = name + ".bin", Kind = EmbeddedKind.Object, StatedSize = size, Attributes = attributes.Where(a => a.Value.Length > 0).ToDictionary() }, () => new PartStream(open(), skip, size));
    }

    private static string Text(ref SpanReader reader)
    {
        int length = reader.I32Le("length");
        return System.Text.Encoding.Latin1.GetString(reader.Bytes(length, "text")).TrimEnd('\0');
    }

    private sealed class Group
    {
        public Kind Kind { get; set; }

        public string? Extension { get; set; }

        public long Start { get; set; } = -1;

        public long BinaryStart { get; set; }

        public long BinaryLength { get; set; }
    }
}

/// <summary>Hexadecimal digits as bytes; control words, groups and white space between them are passed over.</summary>
internal sealed class HexStream : ForwardStream
{
    private readonly ByteReader reader;
    private readonly long end;
    private int depth;

    public HexStream(IByteSource source, long start, long end)
    {
        reader = new ByteReader(source);
        reader.Skip(start);
        this.end = end;
    }

    public override int Read(Span<byte> buffer)
    {
        int done = 0, high = -1;
        while (done < buffer.Length && reader.Position < end && reader.Next() is int b and >= 0)
        {
            if (b == '\\')
            {
                while (reader.Position < end && reader.Next() is int letter and >= 0)
                {
                    if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '-')
                    {
                        reader.Back();
                        break;
                    }
                }

                continue;
            }

            depth += b == '{' ? 1 : b == '}' ? -1 : 0;
            int digit = depth > 0 ? -1 : HexDigits.Value(b);
            if (digit < 0)
            {
                continue;
            }

            if (high < 0)
            {
                high = digit;
                continue;
            }

            buffer[done++] = (byte)((high << 4) | digit);
            high = -1;
        }

        return done;
    }
}

/// <summary>A part of a forward stream.</summary>
internal sealed class PartStream(Stream inner, long skip, long length) : ForwardStream
{
    private long left = length;
    private bool skipped;

    public override int Read(Span<byte> buffer)
    {
        if (!skipped)
        {
            skipped = true;
            byte[] passed = new byte[4096];
            for (long rest = skip; rest > 0;)
            {
                int got = inner.Read(passed, 0, (int)Math.Min(passed.Length, rest));
                if (got == 0)
                {
                    return 0;
                }

                rest -= got;
            }
        }

        int count = inner.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        left -= count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
