using System.Buffers.Binary;
using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical;

namespace Cairn.Storage.Embedded.Cfb;

/// <summary>
/// OLE compound files: documents of Office before 2007, Outlook messages, installers, Thumbs.db. Every stream is a member; pictures of
/// Office's drawing layer, objects wrapped by "Package" and Windows' thumbnails are members of their own.
/// </summary>
internal sealed class CfbEmbedded : IEmbeddedFormat
{
    private const int LongestHeader = 64;
    private const int MostCatalogue = 16 << 20;

    public FormatDescription Description { get; } = new("cfb", "OLE compound file", "[MS-CFB]; [MS-ODRAW]; [MS-XLS]; [MS-OLEDS]; [MS-OFFCRYPTO]; Thumbs.db as libyal describes it");

    public IReadOnlyList<string> ContentTypes { get; } =
    [
        "application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "application/vnd.visio", "application/x-mspublisher",
        "application/x-msi", "application/encrypted", "application/x-hwp", "application/x-thumbs-db", "application/x-ms-jumplist",
    ];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[8];
        return EmbeddedProbe.Head(content, head) && BinaryPrimitives.ReadUInt64LittleEndian(head) == 0xE11AB1A1E011CFD0
            ? ProbeResult.Yes("the signature of a compound file") : ProbeResult.No("no signature of a compound file");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        CompoundFile file = new(content, expansion);
        CompoundEntry[] entries = [.. file.Entries()];
        Dictionary<string, (string Name, EvidenceTime Modified)> catalogue = Catalogue(file, entries, expansion);
        foreach (CompoundEntry entry in entries)
        {
            bool go;
            try
            {
                go = Give(expansion, file, entry, catalogue);
            }
            catch (MalformedDataException error)
            {
                expansion.Report(Problem.From(error, entry.Path));
                continue;
            }
            catch (UnreadableDataException error)
            {
                expansion.Report(Problem.From(error, entry.Path));
                continue;
            }

            if (!go)
            {
                return;
            }
        }
    }

    private static bool Give(Expansion expansion, CompoundFile file, CompoundEntry entry, Dictionary<string, (string Name, EvidenceTime Modified)> catalogue)
    {
        EmbeddedMember member = new()
        {
            Ordinal = 0,
            Path = entry.Path,
            NameBytes = entry.NameBytes,
            Type = entry.IsStorage ? EntryType.Directory : EntryType.File,
            StatedSize = entry.IsStorage ? null : entry.Size,
            Times = entry.Times,
            Attributes = entry.IsOrphan ? new Dictionary<string, string> { ["state"] = "no storage names it" } : null,
        };
        if (entry.IsStorage)
        {
            return expansion.Give(member);
        }

        if (entry.Name is "EncryptedPackage")
        {
            expansion.Report(new Problem(ProblemKind.Encrypted, entry.Path, "the document is encrypted and no key is known"));
            return expansion.Give(member with { Encrypted = true }, () => Whole(file, entry));
        }

        if (Thumbnail(file, entry, catalogue) is { } thumbnail)
        {
            (int skip, string extension, string? original, EvidenceTime modified) = thumbnail;
            Dictionary<string, string> attributes = new() { ["header bytes left out"] = $"{skip}" };
            if (original is not null)
            {
                attributes["thumbnail of"] = original;
            }

            return expansion.Give(member with
            {
                Path = $"{entry.Path}.{extension}",
                Kind = EmbeddedKind.Thumbnail,
                StatedSize = entry.Size - skip,
                Times = new EntryTimes(modified, default, default, default),
                Attributes = attributes,
            }, () => Tail(file, entry, skip));
        }

        return expansion.Give(member, () => Whole(file, entry)) && Within(expansion, file, entry);
    }

    private static ReadingStream Whole(CompoundFile file, CompoundEntry entry) => new(file.Open(entry));

    private static ReadingStream Tail(CompoundFile file, CompoundEntry entry, int skip)
    {
        IByteSource source = file.Open(entry);
        return new ReadingStream(source, skip, source.Length - skip);
    }

    /// <summary>Pictures and objects within a stream.</summary>
    private static bool Within(Expansion expansion, CompoundFile file, CompoundEntry entry)
    {
        if (entry.Name == "\u0001Ole10Native")
        {
            return Package(expansion, file.Open(entry), entry);
        }

        if (entry.Name is not ("Pictures" or "Data" or "WordDocument" or "PowerPoint Document" or "Workbook" or "Book"))
        {
            return true;
        }

        IByteSource source = file.Open(entry);
        source = entry.Name is "Workbook" or "Book" ? OfficePictures.Drawings(source, expansion.Cancel) : source;
        int number = 0;
        foreach (OfficePicture picture in OfficePictures.Find(source, expansion.Cancel))
        {
            EmbeddedMember member = new()
            {
                Ordinal = 0,
                Path = $"{entry.Path}/picture-{++number}.{picture.Extension}",
                Kind = EmbeddedKind.Object,
                StatedSize = picture.Inflated < 0 ? picture.Length : picture.Inflated,
                Attributes = picture.Extension == "dib" ? new Dictionary<string, string> { ["note"] = "a bitmap without its file header" } : null,
            };
            if (!expansion.Give(member, () => OfficePictures.Open(source, picture)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>[MS-OLEDS] 2.3.6 and what Windows' packager puts there: label, path, another path, then the file.</summary>
    private static bool Package(Expansion expansion, IByteSource source, CompoundEntry entry)
    {
        byte[] head = EmbeddedProbe.Start(source, 64 << 10);
        try
        {
            SpanReader reader = new(head);
            reader.Skip(4, "size");
            if (reader.U16Le("kind") != 2)
            {
                return true;
            }

            byte[] label = Text(ref reader, "label");
            byte[] path = Text(ref reader, "path");
            reader.Skip(4, "kind of the file");
            int length = reader.I32Le("length of the temporary path");
            byte[] temporary = reader.Bytes(length, "temporary path").ToArray();
            long size = reader.U32Le("size of the file");
            Dictionary<string, string> attributes = new() { ["path of origin"] = Ansi(path), ["temporary path"] = Ansi(temporary) };
            string stored = Ansi(label);
            string name = ArchivePath.Normalise(stored.Replace('\\', '/'), [], out bool altered);
            if (altered)
            {
                attributes[ArchivePath.StoredName] = stored;
            }

            EmbeddedMember member = new()
            {
                Ordinal = 0,
                Path = $"{entry.Path}/{(name.Length == 0 ? "package" : name)}",
                NameBytes = label.AsSpan().ContainsAnyExceptInRange((byte)32, (byte)126) ? label : null,
                Kind = EmbeddedKind.Object,
                StatedSize = size,
                Attributes = attributes,
            };
            long start = reader.Position;
            return expansion.Give(member, () => new ReadingStream(source, start, Math.Min(size, source.Length - start)));
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, entry.Path));
            return true;
        }
    }

    private static byte[] Text(ref SpanReader reader, string field)
    {
        List<byte> text = [];
        for (byte b; (b = reader.U8(field)) != 0;)
        {
            text.Add(b);
        }

        return [.. text];
    }

    private static string Ansi(byte[] text) => CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetString(text).TrimEnd('\0');

    /// <summary>Thumbs.db: streams named by digits, or by size and hash, hold a header whose first field is its length, then a picture.</summary>
    private static (int Skip, string Extension, string? Original, EvidenceTime Modified)? Thumbnail(CompoundFile file, CompoundEntry entry, Dictionary<string, (string Name, EvidenceTime Modified)> catalogue)
    {
        int underscore = entry.Name.IndexOf('_', StringComparison.Ordinal);
        ReadOnlySpan<char> digits = underscore > 0 ? entry.Name.AsSpan(0, underscore) : entry.Name;
        if (entry.Path.Contains('/') || digits.ContainsAnyExceptInRange('0', '9') || entry.Size < 16)
        {
            return null;
        }

        byte[] head = EmbeddedProbe.Start(file.Open(entry), LongestHeader);
        int jpeg = head.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]), png = head.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A]);
        int skip = jpeg >= 0 ? jpeg : png;
        if (skip <= 0)
        {
            return null;
        }

        (string? name, EvidenceTime modified) = catalogue.TryGetValue(entry.Name, out (string Name, EvidenceTime Modified) known) ? known : (null, EvidenceTime.None);
        return (skip, jpeg >= 0 ? "jpg" : "png", name, modified);
    }

    /// <summary>
    /// The catalogue of Thumbs.db: a header whose first field is its length, then entries of length, number, FILETIME and name. The stream of
    /// an entry is named by the digits of its number from the last to the first.
    /// </summary>
    private static Dictionary<string, (string Name, EvidenceTime Modified)> Catalogue(CompoundFile file, CompoundEntry[] entries, Expansion expansion)
    {
        Dictionary<string, (string, EvidenceTime)> names = [];
        if (entries.FirstOrDefault(e => e.Path == "Catalog" && !e.IsStorage) is not CompoundEntry found)
        {
            return names;
        }

        byte[] data = EmbeddedProbe.Start(file.Open(found), MostCatalogue);
        try
        {
            SpanReader reader = new(data);
            int header = reader.U16Le("length of the header");
            reader.Seek(Math.Max(header, 2), "first entry");
            while (reader.Remaining >= 20)
            {
                int start = reader.Position;
                int length = reader.I32Le("length of the entry");
                if (length < 20)
                {
                    break;
                }

                string stream = new([.. $"{reader.U32Le("number")}".Reverse()]);
                EvidenceTime modified = new(reader.I64Le("modification time"), TimeKind.FileTime);
                string name = Encoding.Unicode.GetString(reader.Bytes(Math.Min(length - 16, reader.Remaining), "name"));
                int end = name.IndexOf('\0', StringComparison.Ordinal);
                names[stream] = (end < 0 ? name : name[..end], modified);
                reader.Seek((int)Math.Min(data.Length, (long)start + length), "next entry");
            }
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, "Catalog"));
        }

        return names;
    }
}
