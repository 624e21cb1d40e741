using System.Globalization;
using System.Security.Cryptography;
using Cairn.Core;

namespace Cairn.Storage.Logical.Tar;

/// <summary>
/// The entries of a TAR archive in their order. The first walk notes where each entry's data lie, 24 bytes an entry; streams are opened from
/// that without looking at headers again.
/// </summary>
internal sealed class TarTree : IFileTree
{
    /// <summary>Bytes of holes that one entry may claim before it is not opened: a header of 512 bytes can claim an exabyte.</summary>
    private const long MostHoles = 64L << 30;

    private readonly IByteSource archive;
    private readonly Lock gate = new();
    private Places? places;

    public TarTree(IByteSource archive) => this.archive = archive;

    public FileTreeInfo Info { get; } = new("TAR", null, null, 0, 0);

    public IAllocationMap? Allocation => null;

    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        Places found = new();
        foreach (FileEntry entry in new TarWalk(archive, found, problems, cancel).Entries())
        {
            yield return entry;
        }

        lock (gate)
        {
            places ??= found;
        }
    }

    public IByteSource OpenStream(StreamRef stream)
    {
        Places known;
        lock (gate)
        {
            if (places is null)
            {
                Places found = new();
                foreach (FileEntry entry in new TarWalk(archive, found, new ProblemList(), CancellationToken.None).Entries())
                {
                    _ = entry;
                }

                places = found;
            }

            known = places;
        }

        if (stream.Key < 0 || stream.Key >= known.Items.Count)
        {
            throw new MalformedDataException("entry", stream.Key, $"a number below {known.Items.Count}", $"{stream.Key}");
        }

        (long offset, long size) = known.Items[(int)stream.Key];
        if (known.Sparse.TryGetValue((int)stream.Key, out SparseMap? sparse))
        {
            if (sparse.RealSize - size > MostHoles)
            {
                throw new UnreadableDataException(0, sparse.RealSize, $"it claims {sparse.RealSize:N0} bytes, of which more than {MostHoles:N0} are holes; it is not read");
            }

            return new ExtentSource(new Part(archive, offset, size), sparse.Extents, sparse.RealSize, sparse.RealSize);
        }

        return new Part(archive, offset, size);
    }

    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => [];

    public void Dispose() => archive.Dispose();

    /// <summary>A range of the archive with the length that the header gives, whether or not the archive is that long; asking costs no pass.</summary>
    private sealed class Part(IByteSource archive, long start, long length) : IByteSource
    {
        public long Length => length;

        public int SectorSize => 512;

        public int ReadAt(long offset, Span<byte> buffer)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            if (offset >= length)
            {
                return 0;
            }

            buffer = buffer[..(int)Math.Min(buffer.Length, length - offset)];
            int got;
            try
            {
                got = archive.ReadAt(start + offset, buffer);
            }
            catch (UnreadableDataException bad)
            {
                throw new UnreadableDataException(Math.Max(0, bad.Offset - start), bad.Length, bad.Reason, bad);
            }

            return got < buffer.Length ? throw new UnreadableDataException(offset + got, buffer.Length - got, "the archive ends before the entry does") : got;
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Where a sparse entry's stored bytes belong.</summary>
internal sealed record SparseMap(long RealSize, List<Extent> Extents);

/// <summary>Where the data of entries lie.</summary>
internal sealed class Places
{
    public List<(long Offset, long Size)> Items { get; } = [];

    public Dictionary<int, SparseMap> Sparse { get; } = [];

    /// <summary>Entries by a digest of their name, for hard links; the last of a name counts, as when the archive is unpacked.</summary>
    public Dictionary<UInt128, int> ByName { get; } = [];
}

/// <summary>One pass over the headers.</summary>
internal sealed class TarWalk(IByteSource archive, Places places, IProblemSink problems, CancellationToken cancel)
{
    private readonly byte[] block = new byte[TarHeader.Block];
    private readonly PaxRecords global = new();
    private long at;

    // What the headers before an entry's own say about it.
    private PaxRecords? pax;
    private byte[]? longName;
    private byte[]? longLink;
    private List<Problem> own = [];

    public IEnumerable<FileEntry> Entries()
    {
        int zeros = 0;
        bool afterEnd = false;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            int got = Read(at, block);
            if (got < TarHeader.Block)
            {
                if (got > 0)
                {
                    problems.Report(new Problem(ProblemKind.Missing, "archive", $"its last {got} bytes are no whole block", at, got));
                }

                break;
            }

            if (TarHeader.IsZero(block))
            {
                zeros++;
                at += TarHeader.Block;
                continue;
            }

            if (!TarHeader.ChecksumHolds(block))
            {
                if (!Resynchronise(zeros >= 2))
                {
                    break;
                }

                continue;
            }

            if (zeros >= 2 && !afterEnd)
            {
                afterEnd = true;
                problems.Report(new Problem(ProblemKind.Notice, "archive", "entries follow after its end mark; they are included", at));
            }
            else if (zeros == 1)
            {
                problems.Report(new Problem(ProblemKind.Notice, "archive", "a single block of zeros between entries", at - TarHeader.Block, TarHeader.Block));
            }

            zeros = 0;
            long headerAt = at;
            TarHeader header = TarHeader.Parse(block, at);
            at += TarHeader.Block;
            FileEntry? entry = Take(header, headerAt);
            if (entry is not null)
            {
                yield return entry;
            }
        }

        if (zeros == 0)
        {
            problems.Report(new Problem(ProblemKind.Missing, "archive", "it ends without an end mark; entries after this point may be missing", at));
        }

        if (pax is not null || longName is not null || longLink is not null)
        {
            problems.Report(new Problem(ProblemKind.Missing, "archive", "an extended header at its end has no entry", at));
        }

        ReportGzip();
    }

    private void ReportGzip()
    {
        if (archive is not GzipSource gzip)
        {
            return;
        }

        if (gzip.Failure is MalformedDataException error)
        {
            problems.Report(Problem.From(error, "gzip data"));
        }

        if (gzip.Mismatch is Problem mismatch)
        {
            problems.Report(mismatch);
        }

        if (gzip.Trailing is ByteRange trailing)
        {
            problems.Report(new Problem(ProblemKind.Notice, "gzip data", "bytes follow that are no gzip member", trailing.Offset, trailing.Length));
        }
    }

    private int Read(long offset, Span<byte> target)
    {
        try
        {
            return archive.ReadAt(offset, target);
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "archive"));
            return 0;
        }
    }

    /// <summary>Goes on at the next block that is a header; false where there is none.</summary>
    private bool Resynchronise(bool afterEnd)
    {
        long from = at;
        byte[] many = new byte[128 * TarHeader.Block];
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            int got = Read(at, many);
            for (int i = 0; i + TarHeader.Block <= got; i += TarHeader.Block)
            {
                Span<byte> candidate = many.AsSpan(i, TarHeader.Block);
                if (TarHeader.ChecksumHolds(candidate) && (TarHeader.HasMagic(candidate) || candidate[0] != 0))
                {
                    at += i;
                    problems.Report(new Problem(afterEnd ? ProblemKind.Notice : ProblemKind.Malformed, "archive",
                        afterEnd ? "bytes that are no headers lie after the end mark, before further entries" : "no header where one should be; passed over until the next one", from, at - from));
                    return true;
                }
            }

            if (got < many.Length)
            {
                at += got;
                problems.Report(new Problem(afterEnd ? ProblemKind.Notice : ProblemKind.Malformed, "archive",
                    afterEnd ? "bytes that are no headers lie after the end mark" : "no header where one should be, and none behind it", from, at - from));
                return false;
            }

            at += got;
        }
    }

    private FileEntry? Take(TarHeader header, long headerAt)
    {
        own.AddRange(header.Problems);
        long size = header.Size;
        if (header.Type is not ('x' or 'X' or 'g' or 'L' or 'K') && pax?.Number("size") is long paxSize)
        {
            size = paxSize;
        }

        if (size < 0 || size > long.MaxValue / 4)
        {
            own.Add(new Problem(ProblemKind.Malformed, "tar header, size", $"{size} bytes; taken as 0", headerAt + 124, 12));
            size = 0;
        }

        switch (header.Type)
        {
            case 'x' or 'X':
                pax ??= new PaxRecords();
                pax.Add(Extended(size, "pax header"), at, own);
                Pass(size);
                return null;
            case 'g':
                global.Add(Extended(size, "global pax header"), at, own);
                Pass(size);
                return null;
            case 'L':
                longName = Trimmed(Extended(size, "GNU long name"));
                Pass(size);
                return null;
            case 'K':
                longLink = Trimmed(Extended(size, "GNU long link"));
                Pass(size);
                return null;
            default:
                break;
        }

        FileEntry entry = Make(header, headerAt, size);
        pax = null;
        longName = null;
        longLink = null;
        own = [];
        return entry;
    }

    private void Pass(long size)
    {
        long padded = (size + TarHeader.Block - 1) / TarHeader.Block * TarHeader.Block;
        at = Math.Min(at + padded, long.MaxValue / 2);
    }

    private byte[] Extended(long size, string place)
    {
        if (size > PaxRecords.MostBytes)
        {
            own.Add(new Problem(ProblemKind.LimitReached, place, $"{size:N0} bytes; headers of more than {PaxRecords.MostBytes:N0} are not read", at, size));
            return [];
        }

        // Grows with what is there, not with what the header claims.
        byte[] data = new byte[(int)Math.Min(size, archive is GzipSource ? size : Math.Max(0, archive.Length - at))];
        int got = Read(at, data);
        if (got < size)
        {
            own.Add(new Problem(ProblemKind.Missing, place, $"it ends after {got} of {size} bytes", at, size));
            Array.Resize(ref data, got);
        }

        return data;
    }

    private static byte[] Trimmed(byte[] data)
    {
        int zero = Array.IndexOf(data, (byte)0);
        return zero < 0 ? data : data[..zero];
    }

    private FileEntry Make(TarHeader header, long headerAt, long size)
    {
        int index = places.Items.Count;
        byte[] nameBytes = Value("GNU.sparse.name") ?? Value("path") ?? longName ?? header.Name;
        (string stored, byte[]? raw) = TarHeader.Decode(nameBytes);
        string path = ArchivePath.Normalise(stored, own, out bool altered);
        if (header.Type == 'V')
        {
            own.Add(new Problem(ProblemKind.Notice, "tar header", "a volume label, no file"));
        }

        byte[] linkBytes = Value("linkpath") ?? longLink ?? header.Link;
        string? link = linkBytes.Length == 0 ? null : TarHeader.Decode(linkBytes).Text;
        EntryType type = TypeOf(header.Type, stored, headerAt);
        List<(long, long)> map = header.Sparse;
        while (header.MoreSparse)
        {
            // GNU old format: blocks of 21 pairs; the byte at 504 says whether another follows.
            byte[] more = new byte[TarHeader.Block];
            if (Read(at, more) < more.Length || map.Count > Limits.ExtentsPerStream)
            {
                own.Add(new Problem(ProblemKind.Missing, "sparse map", "it ends before its last block", at));
                break;
            }

            at += TarHeader.Block;
            TarHeader.ReadSparse(more.AsSpan(0, 504), map);
            if (more[504] == 0)
            {
                break;
            }
        }

        long data = at, dataSize = HasData(header.Type) ? size : 0;
        if (!HasData(header.Type) && size > 0 && header.Type == '1' && HasPaxData())
        {
            dataSize = size;
        }

        Pass(dataSize);
        long realSize = dataSize;
        SparseMap? sparse = Sparse(header, map, ref data, ref dataSize);
        if (sparse is not null)
        {
            realSize = sparse.RealSize;
            places.Sparse[index] = sparse;
        }

        places.Items.Add((data, dataSize));
        if (archive is not GzipSource && dataSize > archive.Length - data)
        {
            own.Add(new Problem(ProblemKind.Missing, "content", "the archive ends before it does", data, dataSize));
        }

        long key = index;
        long streamSize = realSize;
        if (header.Type == '1' && dataSize == 0 && link is not null)
        {
            // Another name of an entry before it: the same content, so the same key.
            if (places.ByName.TryGetValue(Digest(linkBytes), out int target))
            {
                key = target;
                streamSize = places.Sparse.TryGetValue(target, out SparseMap? shared) ? shared.RealSize : places.Items[target].Size;
            }
            else
            {
                own.Add(new Problem(ProblemKind.Missing, "hard link", $"the entry that it names, \"{link}\", is not in the archive before it"));
            }
        }

        places.ByName[Digest(nameBytes)] = (int)key;
        bool hasStream = type is EntryType.File or EntryType.Unknown || dataSize > 0;
        long mode = header.Mode;
        return new FileEntry
        {
            Key = key,
            Path = path,
            NameBytes = raw,
            Type = type,
            Times = Times(header),
            Mode = (int)(mode & 0xFFF) | ModeType(type),
            Uid = pax?.Number("uid") ?? global.Number("uid") ?? header.Uid,
            Gid = pax?.Number("gid") ?? global.Number("gid") ?? header.Gid,
            LinkTarget = header.Type is '1' or '2' ? link : null,
            Attributes = Attributes(header, altered ? stored : null),
            Problems = own.Count == 0 ? null : own,
            Streams = !hasStream ? [] :
            [
                new StreamInfo
                {
                    Ref = new StreamRef(key, 0),
                    Address = $"{key}",
                    Size = streamSize,
                    ValidLength = streamSize,
                    AllocatedSize = places.Items[(int)key].Size,
                    Flags = (sparse is null ? 0 : StreamFlags.Sparse) | (archive is GzipSource ? StreamFlags.Compressed : 0),
                    FirstOffset = places.Items[(int)key].Offset,
                },
            ],
        };
    }

    private EntryType TypeOf(char type, string name, long headerAt)
    {
        switch (type)
        {
            case '\0' or '0' or '7' or 'S' or '1' or 'M':
                return type == '\0' && name.EndsWith('/') ? EntryType.Directory : EntryType.File;
            case '2':
                return EntryType.Link;
            case '3':
                return EntryType.CharacterDevice;
            case '4':
                return EntryType.BlockDevice;
            case '5' or 'D':
                return EntryType.Directory;
            case '6':
                return EntryType.Fifo;
            case 'V' or 'A' or 'N':
                return EntryType.Unknown;
            default:
                own.Add(new Problem(ProblemKind.Notice, "tar header", $"type 0x{(int)type:X2} is not known; taken as a file", headerAt + 156, 1));
                return EntryType.File;
        }
    }

    /// <summary>Links, devices, directories and pipes have no data whatever their size says, except a GNU dump directory.</summary>
    private static bool HasData(char type) => type is not ('1' or '2' or '3' or '4' or '5' or '6');

    private bool HasPaxData() => pax?.Number("size") is > 0;

    private static int ModeType(EntryType type) => type switch
    {
        EntryType.File => 0x8000,
        EntryType.Directory => 0x4000,
        EntryType.Link => 0xA000,
        EntryType.CharacterDevice => 0x2000,
        EntryType.BlockDevice => 0x6000,
        EntryType.Fifo => 0x1000,
        _ => 0,
    };

    private byte[]? Value(string key) => pax?.Bytes(key) ?? global.Bytes(key);

    private EntryTimes Times(TarHeader header)
    {
        EvidenceTime Pick(string key, long? plain) =>
            pax?.Time(key) ?? global.Time(key) ?? (plain is long seconds ? new EvidenceTime(seconds, TimeKind.UnixSeconds) : EvidenceTime.None);
        return new EntryTimes(Pick("mtime", header.Modified), Pick("atime", header.Accessed), Pick("ctime", header.Changed), Pick("LIBARCHIVE.creationtime", null));
    }

    private Dictionary<string, string>? Attributes(TarHeader header, string? stored)
    {
        Dictionary<string, string> attributes = [];
        if (stored is not null)
        {
            attributes[ArchivePath.StoredName] = stored;
        }

        Set("owner", pax?.Text("uname") ?? global.Text("uname") ?? header.Owner);
        Set("group", pax?.Text("gname") ?? global.Text("gname") ?? header.Group);
        foreach ((string key, byte[] value) in pax?.All ?? [])
        {
            bool used = key is "path" or "linkpath" or "size" or "uid" or "gid" or "uname" or "gname" or "mtime" or "atime" or "ctime" or "LIBARCHIVE.creationtime" or "hdrcharset"
                || key.StartsWith("GNU.sparse.", StringComparison.Ordinal);
            if (!used)
            {
                Set(key, Printable(value));
            }
        }

        return attributes.Count == 0 ? null : attributes;

        void Set(string key, string value)
        {
            if (value.Length > 0)
            {
                attributes[key] = value;
            }
        }
    }

    private static string Printable(byte[] value)
    {
        (string text, byte[]? raw) = TarHeader.Decode(value);
        return raw is null && !text.AsSpan().TrimEnd('\0').ContainsAnyInRange('\0', '\x08') ? text.TrimEnd('\0') : "0x" + Convert.ToHexString(value);
    }

    /// <summary>GNU's four ways to write where the data of a sparse file belong.</summary>
    private SparseMap? Sparse(TarHeader header, List<(long Offset, long Length)> old, ref long data, ref long dataSize)
    {
        List<(long Offset, long Length)> map;
        long real;
        if (header.Type == 'S')
        {
            (map, real) = (old, pax?.Number("GNU.sparse.realsize") ?? header.RealSize);
        }
        else if (pax is null || !(pax.Bytes("GNU.sparse.major") is not null || pax.Bytes("GNU.sparse.size") is not null || pax.Bytes("GNU.sparse.map") is not null))
        {
            return null;
        }
        else
        {
            real = pax.Number("GNU.sparse.realsize") ?? pax.Number("GNU.sparse.size") ?? dataSize;
            if (pax.Number("GNU.sparse.major") is 1)
            {
                map = MapInData(ref data, ref dataSize);
            }
            else if (pax.Text("GNU.sparse.map") is string list)
            {
                map = [];
                string[] numbers = list.Split(',');
                for (int i = 0; i + 1 < numbers.Length; i += 2)
                {
                    if (long.TryParse(numbers[i], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
                        && long.TryParse(numbers[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                    {
                        map.Add((offset, length));
                    }
                }
            }
            else
            {
                map = [];
                long offset = -1;
                foreach ((string key, byte[] value) in pax.All)
                {
                    bool isNumber = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
                    if (key == "GNU.sparse.offset" && isNumber)
                    {
                        offset = number;
                    }
                    else if (key == "GNU.sparse.numbytes" && isNumber && offset >= 0)
                    {
                        map.Add((offset, number));
                        offset = -1;
                    }
                }
            }
        }

        return Checked(map, real, dataSize);
    }

    private SparseMap? Checked(List<(long Offset, long Length)> map, long real, long stored)
    {
        if (real is < 0 or > long.MaxValue / 4)
        {
            own.Add(new Problem(ProblemKind.Malformed, "sparse map", $"a file of {real} bytes; the stored bytes are shown as they are"));
            return null;
        }

        List<Extent> extents = [];
        long at = 0, end = 0;
        foreach ((long offset, long length) in map)
        {
            if (length == 0)
            {
                continue;
            }

            if (offset < end || length < 0 || offset > real - length || length > stored - at)
            {
                own.Add(new Problem(ProblemKind.Malformed, "sparse map", $"{length} bytes at {offset} do not fit a file of {real} bytes after {end}, with {stored - at} stored bytes left; the rest of the map was not used"));
                break;
            }

            extents.Add(new Extent(offset, at, length));
            at += length;
            end = offset + length;
        }

        return new SparseMap(real, extents);
    }

    /// <summary>GNU sparse 1.0: decimal numbers in lines in front of the data, padded to a block.</summary>
    private List<(long Offset, long Length)> MapInData(ref long data, ref long dataSize)
    {
        List<(long, long)> map = [];
        long start = data, end = data + dataSize;
        byte[] buffer = new byte[TarHeader.Block];
        int have = 0, used = 0;
        long? Next()
        {
            long value = 0;
            for (int digits = 0; ; digits++)
            {
                if (used == have)
                {
                    if (start >= end || (have = Read(start, buffer)) < buffer.Length)
                    {
                        return null;
                    }

                    start += have;
                    used = 0;
                }

                byte c = buffer[used++];
                if (c == '\n')
                {
                    return digits == 0 ? null : value;
                }

                if (c is < (byte)'0' or > (byte)'9' || digits > 18)
                {
                    return null;
                }

                value = (value * 10) + (c - '0');
            }
        }

        long? count = Next();
        for (long i = 0; i < (count ?? 0); i++)
        {
            if (i == Limits.ExtentsPerStream || Next() is not long offset || Next() is not long length)
            {
                own.Add(new Problem(ProblemKind.Malformed, "sparse map", $"{i} of {count} pairs could be read", data));
                break;
            }

            map.Add((offset, length));
        }

        if (count is null)
        {
            own.Add(new Problem(ProblemKind.Malformed, "sparse map", "no number of pairs in front of the data", data));
        }

        dataSize = Math.Max(0, end - start);
        data = start;
        return map;
    }

    private static UInt128 Digest(ReadOnlySpan<byte> name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(name, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
