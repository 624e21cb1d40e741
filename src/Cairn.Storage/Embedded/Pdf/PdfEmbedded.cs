using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical;

namespace Cairn.Storage.Embedded.Pdf;

/// <summary>Pictures and attached files of PDF documents, of every revision that the file still holds.</summary>
internal sealed class PdfEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("pdf", "pictures and attachments in PDF", "ISO 32000-1, ISO 32000-2");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/pdf"];

    public ProbeResult Probe(IByteSource content)
    {
        ReadOnlySpan<byte> head = EmbeddedProbe.Start(content, 1024);
        return head.StartsWith("%PDF-"u8) ? ProbeResult.Yes("%PDF- at the start") : head.IndexOf("%PDF-"u8) > 0 ? ProbeResult.Maybe("%PDF- among the first bytes") : ProbeResult.No("no %PDF-");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel) =>
        new PdfWalk(new Expansion(content, limits, receiver, cancel)).Run();
}

/// <summary>
/// Finds objects by looking for them, not by the cross-reference table: what a later revision replaced, and what no table leads to any more,
/// is found as well, and a damaged table costs nothing. Objects are looked at once each, so that loops between them have no effect.
/// </summary>
internal sealed class PdfWalk(Expansion expansion)
{
    private const int Step = 64 << 10;
    private const int Behind = 32;
    private const int MostObjects = 2_000_000;
    private const int MostKept = 200_000;
    private const int MostObjectStream = 64 << 20;
    private const int LongestRow = 16 << 20;
    private const int LongestTail = 4096;

    private readonly IByteSource source = expansion.Content;
    private readonly PdfParser parser = new(expansion.Content);
    private readonly Dictionary<int, long> offsets = [];
    private readonly Dictionary<int, double> integers = [];
    private readonly Dictionary<int, object?> packed = [];
    private readonly List<PdfStream> streams = [];
    private readonly List<PdfStream> containers = [];
    private readonly Dictionary<int, (byte[] Name, PdfReference Owner)> fileNames = [];
    private object? encryptEntry;
    private byte[] id = [];
    private PdfCipher? cipher;
    private bool isLocked;

    public void Run()
    {
        // Lengths may be objects of their own, which come after the stream: they are gathered first, or data would be searched for objects.
        Objects(integersOnly: true);
        Objects(integersOnly: false);
        Trailers();
        Unlock();
        foreach (PdfStream container in containers)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            Unpack(container);
        }

        Dictionary<int, int> revisions = [];
        foreach (PdfStream stream in streams)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            int revision = revisions[stream.Id.Number] = revisions.GetValueOrDefault(stream.Id.Number) + 1;
            if (!Give(stream, revision))
            {
                return;
            }
        }
    }

    private static double? Number(object? value) => value is double number ? number : null;

    private static string? Name(object? value) => value is PdfName name ? name.Text : null;

    /// <summary>Every "12 0 obj" outside of streams, in the order of the file.</summary>
    private void Objects(bool integersOnly)
    {
        byte[] buffer = new byte[Step + Behind];
        long at = 0;
        int count = 0;
        while (at < source.Length)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            long from = Math.Max(0, at - Behind);
            int got;
            try
            {
                got = source.ReadAt(from, buffer);
            }
            catch (UnreadableDataException error)
            {
                if (!integersOnly)
                {
                    expansion.Report(Problem.From(error, "document"));
                }

                at += Step;
                continue;
            }

            int begin = (int)(at - from);
            if (got <= begin)
            {
                break;
            }

            int found = buffer.AsSpan(begin, got - begin).IndexOf("obj"u8);
            if (found < 0)
            {
                at = from + got < source.Length ? Math.Max(at + 1, from + got - 2) : source.Length;
                continue;
            }

            long after = from + begin + found + 3;
            if (Heading(buffer.AsSpan(0, begin + found)) is not PdfReference reference)
            {
                at = after;
                continue;
            }

            if (++count > MostObjects)
            {
                if (!integersOnly)
                {
                    expansion.Report(new Problem(ProblemKind.LimitReached, "objects", $"more than {MostObjects:N0}; the rest is left out", after));
                }

                return;
            }

            at = integersOnly ? Integer(reference, after) : Object(reference, after);
        }
    }

    /// <summary>The two numbers in front of "obj", or null.</summary>
    private static PdfReference? Heading(ReadOnlySpan<byte> before)
    {
        int second = Back(ref before, out int generation), first = second > 0 ? Back(ref before, out int number) : Back(ref before, out number);
        return first > 0 && second > 0 ? new PdfReference(number, generation) : null;

        static int Back(ref ReadOnlySpan<byte> text, out int value)
        {
            text = text.TrimEnd(" \t\r\n\0\f"u8);
            int digits = 0;
            while (digits < text.Length && digits < 10 && text[^(digits + 1)] is >= (byte)'0' and <= (byte)'9')
            {
                digits++;
            }

            bool holds = int.TryParse(Encoding.ASCII.GetString(text[^digits..]), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value);
            text = text[..^digits];
            return holds ? digits : 0;
        }
    }

    private long Integer(PdfReference reference, long at)
    {
        Span<byte> text = stackalloc byte[24];
        int got;
        try
        {
            got = source.ReadAt(at, text);
        }
        catch (UnreadableDataException)
        {
            // Reported by the pass after this one.
            return at;
        }

        ReadOnlySpan<byte> rest = text[..got].TrimStart(" \t\r\n\0"u8);
        int digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is > 0 and < 16 && integers.Count < MostObjects && long.TryParse(Encoding.ASCII.GetString(rest[..digits]), out long value) && rest[digits] is (byte)' ' or (byte)'\r' or (byte)'\n' or (byte)'\t' or (byte)'e')
        {
            integers[reference.Number] = value;
        }

        return at;
    }

    private long Object(PdfReference reference, long at)
    {
        offsets[reference.Number] = at;
        try
        {
            parser.Seek(at);
            if (parser.Value() is not Dictionary<string, object?> dictionary)
            {
                return Math.Max(at, Math.Min(parser.Position, at + 1));
            }

            Note(dictionary, reference);
            if (!parser.Word("stream"u8))
            {
                return Math.Max(at, parser.Position);
            }

            long start = parser.DataStart();
            long length = Length(dictionary, start);
            if (length < 0)
            {
                expansion.Report(new Problem(ProblemKind.Missing, $"object {reference.Number}", "its stream has no end; it is taken to the end of the file", start));
                length = source.Length - start;
            }

            PdfStream stream = new(reference, start, length, dictionary);
            string? type = Name(dictionary.GetValueOrDefault("Type"));
            if (type == "ObjStm")
            {
                containers.Add(stream);
            }
            else if (type == "XRef")
            {
                Trailer(dictionary);
            }
            else if (type == "EmbeddedFile" || Name(dictionary.GetValueOrDefault("Subtype")) == "Image" || (type is null && dictionary.ContainsKey("Params")))
            {
                streams.Add(stream);
            }

            return start + length;
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, $"object {reference.Number}"));
        }
        catch (UnreadableDataException error)
        {
            expansion.Report(Problem.From(error, $"object {reference.Number}"));
        }

        return at;
    }

    /// <summary>The stated length where "endstream" follows it, else the distance to the next "endstream"; -1 where there is none.</summary>
    private long Length(Dictionary<string, object?> dictionary, long start)
    {
        double? stated = dictionary.GetValueOrDefault("Length") switch
        {
            double number => number,
            PdfReference reference => integers.TryGetValue(reference.Number, out double number) ? number : null,
            _ => null,
        };
        if (stated is >= 0 and < long.MaxValue / 4 && start + (long)stated <= source.Length)
        {
            Span<byte> after = stackalloc byte[16];
            int got = source.ReadAt(start + (long)stated, after);
            if (after[..got].TrimStart(" \t\r\n"u8).StartsWith("endstream"u8))
            {
                return (long)stated;
            }
        }

        byte[] buffer = new byte[Step];
        for (long at = start; at < source.Length;)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            int got = source.ReadAt(at, buffer);
            int found = buffer.AsSpan(0, got).IndexOf("endstream"u8);
            if (found >= 0)
            {
                long end = at + found;

                // The line break in front is not of the data.
                Span<byte> two = stackalloc byte[2];
                if (end - 2 >= start && source.ReadAt(end - 2, two) == 2)
                {
                    end -= two[0] == '\r' && two[1] == '\n' ? 2 : two[1] is (byte)'\n' or (byte)'\r' ? 1 : 0;
                }

                return end - start;
            }

            if (got < buffer.Length)
            {
                break;
            }

            at += got - 8;
        }

        return -1;
    }

    /// <summary>A file specification (7.11.3) names the stream that is the file.</summary>
    private void Note(Dictionary<string, object?> dictionary, PdfReference owner)
    {
        if (dictionary.GetValueOrDefault("EF") is not Dictionary<string, object?> embedded || fileNames.Count >= MostKept)
        {
            return;
        }

        byte[]? name = (dictionary.GetValueOrDefault("UF") ?? dictionary.GetValueOrDefault("F") ?? dictionary.GetValueOrDefault("Unix") ?? dictionary.GetValueOrDefault("DOS")) as byte[];
        foreach (object? value in embedded.Values)
        {
            if (value is PdfReference reference && name is not null)
            {
                fileNames[reference.Number] = (name, owner);
            }
        }
    }

    private void Trailers()
    {
        byte[] buffer = new byte[Step];
        for (long at = 0; at < source.Length;)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            int got;
            try
            {
                got = source.ReadAt(at, buffer);
            }
            catch (UnreadableDataException)
            {
                // Reported when objects were sought.
                at += Step;
                continue;
            }

            int found = buffer.AsSpan(0, got).IndexOf("trailer"u8);
            if (found < 0)
            {
                if (got < buffer.Length)
                {
                    return;
                }

                at += got - 6;
                continue;
            }

            at += found + 7;
            try
            {
                parser.Seek(at);
                if (parser.Value() is Dictionary<string, object?> dictionary)
                {
                    Trailer(dictionary);
                }
            }
            catch (MalformedDataException error)
            {
                expansion.Report(Problem.From(error, "trailer"));
            }
            catch (UnreadableDataException error)
            {
                expansion.Report(Problem.From(error, "trailer"));
            }
        }
    }

    private void Trailer(Dictionary<string, object?> dictionary)
    {
        encryptEntry = dictionary.GetValueOrDefault("Encrypt") ?? encryptEntry;
        if (Resolve(dictionary.GetValueOrDefault("ID")) is List<object?> { Count: > 0 } ids && ids[0] is byte[] first)
        {
            id = first;
        }
    }

    private void Unlock()
    {
        if (encryptEntry is null)
        {
            return;
        }

        if (Resolve(encryptEntry) is Dictionary<string, object?> dictionary)
        {
            cipher = PdfCipher.Open(dictionary, id, expansion.Passwords);
        }

        if (cipher is null)
        {
            isLocked = true;
            expansion.Report(new Problem(ProblemKind.Encrypted, "document", expansion.Passwords.Count == 0 ? "it is encrypted, and no key is known" : "it is encrypted, and none of the passwords fits"));
        }
    }

    /// <summary>What a reference leads to, a few steps at most; itself where it is none.</summary>
    private object? Resolve(object? value)
    {
        for (int steps = 0; value is PdfReference reference && steps < 16; steps++)
        {
            if (packed.TryGetValue(reference.Number, out object? held))
            {
                value = held;
            }
            else if (offsets.TryGetValue(reference.Number, out long at))
            {
                try
                {
                    parser.Seek(at);
                    value = parser.Value();
                }
                catch (MalformedDataException)
                {
                    return null;
                }
            }
            else
            {
                return null;
            }
        }

        return value is PdfReference ? null : value;
    }

    /// <summary>An object stream (7.5.7): pairs of number and offset, then the objects. File specifications may lie there, colour spaces too.</summary>
    private void Unpack(PdfStream container)
    {
        if (isLocked || packed.Count >= MostKept)
        {
            return;
        }

        try
        {
            using MemoryStream plain = new();
            using Stream decoded = Decoded(container);
            byte[] buffer = new byte[Step];
            int got;
            while ((got = decoded.Read(buffer)) > 0)
            {
                if (plain.Length + got > MostObjectStream)
                {
                    expansion.Report(new Problem(ProblemKind.LimitReached, $"object {container.Id.Number}", $"an object stream of more than {MostObjectStream:N0} bytes; the rest of it is left out"));
                    break;
                }

                plain.Write(buffer, 0, got);
            }

            MemoryByteSource bytes = new(plain.GetBuffer().AsMemory(0, (int)plain.Length));
            PdfParser inner = new(bytes);
            int count = (int)Math.Clamp(Number(Resolve(container.Dictionary.GetValueOrDefault("N"))) ?? 0, 0, MostKept);
            double first = Number(Resolve(container.Dictionary.GetValueOrDefault("First"))) ?? 0;
            List<(int Number, long Offset)> index = [];
            for (int i = 0; i < count && inner.Value() is double number && inner.Value() is double offset; i++)
            {
                if (number is >= 0 and < int.MaxValue && first + offset < bytes.Length && first + offset >= 0)
                {
                    index.Add(((int)number, (long)(first + offset)));
                }
            }

            foreach ((int number, long offset) in index)
            {
                inner.Seek(offset);
                object? value = inner.Value();
                if (value is Dictionary<string, object?> dictionary)
                {
                    // Strings of an object stream are encrypted with it, not by themselves.
                    Note(dictionary, default);
                }

                if (packed.Count < MostKept && value is not null)
                {
                    packed[number] = value;
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            expansion.Report(Damage.Of(error, 0) is UnreadableDataException bad ? Problem.From(bad, $"object {container.Id.Number}") : Problem.From((MalformedDataException)Damage.Of(error, 0), $"object {container.Id.Number}"));
        }
    }

    private bool Give(PdfStream stream, int revision)
    {
        bool isImage = Name(stream.Dictionary.GetValueOrDefault("Subtype")) == "Image" && Name(stream.Dictionary.GetValueOrDefault("Type")) != "EmbeddedFile";
        Dictionary<string, string> attributes = new() { ["object"] = $"{stream.Id.Number} {stream.Id.Generation}" };
        if (revision > 1)
        {
            attributes["revision"] = $"{revision}";
        }

        string suffix = revision > 1 ? $"-revision-{revision}" : "";
        EmbeddedMember member = isImage
            ? new EmbeddedMember { Ordinal = 0, Path = $"image-{stream.Id.Number}{suffix}", Kind = EmbeddedKind.Object, Attributes = attributes }
            : Attachment(stream, suffix, attributes);
        if (isLocked)
        {
            return expansion.Give(member with { Encrypted = true });
        }

        member = member with { Encrypted = cipher is not null };
        try
        {
            string? last = Filters(stream).LastOrDefault();
            if (!isImage)
            {
                return expansion.Give(member, () => Decoded(stream));
            }

            Shape(stream, attributes);
            string? extension = Undecoded(last);
            if (extension is not null)
            {
                return expansion.Give(member with { Path = $"{member.Path}.{extension}" }, () => Decoded(stream));
            }

            if (Samples(stream) is (byte[] header, long size))
            {
                attributes["note"] = "samples of the document with the header of a Netpbm picture in front";
                return expansion.Give(member with { Path = $"{member.Path}.{(header[1] == '6' ? "ppm" : "pgm")}", StatedSize = header.Length + size },
                    () => new PrefixedStream(header, new Rtf.PartStream(Decoded(stream), 0, size)));
            }

            attributes["note"] = "samples without a file format";
            return expansion.Give(member with { Path = $"{member.Path}.raw" }, () => Decoded(stream));
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, member.Path));
            return expansion.Give(member);
        }
    }

    private EmbeddedMember Attachment(PdfStream stream, string suffix, Dictionary<string, string> attributes)
    {
        string stored = "";
        byte[]? raw = null;
        if (fileNames.TryGetValue(stream.Id.Number, out (byte[] Name, PdfReference Owner) found))
        {
            byte[] name = cipher is not null && found.Owner != default ? cipher.Decrypt(found.Name, found.Owner) : found.Name;
            (stored, raw) = isLocked ? ("", null) : Text(name);
        }

        string path = ArchivePath.Normalise(stored, [], out bool altered);
        if (altered)
        {
            attributes[ArchivePath.StoredName] = stored;
        }

        long? size = null;
        EntryTimes times = default;
        if (Resolve(stream.Dictionary.GetValueOrDefault("Params")) is Dictionary<string, object?> parameters)
        {
            size = Number(Resolve(parameters.GetValueOrDefault("Size"))) is double number and >= 0 and < long.MaxValue / 4 ? (long)number : null;
            times = new EntryTimes(Time("ModDate"), default, default, Time("CreationDate"));

            EvidenceTime Time(string name) => parameters.GetValueOrDefault(name) is byte[] text && !isLocked ? Date(cipher is null ? text : cipher.Decrypt(text, stream.Id)) : EvidenceTime.None;
        }

        if (size is not null)
        {
            attributes["stated size"] = $"{size}";
        }

        return new EmbeddedMember { Ordinal = 0, Path = path.Length == 0 ? $"attachment-{stream.Id.Number}{suffix}.bin" : path, NameBytes = raw, Kind = EmbeddedKind.Attachment, Times = times, Attributes = attributes };
    }

    /// <summary>7.9.2.2: UTF-16 with its mark, UTF-8 with its mark, else nearly Latin-1.</summary>
    private static (string Text, byte[]? Raw) Text(byte[] bytes)
    {
        if (bytes.Length >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF)
        {
            string text = Encoding.BigEndianUnicode.GetString(bytes.AsSpan(2));
            return (text, text.Contains('\uFFFD', StringComparison.Ordinal) ? bytes : null);
        }

        if (bytes.Length >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF)
        {
            return (Encoding.UTF8.GetString(bytes.AsSpan(3)), null);
        }

        return (Encoding.Latin1.GetString(bytes), bytes.AsSpan().ContainsAnyExceptInRange((byte)32, (byte)126) ? bytes : null);
    }

    /// <summary>7.9.4: D:YYYYMMDDHHmmSS and the offset from UTC.</summary>
    private static EvidenceTime Date(byte[] text)
    {
        string date = Encoding.ASCII.GetString(text).Replace("'", "", StringComparison.Ordinal);
        date = date.StartsWith("D:", StringComparison.Ordinal) ? date[2..] : date;
        string digits = new([.. date.TakeWhile(char.IsAsciiDigit)]);
        if (!DateTime.TryParseExact(digits, ["yyyyMMddHHmmss", "yyyyMMddHHmm", "yyyyMMdd"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out DateTime time))
        {
            return EvidenceTime.None;
        }

        string zone = date[digits.Length..];
        int minutes = zone.Length >= 3 && int.TryParse(zone.AsSpan(1, 2), out int hours) ? (hours * 60) + (zone.Length >= 5 && int.TryParse(zone.AsSpan(3, 2), out int rest) ? rest : 0) : 0;
        long seconds = (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        return new EvidenceTime(seconds - (zone.StartsWith('-') ? -60L * minutes : 60L * minutes), TimeKind.UnixSeconds);
    }

    private List<string> Filters(PdfStream stream) => Resolve(stream.Dictionary.GetValueOrDefault("Filter") ?? stream.Dictionary.GetValueOrDefault("F")) switch
    {
        PdfName name => [Long(name.Text)],
        List<object?> list => [.. list.Take(16).Select(item => Long(Name(Resolve(item)) ?? ""))],
        _ => [],
    };

    private static string Long(string name) => name switch
    {
        "Fl" => "FlateDecode",
        "LZW" => "LZWDecode",
        "A85" => "ASCII85Decode",
        "AHx" => "ASCIIHexDecode",
        "RL" => "RunLengthDecode",
        "DCT" => "DCTDecode",
        "CCF" => "CCITTFaxDecode",
        _ => name,
    };

    private static string? Undecoded(string? filter) => filter switch
    {
        "DCTDecode" => "jpg",
        "JPXDecode" => "jp2",
        "JBIG2Decode" => "jb2",
        "CCITTFaxDecode" => "fax",
        _ => null,
    };

    /// <summary>The stream without encryption and without the filters that are no formats of pictures.</summary>
    private Stream Decoded(PdfStream stream)
    {
        Stream data = new ReadingStream(source, stream.Start, stream.Length);
        List<string> filters = Filters(stream);
        if (cipher is not null && !filters.Contains("Crypt"))
        {
            data = cipher.Decrypt(data, stream.Id);
        }

        object? parameters = Resolve(stream.Dictionary.GetValueOrDefault("DecodeParms") ?? stream.Dictionary.GetValueOrDefault("DP"));
        for (int i = 0; i < filters.Count; i++)
        {
            if (Undecoded(filters[i]) is not null)
            {
                return data;
            }

            Dictionary<string, object?>? own = parameters switch
            {
                Dictionary<string, object?> one => i == 0 ? one : null,
                List<object?> list => i < list.Count ? Resolve(list[i]) as Dictionary<string, object?> : null,
                _ => null,
            };
            data = filters[i] switch
            {
                "FlateDecode" => Predicted(new FlateStream(data), own),
                "LZWDecode" => Predicted(new LzwStream(data, Number(own?.GetValueOrDefault("EarlyChange")) is not 0), own),
                "ASCII85Decode" or "ASCIIHexDecode" or "RunLengthDecode" => new TextFilterStream(data, filters[i]),
                "Crypt" => data,
                _ => throw new UnreadableDataException(0, stream.Length, $"the filter {filters[i]} is not read by this version") { Kind = ProblemKind.Unsupported },
            };
        }

        return data;
    }

    private Stream Predicted(Stream data, Dictionary<string, object?>? parameters)
    {
        int predictor = Setting("Predictor", 1);
        if (predictor < 2)
        {
            return data;
        }

        int colours = Setting("Colors", 1), bits = Setting("BitsPerComponent", 8), columns = Setting("Columns", 1);
        if (colours is < 1 or > 64 || bits is < 1 or > 16 || columns < 1 || (long)colours * bits * columns / 8 > LongestRow || (predictor == 2 && bits != 8))
        {
            throw new UnreadableDataException(0, 0, $"a predictor for {columns} columns of {colours} samples of {bits} bits is not read by this version") { Kind = ProblemKind.Unsupported };
        }

        return new PredictorStream(data, predictor, colours, bits, columns);

        int Setting(string name, int otherwise) => Number(Resolve(parameters?.GetValueOrDefault(name))) is double value and >= 0 and < int.MaxValue ? (int)value : otherwise;
    }

    private void Shape(PdfStream stream, Dictionary<string, string> attributes)
    {
        foreach ((string key, string text) in (ReadOnlySpan<(string, string)>)[("Width", "width"), ("Height", "height"), ("BitsPerComponent", "bits")])
        {
            if (Number(Resolve(stream.Dictionary.GetValueOrDefault(key))) is double value)
            {
                attributes[text] = $"{value}";
            }
        }

        object? space = Resolve(stream.Dictionary.GetValueOrDefault("ColorSpace"));
        if ((Name(space) ?? (space is List<object?> { Count: > 0 } list ? Name(list[0]) : null)) is string colours)
        {
            attributes["colour space"] = colours;
        }
    }

    /// <summary>The header that makes grey or red-green-blue samples of 8 bits a Netpbm picture, and the bytes of the samples.</summary>
    private (byte[] Header, long Size)? Samples(PdfStream stream)
    {
        double width = Number(Resolve(stream.Dictionary.GetValueOrDefault("Width"))) ?? 0, height = Number(Resolve(stream.Dictionary.GetValueOrDefault("Height"))) ?? 0;
        double bits = Number(Resolve(stream.Dictionary.GetValueOrDefault("BitsPerComponent"))) ?? 0;
        if (bits != 8 || width is < 1 or > 1_000_000 || height is < 1 or > 1_000_000 || stream.Dictionary.ContainsKey("Decode"))
        {
            return null;
        }

        object? space = Resolve(stream.Dictionary.GetValueOrDefault("ColorSpace"));
        int colours = space switch
        {
            PdfName { Text: "DeviceGray" or "CalGray" or "G" } => 1,
            PdfName { Text: "DeviceRGB" or "CalRGB" or "RGB" } => 3,
            List<object?> { Count: > 0 } list when Name(list[0]) == "CalGray" => 1,
            List<object?> { Count: > 0 } list when Name(list[0]) == "CalRGB" => 3,
            List<object?> { Count: > 1 } list when Name(list[0]) == "ICCBased" => Resolve(list[1]) is Dictionary<string, object?> profile ? (int)Math.Clamp(Number(Resolve(profile.GetValueOrDefault("N"))) ?? 0, 0, 4) : 0,
            _ => 0,
        };
        return colours is 1 or 3 ? (Encoding.ASCII.GetBytes($"P{(colours == 3 ? 6 : 5)}\n{(int)width} {(int)height}\n255\n"), (long)width * (long)height * colours) : null;
    }
}

/// <summary>A stream object: its data and its dictionary.</summary>
internal sealed record PdfStream(PdfReference Id, long Start, long Length, Dictionary<string, object?> Dictionary);
