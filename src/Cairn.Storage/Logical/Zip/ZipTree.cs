using System.IO.Compression;
using System.Text;
using Cairn.Core;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Deflate64;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.PPMd;
using SharpCompress.Compressors.Xz;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace Cairn.Storage.Logical.Zip;

/// <summary>The entries of a ZIP archive in the order of its central directory, then those that only local headers name.</summary>
internal sealed class ZipTree : IFileTree
{
    /// <summary>Above this size an entry must not have been packed more than <see cref="HighestRatio"/> to one.</summary>
    private const long LargeEntry = 64L << 30;

    private const long HighestRatio = 100_000;
    private const int LongestLink = 4_096;

    /// <summary>Bytes that are decoded to learn whether a password fits.</summary>
    private const long LongestTrial = 64 << 20;

    private readonly IByteSource file;
    private readonly Lock gate = new();
    private readonly ZipPasswords passwords;
    private readonly ArchiveReader opening;
    private ZipDirectory? directory;

    public ZipTree(IByteSource file, IReadOnlyList<string>? passwords = null)
    {
        this.file = file;
        this.passwords = new ZipPasswords(passwords ?? []);
        opening = new ArchiveReader(file, 64 << 10);
    }

    public FileTreeInfo Info { get; } = new("ZIP", null, null, 0, 0, TimesAreLocal: true);

    public IAllocationMap? Allocation => null;

    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        ZipDirectory found = ZipDirectory.Read(file, problems);
        lock (gate)
        {
            directory ??= found;
        }

        ArchiveReader records = new(file), locals = new(file);
        int unnamed = 0;
        for (int i = 0; i < found.Items.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            ZipItem item = found.Items[i];
            FileEntry? entry = null;
            try
            {
                entry = Entry(found, item, i, records, locals);
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, $"entry {i}"));
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, $"entry {i}"));
            }

            unnamed += item.IsLocalOnly ? 1 : 0;
            if (entry is not null)
            {
                yield return entry;
            }
        }

        if (unnamed > 0 && found.IsComplete)
        {
            problems.Report(new Problem(ProblemKind.Notice, "archive", $"{unnamed} entries lie in it that its central directory does not name; they are shown as deleted"));
        }
    }

    public IByteSource OpenStream(StreamRef stream)
    {
        ZipDirectory known = Directory();
        if (stream.Key < 0 || stream.Key >= known.Items.Count)
        {
            throw new MalformedDataException("entry", stream.Key, $"a number below {known.Items.Count}", $"{stream.Key}");
        }

        // One block of the directory serves the entries that lie in it, which are opened one after the other.
        ZipItem item = known.Items[(int)stream.Key];
        ZipRecord record;
        lock (opening)
        {
            record = Record(item, opening);
        }

        return Content(record, item);
    }

    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => [];

    public void Dispose() => file.Dispose();

    private static ZipRecord Record(ZipItem item, ArchiveReader reader)
    {
        if (!item.IsLocalOnly)
        {
            return ZipRecord.Central(reader, item.Record);
        }

        ZipRecord record = ZipRecord.Local(reader, item.Record);
        if (record.HasDescriptor && record.CompressedSize == 0)
        {
            record.CompressedSize = item.DataLength;
            record.Size = DescribedSize(reader, item) ?? 0;
        }

        return record;
    }

    private static long? DescribedSize(ArchiveReader reader, ZipItem item)
    {
        long at = item.DataStart + item.DataLength;
        if (at > reader.Length - 16)
        {
            return null;
        }

        SpanReader descriptor = new(reader.At(at, 16, "data descriptor"), at);
        if (descriptor.U32Le("signature") != 0x08074B50)
        {
            return null;
        }

        descriptor.Skip(8, "CRC-32, compressed size");
        return descriptor.U32Le("uncompressed size");
    }

    private IByteSource Content(ZipRecord record, ZipItem item)
    {
        if (record.IsEncrypted && record.Size > 0 && !passwords.Any)
        {
            throw new UnreadableDataException(0, record.Size, "the entry is encrypted and no key is known") { Kind = ProblemKind.Encrypted };
        }

        if (item.DataStart < 0)
        {
            throw new MalformedDataException("local file header", record.LocalOffset, "a header in front of the data", "something else");
        }

        if (item.OverlapsWith >= 0)
        {
            throw new UnreadableDataException(0, record.Size, $"its data overlap those of entry {item.OverlapsWith}, as in a decompression bomb; it is not decoded") { Kind = ProblemKind.LimitReached };
        }

        if (record.Size > LargeEntry && record.Size / HighestRatio > record.CompressedSize)
        {
            throw new UnreadableDataException(0, record.Size, $"it claims {record.Size:N0} bytes from {record.CompressedSize:N0}, more than {HighestRatio:N0} to one; it is not decoded") { Kind = ProblemKind.LimitReached };
        }

        if (record.Size == 0 && !item.IsLocalOnly)
        {
            return new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
        }

        if (record.IsEncrypted)
        {
            return Decrypted(record, item);
        }

        // A descriptor's checksum is repeated in the central record; a local header alone does not have it.
        uint? checksum = item.IsLocalOnly && record.HasDescriptor ? null : record.Checksum;
        if (record.Method == 0)
        {
            long length = Math.Min(record.CompressedSize, record.Size == 0 && item.IsLocalOnly ? record.CompressedSize : record.Size);
            SubSource bytes = new(file, item.DataStart, length);
            return checksum is uint expected ? new StoredSource(bytes, expected) : bytes;
        }

        long packed = Math.Min(record.CompressedSize, Math.Max(0, file.Length - item.DataStart));
        return new DecodedSource(Decoder(record.Method, record, () => new SourceStream(file, item.DataStart, packed), packed), record.Size, checksum);
    }

    /// <summary>The content with the first password that fits.</summary>
    private DecodedSource Decrypted(ZipRecord record, ZipItem item)
    {
        long packed = Math.Min(record.CompressedSize, Math.Max(0, file.Length - item.DataStart));
        bool isAes = record.Method == 99;
        ZipAes aes = isAes ? ZipAes.Of(record) : default;
        int method = isAes ? aes.Method : record.Method;
        uint? checksum = (isAes && aes.IsSecond) || (item.IsLocalOnly && record.HasDescriptor) ? null : record.Checksum;
        foreach (byte[] password in passwords.ToTry())
        {
            DecodedSource? content;
            try
            {
                using Stream? fits = Plain(password);
                if (fits is null)
                {
                    continue;
                }

                content = new DecodedSource(Decoder(method, record, () => Plain(password)!, isAes ? packed - aes.Overhead : packed - ZipCipherStream.HeaderBytes), record.Size, checksum);
            }
            catch (EndOfStreamException)
            {
                throw new MalformedDataException("encrypted data", item.DataStart, "a header in front of the data", $"{packed} bytes");
            }

            // One byte says little: what can be decoded whole is held against its checksum.
            if (!isAes && checksum is uint && record.Size <= LongestTrial && !HoldsChecksum(content))
            {
                continue;
            }

            passwords.Fitted(password);
            return content;
        }

        throw new UnreadableDataException(0, record.Size, "the entry is encrypted and none of the passwords fits") { Kind = ProblemKind.Encrypted };

        Stream? Plain(byte[] password)
        {
            SourceStream raw = new(file, item.DataStart, packed);
            return isAes ? aes.Open(raw, packed, password) : ZipCipherStream.Open(raw, password, record.CheckByte);
        }
    }

    private static bool HoldsChecksum(DecodedSource content)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            for (long at = 0; at < content.Length;)
            {
                int got = content.ReadAt(at, buffer);
                if (got == 0)
                {
                    return false;
                }

                at += got;
            }
        }
        catch (MalformedDataException)
        {
            return false;
        }

        return content.Verdict is null;
    }

    private static Func<Stream> Decoder(int method, ZipRecord record, Func<Stream> raw, long packed)
    {
        long size = record.Size;
        return method switch
        {
            0 => raw,
            8 => () => new DeflateStream(raw(), CompressionMode.Decompress),
            9 => () => new Deflate64Stream(raw(), SharpCompress.Compressors.CompressionMode.Decompress),
            12 => () => BZip2Stream.Create(raw(), SharpCompress.Compressors.CompressionMode.Decompress, false, false, false),
            14 => () => Lzma(raw(), packed, size, (record.Flags & 2) != 0),
            20 or 93 => () => new ZstdStream(raw(), 64 << 10, true, false),
            95 => () => new XZStream(raw()),
            98 => () => Ppmd(raw()),
            _ => throw new UnreadableDataException(0, size, $"compression method {method} is not read by this version") { Kind = ProblemKind.Unsupported },
        };
    }

    /// <summary>APPNOTE 5.8.8: version, length of the properties, properties; then the data.</summary>
    private static LzmaStream Lzma(Stream packed, long length, long size, bool hasEndMark)
    {
        byte[] head = new byte[9];
        packed.ReadExactly(head);
        int propertyBytes = head[2] | (head[3] << 8);
        if (propertyBytes != 5)
        {
            throw new MalformedDataException("LZMA properties", 2, "5 bytes", $"{propertyBytes}");
        }

        // No match reaches back further than the content is long, so a dictionary of more is only a way to fill memory.
        byte[] properties = head[4..9];
        uint dictionary = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(properties.AsSpan(1));
        dictionary = (uint)Math.Min(dictionary, Math.Min(256L << 20, Math.Max(4096, size)));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(properties.AsSpan(1), dictionary);
        return LzmaStream.Create(properties, packed, length - 9, hasEndMark ? -1 : size, false);
    }

    /// <summary>APPNOTE 5.10: two bytes of parameters.</summary>
    private static PpmdStream Ppmd(Stream packed)
    {
        byte[] properties = new byte[2];
        packed.ReadExactly(properties);
        return PpmdStream.Create(new PpmdProperties(properties), packed, false);
    }

    private ZipDirectory Directory()
    {
        lock (gate)
        {
            return directory ??= ZipDirectory.Read(file, new ProblemList());
        }
    }

    private FileEntry Entry(ZipDirectory found, ZipItem item, int index, ArchiveReader records, ArchiveReader locals)
    {
        ZipRecord record = Record(item, item.IsLocalOnly ? locals : records);
        List<Problem> problems = [];
        ZipRecord? local = item.IsLocalOnly ? record : Local(found, record, locals, problems);
        (string stored, byte[]? raw) = record.NameText();
        string path = ArchivePath.Normalise(stored, problems, out bool altered);
        int? mode = record.Host is 3 or 19 && !item.IsLocalOnly ? (int)(record.ExternalAttributes >> 16) : null;
        mode = mode == 0 ? null : mode;
        bool isDirectory = stored.EndsWith('/') || (mode & 0xF000) == 0x4000 || (record.Host is 0 or 10 or 11 && (record.ExternalAttributes & 0x10) != 0 && record.Size == 0);
        EntryType type = isDirectory ? EntryType.Directory : (mode & 0xF000) switch
        {
            0xA000 => EntryType.Link,
            0x2000 => EntryType.CharacterDevice,
            0x6000 => EntryType.BlockDevice,
            0x1000 => EntryType.Fifo,
            0xC000 => EntryType.Socket,
            _ => EntryType.File,
        };
        (long? uid, long? gid) = Owner(local);
        if (item.OverlapsWith >= 0)
        {
            problems.Add(new Problem(ProblemKind.Malformed, "data", $"they overlap those of entry {item.OverlapsWith}, as in a decompression bomb; they are not decoded", item.DataStart, item.DataLength));
        }

        if (item.DataStart > file.Length - item.DataLength)
        {
            problems.Add(new Problem(ProblemKind.Missing, "data", "they reach past the end of the archive", item.DataStart, item.DataLength));
        }

        StreamFlags flags = (record.IsEncrypted ? StreamFlags.Encrypted : 0) | (record.Method != 0 ? StreamFlags.Compressed : 0);
        if (record.IsEncrypted && record.Size > 0 && !passwords.Any)
        {
            problems.Add(new Problem(ProblemKind.Encrypted, "content", record.Method == 99 ? "encrypted (AES), and no key is known" : "encrypted, and no key is known"));
        }

        Dictionary<string, string> attributes = [];
        if (altered)
        {
            attributes[ArchivePath.StoredName] = stored;
        }

        if (!string.IsNullOrEmpty(record.Comment))
        {
            attributes["comment"] = record.Comment;
        }

        bool hasContent = type is EntryType.File or EntryType.Link || record.Size > 0;
        return new FileEntry
        {
            Key = index,
            Path = path,
            NameBytes = raw,
            Type = type,
            State = item.IsLocalOnly && found.IsComplete ? EntryState.Deleted : EntryState.Allocated,
            Times = Times(record, local),
            Mode = mode,
            Uid = uid,
            Gid = gid,
            DosAttributes = item.IsLocalOnly ? null : (int)(record.ExternalAttributes & 0xFF),
            LinkTarget = type == EntryType.Link ? Target(record, item, problems) : null,
            Attributes = attributes.Count == 0 ? null : attributes,
            Problems = problems.Count == 0 ? null : problems,
            Streams = !hasContent ? [] :
            [
                new StreamInfo
                {
                    Ref = new StreamRef(index, 0),
                    Address = $"{index}",
                    Size = record.Size,
                    ValidLength = record.Size,
                    AllocatedSize = record.CompressedSize,
                    Flags = flags,
                    FirstOffset = item.DataStart,
                },
            ],
        };
    }

    private static ZipRecord? Local(ZipDirectory found, ZipRecord record, ArchiveReader locals, List<Problem> problems)
    {
        ZipRecord local;
        try
        {
            local = ZipRecord.Local(locals, record.LocalOffset + found.Prefix);
        }
        catch (MalformedDataException error)
        {
            problems.Add(Problem.From(error, "local file header"));
            return null;
        }
        catch (UnreadableDataException error)
        {
            problems.Add(Problem.From(error, "local file header"));
            return null;
        }

        if (!local.Name.AsSpan().SequenceEqual(record.Name))
        {
            problems.Add(Differs($"the name \"{local.NameText().Text}\"", $"\"{record.NameText().Text}\""));
        }

        if (local.Method != record.Method)
        {
            problems.Add(Differs($"compression method {local.Method}", $"{record.Method}"));
        }

        if (local.IsEncrypted != record.IsEncrypted)
        {
            problems.Add(Differs(local.IsEncrypted ? "encrypted" : "not encrypted", record.IsEncrypted ? "encrypted" : "not encrypted"));
        }

        // With a descriptor the local header holds zeros. A masked header of an encrypted directory does too.
        if (!local.HasDescriptor && (local.Size != record.Size || local.CompressedSize != record.CompressedSize || local.Checksum != record.Checksum))
        {
            problems.Add(Differs($"{local.CompressedSize} bytes for {local.Size}, CRC-32 {local.Checksum:x8}", $"{record.CompressedSize} for {record.Size}, {record.Checksum:x8}"));
        }

        return local;
    }

    private static Problem Differs(string local, string central) =>
        new(ProblemKind.Mismatch, "local file header", $"it says {local}, the central directory says {central}; the central directory was used");

    private static EntryTimes Times(ZipRecord record, ZipRecord? local)
    {
        EvidenceTime modified = new(((long)record.Date << 24) | ((long)record.Time << 8), TimeKind.FatLocal);
        EvidenceTime accessed = default, created = default;
        ReadOnlySpan<byte> unix = Either(record, local, 0x5855);
        if (unix.Length < 8)
        {
            unix = Either(record, local, 0x000D);
        }

        if (unix.Length >= 8)
        {
            SpanReader reader = new(unix);
            accessed = new EvidenceTime(reader.I32Le("access time"), TimeKind.UnixSeconds);
            modified = new EvidenceTime(reader.I32Le("modification time"), TimeKind.UnixSeconds);
        }

        // The local header's field has all the times that its flags name, the central one only the first.
        ReadOnlySpan<byte> extended = local is null ? [] : local.Field(0x5455);
        if (extended.IsEmpty)
        {
            extended = record.Field(0x5455);
        }

        if (extended.Length >= 5)
        {
            SpanReader reader = new(extended);
            byte flags = reader.U8("flags");
            if ((flags & 1) != 0)
            {
                modified = new EvidenceTime(reader.I32Le("modification time"), TimeKind.UnixSeconds);
            }

            if ((flags & 2) != 0 && reader.Remaining >= 4)
            {
                accessed = new EvidenceTime(reader.I32Le("access time"), TimeKind.UnixSeconds);
            }

            if ((flags & 4) != 0 && reader.Remaining >= 4)
            {
                created = new EvidenceTime(reader.I32Le("creation time"), TimeKind.UnixSeconds);
            }
        }

        // APPNOTE 4.5.5: reserved 4, then tag 1, size 24, three FILETIMEs.
        ReadOnlySpan<byte> ntfs = Either(record, local, 0x000A);
        if (ntfs.Length >= 32)
        {
            SpanReader reader = new(ntfs);
            reader.Skip(4, "reserved");
            if (reader.U16Le("tag") == 1 && reader.U16Le("size") >= 24)
            {
                modified = new EvidenceTime(reader.I64Le("modification time"), TimeKind.FileTime);
                accessed = new EvidenceTime(reader.I64Le("access time"), TimeKind.FileTime);
                created = new EvidenceTime(reader.I64Le("creation time"), TimeKind.FileTime);
            }
        }

        return new EntryTimes(modified, accessed, EvidenceTime.None, created);
    }

    private static ReadOnlySpan<byte> Either(ZipRecord record, ZipRecord? local, int id)
    {
        ReadOnlySpan<byte> field = record.Field(id);
        return field.IsEmpty && local is not null ? local.Field(id) : field;
    }

    private static (long? Uid, long? Gid) Owner(ZipRecord? local)
    {
        if (local is null)
        {
            return (null, null);
        }

        // Info-ZIP "ux": version, then each number with its length in front.
        ReadOnlySpan<byte> field = local.Field(0x7875);
        if (field.Length >= 3 && field[0] == 1)
        {
            int uidBytes = field[1];
            if (field.Length > 2 + uidBytes && field.Length >= 3 + uidBytes + field[2 + uidBytes] && uidBytes <= 8 && field[2 + uidBytes] <= 8)
            {
                return (Number(field.Slice(2, uidBytes)), Number(field.Slice(3 + uidBytes, field[2 + uidBytes])));
            }
        }

        ReadOnlySpan<byte> older = local.Field(0x7855);
        if (older.Length >= 4)
        {
            return (older[0] | (older[1] << 8), older[2] | (older[3] << 8));
        }

        return (null, null);
    }

    private static long Number(ReadOnlySpan<byte> little)
    {
        long value = 0;
        for (int i = little.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | little[i];
        }

        return value;
    }

    private string? Target(ZipRecord record, ZipItem item, List<Problem> problems)
    {
        if (record.Size is 0 or > LongestLink || record.IsEncrypted)
        {
            return null;
        }

        try
        {
            using IByteSource content = Content(record, item);
            byte[] target = new byte[(int)record.Size];
            int got = content.ReadAt(0, target);
            return Encoding.UTF8.GetString(target, 0, got);
        }
        catch (MalformedDataException error)
        {
            problems.Add(Problem.From(error, "link target"));
        }
        catch (UnreadableDataException error)
        {
            problems.Add(Problem.From(error, "link target"));
        }

        return null;
    }
}
