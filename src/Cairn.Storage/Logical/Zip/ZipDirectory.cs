using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.Logical.Zip;

/// <summary>One entry's place: its record in the central directory, or its local header alone.</summary>
/// <param name="Record">Offset of the central record; of the local header where <paramref name="IsLocalOnly"/>.</param>
/// <param name="DataStart">First byte of its data, -1 where the local header does not hold.</param>
/// <param name="DataLength">Bytes of its data.</param>
/// <param name="OverlapsWith">The entry before it whose data it overlaps, or -1.</param>
/// <param name="IsLocalOnly">No central record names it.</param>
internal readonly record struct ZipItem(long Record, long DataStart, long DataLength, int OverlapsWith, bool IsLocalOnly);

/// <summary>Where everything lies in a ZIP file.</summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const int EndBytes = 22;

    private List<(long Start, long End, int Index)> claimed = [];

    public List<ZipItem> Items { get; } = [];

    /// <summary>Bytes in front of the archive that its offsets do not count.</summary>
    public long Prefix { get; private set; }

    /// <summary>Whether a central directory was found and read to its end.</summary>
    public bool IsComplete { get; private set; }

    public string? Comment { get; private set; }

    /// <summary>Offset of the end of central directory record, or null.</summary>
    public static long? FindEnd(IByteSource file)
    {
        int length = (int)Math.Min(file.Length, 65_535 + EndBytes);
        byte[] tail = new byte[length];
        long start = file.Length - length;
        file.ReadAvailable(start, tail, static (_, _) => { });
        long? fallback = null;
        for (int at = length - EndBytes; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndSignature)
            {
                continue;
            }

            int comment = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 20));
            if (at + EndBytes + comment == length)
            {
                return start + at;
            }

            // Bytes after the archive, or a comment cut short.
            fallback ??= start + at;
        }

        return fallback;
    }

    public static ZipDirectory Read(IByteSource file, IProblemSink problems)
    {
        ZipDirectory directory = new();
        ArchiveReader archive = new(file);
        if (FindEnd(file) is long end)
        {
            directory.ReadCentral(archive, end, problems);
        }
        else
        {
            problems.Report(new Problem(ProblemKind.Missing, "central directory", "no end of central directory record: the archive is cut short or damaged; entries are found by their local headers"));
        }

        directory.FindUnnamed(archive, problems);
        return directory;
    }

    private void ReadCentral(ArchiveReader archive, long end, IProblemSink problems)
    {
        long start, size, count;
        long until = end;
        try
        {
            SpanReader reader = new(archive.At(end, EndBytes, "end of central directory"), end);
            reader.Skip(4, "signature");
            int disk = reader.U16Le("number of this disk"), first = reader.U16Le("disk of the central directory");
            reader.Skip(2, "entries on this disk");
            count = reader.U16Le("entries");
            size = reader.U32Le("size of the central directory");
            start = reader.U32Le("offset of the central directory");
            int comment = reader.U16Le("comment length");
            if (comment > 0)
            {
                Comment = System.Text.Encoding.UTF8.GetString(archive.At(end + EndBytes, (int)Math.Min(comment, archive.Length - end - EndBytes), "comment"));
            }

            if ((disk != 0 && disk != 0xFFFF) || (first != 0 && first != 0xFFFF))
            {
                problems.Report(new Problem(ProblemKind.Unsupported, "end of central directory", $"this is the last of {disk + 1} parts of a split archive; entries in the other parts are not read", end));
            }

            if (end >= 20 && BinaryPrimitives.ReadUInt32LittleEndian(archive.At(end - 20, 20, "zip64 locator")) == 0x07064B50)
            {
                Zip64(archive, end, ref start, ref size, ref count, ref until, problems);
            }
        }
        catch (MalformedDataException error)
        {
            problems.Report(Problem.From(error, "end of central directory"));
            return;
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "end of central directory"));
            return;
        }

        // The directory ends where the end record begins; where that is not where its offset says, something was put in front of the archive.
        long at = start;
        if (size <= until && IsRecord(archive, until - size) && until - size != start)
        {
            at = until - size;
            Prefix = at - start;
            problems.Report(new Problem(ProblemKind.Notice, "archive", $"{Prefix:N0} bytes lie in front of it that its offsets do not count", 0, Math.Max(0, Prefix)));
        }
        else if (count != 0 && !IsRecord(archive, at))
        {
            problems.Report(new Problem(ProblemKind.Malformed, "central directory", "there is no record where it should begin", at));
            return;
        }

        Records(archive, at, until, count, problems);
    }

    private static void Zip64(ArchiveReader archive, long end, ref long start, ref long size, ref long count, ref long until, IProblemSink problems)
    {
        long stated = BinaryPrimitives.ReadInt64LittleEndian(archive.At(end - 12, 8, "offset of the zip64 end record"));
        foreach (long at in new[] { stated, end - 20 - 56 })
        {
            if (at < 0 || at > archive.Length - 56 || BinaryPrimitives.ReadUInt32LittleEndian(archive.At(at, 4, "zip64 end record")) != 0x06064B50)
            {
                continue;
            }

            SpanReader reader = new(archive.At(at, 56, "zip64 end record"), at);
            reader.Skip(32, "versions, disks, entries on this disk");
            count = reader.I64Le("zip64 entries");
            size = reader.I64Le("zip64 size of the central directory");
            start = reader.I64Le("zip64 offset of the central directory");
            until = at;
            if (count < 0 || size < 0 || start < 0)
            {
                throw new MalformedDataException("zip64 end record", at, "numbers below 2^63", $"{(ulong)count}, {(ulong)size}, {(ulong)start}");
            }

            return;
        }

        problems.Report(new Problem(ProblemKind.Missing, "zip64 end record", "its locator is there, the record is not", end - 20));
    }

    private static bool IsRecord(ArchiveReader archive, long at)
    {
        try
        {
            return at >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(archive.At(at, 4, "signature")) == ZipRecord.CentralSignature;
        }
        catch (MalformedDataException)
        {
            return false;
        }
        catch (UnreadableDataException)
        {
            return false;
        }
    }

    private void Records(ArchiveReader archive, long at, long until, long count, IProblemSink problems)
    {
        bool whole = true;
        while (at + 4 <= until && IsRecord(archive, at))
        {
            try
            {
                ZipRecord record = ZipRecord.Central(archive, at);
                Items.Add(new ZipItem(at, -1, record.CompressedSize, -1, false));
                at += record.Bytes;
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, $"central directory record {Items.Count}"));
                whole = false;
                break;
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, $"central directory record {Items.Count}"));
                whole = false;
                break;
            }
        }

        // Another tool than the 16-bit count can hold wrote more entries than it says.
        if (Items.Count != count && (Items.Count & 0xFFFF) != count)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "central directory", $"{Items.Count} records can be read, its end record counts {count}", at));
            whole = false;
        }

        IsComplete = whole;
        Locate(archive);
    }

    /// <summary>Finds the data of each entry and which of them overlap, as those of a bomb do.</summary>
    private void Locate(ArchiveReader directory)
    {
        // Its own reader: records and local headers lie far apart.
        ArchiveReader local = new(directory.Source);
        List<(long Start, long End, int Index)> ranges = new(Items.Count);
        for (int i = 0; i < Items.Count; i++)
        {
            ZipItem item = Items[i];
            try
            {
                ZipRecord record = ZipRecord.Central(directory, item.Record);
                long at = record.LocalOffset + Prefix;
                ReadOnlySpan<byte> header = local.At(at, ZipRecord.LocalBytes, "local file header");
                if (BinaryPrimitives.ReadUInt32LittleEndian(header) != ZipRecord.LocalSignature)
                {
                    continue;
                }

                long data = at + ZipRecord.LocalBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
                Items[i] = item with { DataStart = data };
                ranges.Add((at, data + record.CompressedSize, i));
            }
            catch (MalformedDataException)
            {
                // The walk looks at it again and reports it with the entry.
            }
            catch (UnreadableDataException)
            {
                // As above.
            }
        }

        ranges.Sort();
        long end = 0;
        int last = -1;
        foreach ((long start, long stop, int index) in ranges)
        {
            if (start < end)
            {
                Items[index] = Items[index] with { OverlapsWith = last };
            }

            if (stop > end)
            {
                (end, last) = (stop, index);
            }
        }

        claimed = ranges;
    }

    /// <summary>Local headers in the gaps that no central record names: entries of a damaged archive, or such as were taken out of the directory.</summary>
    private void FindUnnamed(ArchiveReader archive, IProblemSink problems)
    {
        long at = 0;
        foreach ((long start, long end, _) in claimed)
        {
            Scan(archive, at, start, problems);
            at = Math.Max(at, end);
        }

        long directory = Items.Count > 0 && !Items[0].IsLocalOnly ? Items[0].Record : archive.Length;
        Scan(archive, at, directory, problems);
        claimed = [];
    }

    private void Scan(ArchiveReader archive, long from, long until, IProblemSink problems)
    {
        const int Step = 64 << 10;
        while (until - from >= ZipRecord.LocalBytes)
        {
            try
            {
                int count = (int)Math.Min(Step, until - from);
                int found = archive.At(from, count, "gap").IndexOf("PK\x03\x04"u8);
                if (found < 0)
                {
                    from += Math.Max(1, count - 3);
                    continue;
                }

                from += found;
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, "bytes between entries"));
                return;
            }

            from = Unnamed(archive, from, until);
        }
    }

    /// <summary>Takes a local header without a record; where its sizes follow the data, looks for the descriptor that agrees with its distance.</summary>
    private long Unnamed(ArchiveReader archive, long at, long until)
    {
        try
        {
            ZipRecord record = ZipRecord.Local(archive, at);
            long data = at + record.Bytes;
            if (data > until || record.Name.Length == 0)
            {
                return at + 4;
            }

            long length = record.CompressedSize;
            if (record.HasDescriptor && length == 0)
            {
                length = DescribedLength(archive, data, until) ?? (until - data);
            }

            length = Math.Min(length, archive.Length - data);
            Items.Add(new ZipItem(at, data, length, -1, true));
            return Math.Max(data + length, at + 4);
        }
        catch (MalformedDataException)
        {
            return at + 4;
        }
        catch (UnreadableDataException)
        {
            return at + 4;
        }
    }

    private static long? DescribedLength(ArchiveReader archive, long data, long until)
    {
        const int Step = 64 << 10;
        for (long at = data; until - at >= 16;)
        {
            int count = (int)Math.Min(Step, until - at);
            int found = archive.At(at, count, "data").IndexOf("PK\x07\x08"u8);
            if (found < 0)
            {
                at += Math.Max(1, count - 3);
                continue;
            }

            at += found;
            if (archive.Length - at >= 16 && BinaryPrimitives.ReadUInt32LittleEndian(archive.At(at + 8, 4, "descriptor")) == (uint)(at - data))
            {
                return at - data;
            }

            at += 4;
        }

        return null;
    }
}
