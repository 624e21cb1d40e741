using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded.Mail;

/// <summary>Mail as text: a message with its parts, or a mailbox of the mbox family with its messages.</summary>
internal sealed class MailEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("mail", "mail messages and mbox", "RFC 5322, RFC 2045 to 2049, RFC 2183, RFC 2231, RFC 2557, RFC 4155");

    public IReadOnlyList<string> ContentTypes { get; } = ["message/rfc822", "application/mbox"];

    public ProbeResult Probe(IByteSource content)
    {
        ReadOnlySpan<byte> head = EmbeddedProbe.Start(content, 4096);
        if (head.StartsWith("From "u8))
        {
            return ProbeResult.Yes("a From line at the start");
        }

        int colon = head.IndexOf((byte)':'), end = head.IndexOf((byte)'\n');
        return colon is > 0 and < 80 && end > colon && !head[..colon].ContainsAnyExceptInRange((byte)33, (byte)126)
            ? ProbeResult.Maybe("a header field in the first line") : ProbeResult.No("no header field in the first line");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        Span<byte> head = stackalloc byte[5];
        if (content.ReadAt(0, head) == head.Length && head.SequenceEqual("From "u8))
        {
            Mailbox(expansion);
        }
        else
        {
            new MimeWalk(expansion).Run();
        }
    }

    /// <summary>RFC 4155: a message begins at a line that starts with "From " and is the first or stands after an empty one.</summary>
    private static void Mailbox(Expansion expansion)
    {
        LineReader lines = new(expansion.Content);
        long start = -1;
        int number = 0;
        bool afterEmpty = true;
        long empty = -1;
        string separator = "";
        while (lines.Next())
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> line = lines.Line;
            if (afterEmpty && line.StartsWith("From "u8))
            {
                if (start >= 0 && !Message(expansion, start, Math.Max(start, empty), ++number, separator))
                {
                    return;
                }

                start = lines.End;
                separator = MimeText.Printable(line);
            }

            // The empty line in front of the next message is not part of this one.
            afterEmpty = line.IsEmpty;
            empty = afterEmpty ? lines.Start : -1;
        }

        if (start >= 0)
        {
            Message(expansion, start, empty >= start ? empty : expansion.Content.Length, number + 1, separator);
        }
    }

    private static bool Message(Expansion expansion, long start, long end, int number, string separator)
    {
        MimeHeaders headers = MimeHeaders.Read(new LineReader(expansion.Content, start, end));
        Dictionary<string, string> attributes = new() { ["separator"] = separator };
        foreach (string name in (string[])["from", "to", "date", "subject", "message-id"])
        {
            if (headers.Text(name) is string value)
            {
                attributes[name] = value;
            }
        }

        return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = $"message-{number:D6}.eml", Kind = EmbeddedKind.Attachment, Attributes = attributes }, start, end - start);
    }
}

/// <summary>One message: its parts in order, by their boundaries, however deep, without recursion.</summary>
internal sealed class MimeWalk(Expansion expansion)
{
    private const int Deepest = 100;
    private const int LongestBoundary = 200;

    private readonly LineReader lines = new(expansion.Content);
    private readonly List<byte[]> boundaries = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private int parts;
    private bool tooDeep;

    public void Run()
    {
        bool more = true;
        while (more && !expansion.Stopped)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            more = Entity();
        }

        if (boundaries.Count > 0 && !expansion.Stopped)
        {
            expansion.Report(new Problem(ProblemKind.Missing, "message", $"it ends before the end of {boundaries.Count} multipart bodies", expansion.Content.Length));
        }
    }

    /// <summary>A part from its headers to the boundary after it; false at the end of the message.</summary>
    private bool Entity()
    {
        MimeHeaders headers = MimeHeaders.Read(lines);
        MimeValue type = headers.Value("content-type") ?? new MimeValue("text/plain");
        if (type.Word.StartsWith("multipart/", StringComparison.Ordinal) && type.Raw("boundary") is { Length: > 0 and <= LongestBoundary } boundary)
        {
            if (boundaries.Count < Deepest)
            {
                boundaries.Add(boundary);
                if (type.Word == "multipart/encrypted")
                {
                    expansion.Report(new Problem(ProblemKind.Encrypted, $"part {parts + 1}", "the message is encrypted and no key is known", lines.Start));
                }

                return Seek(out _);
            }

            if (!tooDeep)
            {
                tooDeep = true;
                expansion.Report(new Problem(ProblemKind.LimitReached, "message", $"multipart bodies more than {Deepest} deep; what is deeper is given as it is", lines.End));
            }
        }

        long start = lines.End;
        bool more = Seek(out long end);
        Leaf(headers, type, start, Math.Max(start, end));
        return more;
    }

    /// <summary>To the next boundary after which a part begins; <paramref name="end"/> of what comes before the first boundary met.</summary>
    private bool Seek(out long end)
    {
        end = -1;
        while (lines.Next())
        {
            ReadOnlySpan<byte> line = lines.Line;
            if (line.Length < 3 || line[0] != '-' || line[1] != '-')
            {
                continue;
            }

            ReadOnlySpan<byte> rest = line[2..].TrimEnd(" \t"u8);
            for (int i = boundaries.Count - 1; i >= 0; i--)
            {
                bool isClosing = rest.Length == boundaries[i].Length + 2 && rest.EndsWith("--"u8) && rest[..^2].SequenceEqual(boundaries[i]);
                if (!isClosing && !rest.SequenceEqual(boundaries[i]))
                {
                    continue;
                }

                // The line break in front belongs to the boundary.
                end = end < 0 ? lines.BreakBefore : end;
                boundaries.RemoveRange(i + (isClosing ? 0 : 1), boundaries.Count - i - (isClosing ? 0 : 1));
                if (!isClosing)
                {
                    return true;
                }

                break;
            }
        }

        end = end < 0 ? expansion.Content.Length : end;
        return false;
    }

    private void Leaf(MimeHeaders headers, MimeValue type, long start, long end)
    {
        parts++;
        MimeValue? disposition = headers.Value("content-disposition");
        (string name, byte[]? raw) = MimeText.FileName(disposition, type);
        string encoding = headers.Text("content-transfer-encoding")?.Trim().ToLowerInvariant() ?? "7bit";
        Dictionary<string, string> attributes = new() { ["content type"] = type.Word };
        foreach (string field in (string[])["content-id", "content-location", "content-description"])
        {
            if (headers.Text(field) is string value)
            {
                attributes[field] = value;
            }
        }

        bool isAttached = name.Length > 0 || disposition?.Word == "attachment" || type.Word == "message/rfc822";
        bool isInline = disposition?.Word != "attachment" && (type.Word.StartsWith("image/", StringComparison.Ordinal) || attributes.ContainsKey("content-id"));
        string path = Logical.ArchivePath.Normalise(name, [], out bool altered);
        if (altered)
        {
            attributes[Logical.ArchivePath.StoredName] = name;
        }

        bool isMade = path.Length == 0;
        path = isMade ? $"part-{parts}.{MimeText.Extension(type.Word)}" : path;
        if (!names.Add(path))
        {
            // Two attachments may have one name; the number of the part tells them apart.
            int dot = path.LastIndexOf('.');
            path = dot > path.LastIndexOf('/') + 1 ? $"{path[..dot]} (part {parts}){path[dot..]}" : $"{path} (part {parts})";
        }

        bool isEncrypted = type.Word is "application/pkcs7-mime" or "application/x-pkcs7-mime" && type.Text("smime-type") is null or "enveloped-data" or "authenveloped-data";
        if (isEncrypted)
        {
            expansion.Report(new Problem(ProblemKind.Encrypted, path, "the message is encrypted (S/MIME) and no key is known", start));
        }

        EmbeddedMember member = new()
        {
            Ordinal = 0,
            Path = path,
            NameBytes = raw,
            Kind = isInline ? EmbeddedKind.Object : isAttached ? EmbeddedKind.Attachment : EmbeddedKind.Member,
            Encrypted = isEncrypted,
            Attributes = attributes,
        };
        IByteSource content = expansion.Content;
        _ = encoding switch
        {
            "base64" => expansion.Give(member, () => new Base64Stream(content, start, end)),
            "quoted-printable" => expansion.Give(member, () => new QuotedPrintableStream(content, start, end)),
            "x-uuencode" or "uuencode" or "x-uue" or "x-uu" => expansion.Give(member, () => new UuencodeStream(content, start, end)),
            _ => expansion.Give(member, start, end - start),
        };
    }
}
