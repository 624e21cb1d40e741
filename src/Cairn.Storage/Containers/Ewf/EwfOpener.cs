using System.IO.Compression;
using Cairn.Core;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>
/// Reads the sections of every segment into the map of chunks and what the image says about itself. Damage is reported and worked
/// around where a second copy allows it; what cannot be placed stays unreadable.
/// </summary>
internal sealed class EwfOpener
{
    /// <summary>Sections of one segment that are followed.</summary>
    private const int MostSections = 1_000_000;

    /// <summary>Bytes of a header section, stored and decompressed.</summary>
    private const int MostHeaderBytes = 16 << 20;

    /// <summary>Bytes of media that no segment at hand holds, beyond which a stated size is not believed.</summary>
    private const long MostMissingBytes = 16L << 40;

    private readonly SegmentFiles files;
    private readonly IProblemSink problems;

    // One per segment in order; null stands for chunks whose number is not known.
    private readonly List<ChunkGroup?> layout = [];
    private readonly List<(EwfVolume Volume, int File, string Type)> volumes = [];
    private readonly List<StoredHash> hashes = [];
    private readonly List<(EwfHeaderText Header, string Type)> headers = [];
    private readonly List<(uint First, uint Count)> errors = [];
    private readonly HashSet<(string Kind, string Value)> seenHashes = [];
    private bool finished;
    private bool hasTable2;
    private bool hasBase;
    private bool hasExtendedHeader;
    private string? extendedHeader;
    private uint sessions;

    // The first range that the disk did not give: where the set cannot be opened at all, it is the reason.
    private string? unreadable;

    public EwfOpener(SegmentFiles files, IProblemSink problems) => (this.files, this.problems) = (files, problems);

    /// <summary>Reads all segments. <paramref name="numbers"/> are their segment numbers, ascending from 1, gaps included.</summary>
    public IEvidenceContainer Open(IReadOnlyList<int> numbers, IReadOnlyList<string> paths, long cacheBytes)
    {
        int expected = 1;
        for (int file = 0; file < numbers.Count; file++)
        {
            if (numbers[file] > expected)
            {
                layout.Add(null);
            }

            expected = numbers[file] + 1;
            int groupsBefore = layout.Count;
            int volumesBefore = volumes.Count;
            finished = false;
            ScanSegment(file);
            if (volumesBefore > 0 && volumes.Count > volumesBefore && IsForeign(file, volumesBefore))
            {
                layout.RemoveRange(groupsBefore, layout.Count - groupsBefore);
                layout.Add(null);
                volumes.RemoveRange(volumesBefore, volumes.Count - volumesBefore);
            }
        }

        EwfVolume volume = ChooseVolume();
        int chunkSize = volume.ChunkSize;
        (ChunkGroup[] groups, long length) = Place(volume, chunkSize);
        var media = new EwfMedia(files, groups, chunkSize, SectorSizeOf(volume), length, cacheBytes);
        return new MediaContainer(TypeName(volume), media, paths)
        {
            StoredHashes = hashes,
            Metadata = Metadata(volume),
            AcquisitionErrors = AcquisitionErrors(volume, length),
            ChunkSize = chunkSize,
        };
    }

    private static int SectorSizeOf(EwfVolume volume) => volume.BytesPerSector is >= 512 and <= 65_536 && uint.IsPow2(volume.BytesPerSector) ? (int)volume.BytesPerSector : 512;

    private string Place(int file, string what) => $"{what} of {files.NameOf(file)}";

    private void Report(ProblemKind kind, string place, string reason, long? offset = null, long? length = null)
    {
        if (kind == ProblemKind.Unreadable)
        {
            unreadable ??= $"{place}: {reason}";
        }

        problems.Report(new Problem(kind, place, reason, offset, length));
    }

    /// <summary>Follows the sections of one segment.</summary>
    private void ScanSegment(int file)
    {
        long fileLength = files.LengthOf(file);
        long position = EwfFileHeader.Size;
        var context = new SegmentContext(file);
        var unknown = new HashSet<string>();
        bool terminated = false;
        CheckFileHeader(file);
        for (int count = 0; ; count++)
        {
            if (count == MostSections)
            {
                Report(ProblemKind.LimitReached, Place(file, "sections"), $"more than {MostSections} sections; the rest is not read", position);
                break;
            }

            if (position + EwfSection.DescriptorSize > fileLength)
            {
                break;
            }

            if (ReadSection(file, position) is not { } section)
            {
                break;
            }

            if (!section.ChecksumHolds)
            {
                Report(ProblemKind.Mismatch, Place(file, $"section \"{section.Type}\""), "the checksum of the section's descriptor does not hold", position, EwfSection.DescriptorSize);
            }

            if (section.IsLast && (section.ChecksumHolds || position + EwfSection.DescriptorSize == fileLength))
            {
                terminated = true;
                finished = section.Type == "done";
                CheckEnd(file, section, fileLength);
                break;
            }

            long? next = Follow(file, section, fileLength, out long end);
            Take(context, section, Math.Min(end, fileLength), unknown);
            if (next is null)
            {
                break;
            }

            position = next.Value;
        }

        context.FlushPending(this);
        if (!terminated)
        {
            Report(ProblemKind.Missing, $"segment {files.NameOf(file)}", "the file ends, or its sections cannot be followed, before the section that closes the segment: it may be cut off", Math.Min(position, fileLength), Math.Max(0, fileLength - position));
        }
    }

    private void CheckFileHeader(int file)
    {
        byte[] head = new byte[EwfFileHeader.Size];
        try
        {
            if (files.Read(file, 0, head) < head.Length || !EwfFileHeader.Read(head).FieldsHold)
            {
                Report(ProblemKind.Malformed, $"segment {files.NameOf(file)}", "the constant fields around the segment number are not as the format has them", 8, 5);
            }
        }
        catch (MalformedDataException error)
        {
            problems.Report(Problem.From(error, $"segment {files.NameOf(file)}"));
        }
        catch (IOException error)
        {
            Report(ProblemKind.Unreadable, $"segment {files.NameOf(file)}", error.Message, 0, head.Length);
        }
    }

    private EwfSection? ReadSection(int file, long position)
    {
        Span<byte> bytes = stackalloc byte[EwfSection.DescriptorSize];
        try
        {
            return files.Read(file, position, bytes) == bytes.Length ? EwfSection.Read(bytes, position) : null;
        }
        catch (IOException error)
        {
            Report(ProblemKind.Unreadable, Place(file, "section descriptor"), error.Message, position, bytes.Length);
            return null;
        }
    }

    private void CheckEnd(int file, EwfSection section, long fileLength)
    {
        long end = section.Offset + EwfSection.DescriptorSize;
        if (section.Next != section.Offset && section.Next != end)
        {
            Report(ProblemKind.Malformed, Place(file, $"section \"{section.Type}\""), $"closes the segment and yet points on to {section.Next}; not followed", section.Offset);
        }

        if (fileLength > end)
        {
            Report(ProblemKind.Notice, $"segment {files.NameOf(file)}", $"{fileLength - end} bytes follow the section that closes the segment; they are not part of the image", end, fileLength - end);
        }
    }

    /// <summary>
    /// Where the next section lies, by the pointer and by the size. Where they lead to two different sections, one file holds two
    /// images, and it depends on the tool which of them is seen: such evidence is rejected.
    /// </summary>
    private long? Follow(int file, EwfSection section, long fileLength, out long end)
    {
        string place = Place(file, $"section \"{section.Type}\"");
        long byPointer = section.Next, bySize = section.EndBySize;
        if (byPointer == bySize && byPointer > section.Offset)
        {
            end = byPointer;
            if (byPointer > fileLength)
            {
                Report(ProblemKind.Missing, place, $"ends at {byPointer}, past the end of the file at {fileLength}: the segment is cut off", section.Offset, section.Size);
                return null;
            }

            if (section.ChecksumHolds || byPointer == fileLength || IsSection(file, byPointer, fileLength))
            {
                return byPointer;
            }
        }

        bool pointerLeads = byPointer != section.Offset && IsSection(file, byPointer, fileLength);
        bool sizeLeads = bySize != byPointer && IsSection(file, bySize, fileLength);
        if (byPointer <= section.Offset)
        {
            Report(ProblemKind.Cycle, place, $"the pointer to the next section leads back to {byPointer}", section.Offset);
            pointerLeads = false;
        }

        if (pointerLeads && sizeLeads)
        {
            if (section.ChecksumHolds)
            {
                throw new EvidenceException($"{files.PathOf(file)} is ambiguous: section \"{section.Type}\" at {section.Offset} leads to one valid section by its pointer ({byPointer}) and to another by its size ({bySize}), so that two images with two hashes can be read from it. It is not opened; compare it with the original evidence.");
            }

            // The descriptor is damaged, not forged: the nearer of the two passes over less.
            (pointerLeads, sizeLeads) = (byPointer < bySize, bySize < byPointer);
        }

        if (pointerLeads || sizeLeads)
        {
            end = pointerLeads ? byPointer : bySize;
            if (byPointer != bySize)
            {
                Report(ProblemKind.Malformed, place, $"the next section by pointer ({byPointer}) and by size ({bySize}) disagree; followed to {end}, where a section starts", section.Offset);
            }

            return end;
        }

        long? found = Search(file, section.Offset + EwfSection.DescriptorSize, fileLength);
        end = found ?? fileLength;
        Report(
            ProblemKind.Malformed,
            place,
            found is long at ? $"no section starts where it points ({byPointer}, by size {bySize}); the next one was found at {at}" : $"no section starts where it points ({byPointer}, by size {bySize}), and none was found behind it",
            section.Offset);
        return found;
    }

    private bool IsSection(int file, long position, long fileLength)
    {
        if (position < EwfFileHeader.Size || position > fileLength - EwfSection.DescriptorSize)
        {
            return false;
        }

        return ReadSection(file, position) is { ChecksumHolds: true };
    }

    /// <summary>Looks for the next descriptor that holds in every respect; an image inside the media fails, since its offsets are its own.</summary>
    private long? Search(int file, long from, long fileLength)
    {
        byte[] block = new byte[1 << 20];
        for (long at = from; at <= fileLength - EwfSection.DescriptorSize;)
        {
            int got;
            try
            {
                got = files.Read(file, at, block.AsSpan(0, (int)Math.Min(block.Length, fileLength - at)));
            }
            catch (IOException)
            {
                return null;
            }

            for (int i = 0; i + EwfSection.DescriptorSize <= got; i++)
            {
                // Every known type is lower-case letters and at most seven of them.
                if (block[i] is < (byte)'d' or > (byte)'x' || block[i + 8] != 0 || block[i + 15] != 0 || block[i + 3] is not ((>= (byte)'a' and <= (byte)'z') or 0))
                {
                    continue;
                }

                var section = EwfSection.Read(block.AsSpan(i, EwfSection.DescriptorSize), at + i);
                if (section.ChecksumHolds && EwfSection.IsKnown(section.Type) && (section.IsLast || section.Next == section.EndBySize))
                {
                    return at + i;
                }
            }

            if (got < EwfSection.DescriptorSize)
            {
                return null;
            }

            at += got - EwfSection.DescriptorSize + 1;
        }

        return null;
    }

    private void Take(SegmentContext context, EwfSection section, long end, HashSet<string> unknown)
    {
        string place = Place(context.File, $"section \"{section.Type}\"");
        try
        {
            if (section.Type != "table2")
            {
                context.FlushPending(this);
            }

            switch (section.Type)
            {
                case "header" or "header2" or "xheader":
                    TakeHeader(context.File, section, end);
                    break;
                case "volume" or "disk" or "data":
                    TakeVolume(context.File, section, end);
                    break;
                case "sectors":
                    context.Sectors.Add(new ByteRange(section.DataOffset, Math.Max(0, end - section.DataOffset)));
                    break;
                case "table":
                    context.Pending = ReadTable(context, section, end);
                    context.HasPending = true;
                    break;
                case "table2":
                    TakeSecondTable(context, section, end);
                    break;
                case "hash":
                    TakeHash(context.File, section, end);
                    break;
                case "digest":
                    TakeDigest(context.File, section, end);
                    break;
                case "xhash":
                    TakeExtendedHash(context.File, section, end);
                    break;
                case "error2":
                    TakeErrors(context.File, section, end);
                    break;
                case "session":
                    byte[] head = Payload(context.File, section, end, EwfSmallSections.SessionHeaderSize);
                    sessions += new SpanReader(head, section.DataOffset).U32Le("number of sessions");
                    break;
                case "ltree" or "ltypes":
                    Report(ProblemKind.Notice, place, "a list of logical files, not read from an image of media", section.Offset, section.Size);
                    break;
                case "next" or "done":
                    // Reached only with a damaged descriptor that more sections follow.
                    break;
                default:
                    if (unknown.Count < 1000 && unknown.Add(section.Type))
                    {
                        Report(section.ChecksumHolds ? ProblemKind.Notice : ProblemKind.Malformed, place, "a section of a type that is not known is passed over", section.Offset, section.Size);
                    }

                    break;
            }
        }
        catch (MalformedDataException error)
        {
            problems.Report(Problem.From(error, place));
        }
        catch (IOException error)
        {
            Report(ProblemKind.Unreadable, place, error.Message, section.Offset, section.Size);
        }
    }

    /// <summary>The section's data, at most <paramref name="most"/> bytes of it.</summary>
    private byte[] Payload(int file, EwfSection section, long end, int most)
    {
        int size = (int)Math.Clamp(end - section.DataOffset, 0, most);
        byte[] bytes = new byte[size];
        int got = files.Read(file, section.DataOffset, bytes);
        return got == size ? bytes : bytes[..got];
    }

    private void TakeHeader(int file, EwfSection section, long end)
    {
        byte[] stored = Payload(file, section, end, MostHeaderBytes);
        string text = EwfSmallSections.Text(Decompress(stored, section));
        if (section.Type == "xheader")
        {
            hasExtendedHeader = true;
            extendedHeader = text;
            return;
        }

        if (EwfHeaderText.Parse(text) is not { } header)
        {
            Report(ProblemKind.Malformed, Place(file, $"section \"{section.Type}\""), "no table \"main\" in it", section.Offset, section.Size);
            return;
        }

        foreach ((EwfHeaderText other, string type) in headers)
        {
            if (type == section.Type && !Same(other, header))
            {
                Report(ProblemKind.Mismatch, Place(file, $"section \"{section.Type}\""), "differs from its copy; both are shown", section.Offset, section.Size);
            }
        }

        headers.Add((header, section.Type));
    }

    private static bool Same(EwfHeaderText left, EwfHeaderText right)
    {
        if (left.Fields.Count != right.Fields.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Fields.Count; i++)
        {
            if (left.Fields[i].Key != right.Fields[i].Key || left.Fields[i].Value != right.Fields[i].Value)
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] Decompress(byte[] stored, EwfSection section)
    {
        byte[] text = new byte[64 << 10];
        int length = 0;
        try
        {
            using var input = new StoredStream(stored, 0, stored.Length);
            using var zlib = new ZLibStream(input, CompressionMode.Decompress);
            int read;
            while ((read = zlib.Read(text, length, text.Length - length)) > 0)
            {
                length += read;
                if (length == text.Length)
                {
                    if (length >= MostHeaderBytes)
                    {
                        throw new MalformedDataException("header text", section.DataOffset, $"at most {MostHeaderBytes} bytes", "more");
                    }

                    Array.Resize(ref text, length * 2);
                }
            }

            if (input.RanOut)
            {
                throw new InvalidDataException("the stream is cut off");
            }
        }
        catch (InvalidDataException error)
        {
            throw new MalformedDataException("header text", section.DataOffset, "a zlib stream whose checksum holds", error.Message);
        }

        return text[..length];
    }

    private void TakeVolume(int file, EwfSection section, long end)
    {
        byte[] data = Payload(file, section, end, EwfVolume.LongSize);
        var volume = EwfVolume.Read(data, section.DataOffset);
        if (!volume.ChecksumHolds)
        {
            Report(ProblemKind.Mismatch, Place(file, $"section \"{section.Type}\""), "its checksum does not hold", section.Offset, section.Size);
        }

        volumes.Add((volume, file, section.Type));
    }

    private void TakeHash(int file, EwfSection section, long end)
    {
        (byte[] md5, bool holds) = EwfSmallSections.ReadHash(Payload(file, section, end, 36), section.DataOffset);
        if (!holds)
        {
            Report(ProblemKind.Mismatch, Place(file, "section \"hash\""), "its checksum does not hold; the MD5 in it is not used", section.Offset, section.Size);
            return;
        }

        AddHash("MD5", md5, file, section);
    }

    private void TakeDigest(int file, EwfSection section, long end)
    {
        (byte[] md5, byte[] sha1, bool holds) = EwfSmallSections.ReadDigest(Payload(file, section, end, 80), section.DataOffset);
        if (!holds)
        {
            Report(ProblemKind.Mismatch, Place(file, "section \"digest\""), "its checksum does not hold; the hashes in it are not used", section.Offset, section.Size);
            return;
        }

        AddHash("MD5", md5, file, section);
        AddHash("SHA1", sha1, file, section);
    }

    private void TakeExtendedHash(int file, EwfSection section, long end)
    {
        string xml = EwfSmallSections.Text(Decompress(Payload(file, section, end, MostHeaderBytes), section));
        foreach ((string name, int size) in new[] { ("MD5", 16), ("SHA1", 20), ("SHA256", 32) })
        {
            if (EwfSmallSections.Element(xml, name) is not { } hex)
            {
                continue;
            }

            if (hex.Length == size * 2 && IsHex(hex))
            {
                AddHash(name, Convert.FromHexString(hex), file, section);
            }
            else
            {
                Report(ProblemKind.Malformed, Place(file, "section \"xhash\""), $"{name} is not {size * 2} hexadecimal digits", section.Offset, section.Size);
            }
        }
    }

    private static bool IsHex(string text)
    {
        foreach (char digit in text)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }
        }

        return true;
    }

    private void AddHash(string algorithm, byte[] value, int file, EwfSection section)
    {
        // Tools that know no SHA-1 leave zeros in its place.
        if (!value.AsSpan().ContainsAnyExcept((byte)0))
        {
            return;
        }

        // hash and digest carry the same MD5; one is enough, two that differ are both shown.
        if (seenHashes.Add((algorithm, Convert.ToHexString(value))))
        {
            hashes.Add(new StoredHash(algorithm, value, $"{section.Type} section of {files.NameOf(file)}"));
        }
    }

    private void TakeErrors(int file, EwfSection section, long end)
    {
        (List<(uint First, uint Count)> ranges, uint announced, bool holds) = EwfSmallSections.ReadErrors(Payload(file, section, end, Limits.StructureBytes), section.DataOffset);
        string place = Place(file, "section \"error2\"");
        if (!holds)
        {
            Report(ProblemKind.Mismatch, place, "a checksum in it does not hold", section.Offset, section.Size);
        }

        if (ranges.Count < announced)
        {
            Report(ProblemKind.Malformed, place, $"announces {announced} ranges and holds {ranges.Count}", section.Offset, section.Size);
        }

        errors.AddRange(ranges);
    }

    /// <summary>What was read of one table section.</summary>
    /// <param name="Section">The section.</param>
    /// <param name="Header">Its header.</param>
    /// <param name="Entries">Its entries; shorter than the header says where the section is.</param>
    /// <param name="EntriesHold">Whether the checksum behind the entries holds; null where there is none.</param>
    /// <param name="DataInside">Whether the chunks lie in the section itself.</param>
    /// <param name="End">Where the section ends.</param>
    private sealed record Table(EwfSection Section, EwfTableHeader Header, uint[] Entries, bool? EntriesHold, bool DataInside, long End)
    {
        public bool IsSound(bool needsFooter) => Section.ChecksumHolds && Header.ChecksumHolds && Header.EntryCount == Entries.Length && (EntriesHold ?? !needsFooter);
    }

    private sealed class SegmentContext(int file)
    {
        public int File { get; } = file;

        public List<ByteRange> Sectors { get; } = [];

        public bool HasPending { get; set; }

        public Table? Pending { get; set; }

        /// <summary>Takes the table that no table2 followed.</summary>
        public void FlushPending(EwfOpener opener)
        {
            if (HasPending)
            {
                HasPending = false;
                opener.AddGroup(this, Pending, null);
                Pending = null;
            }
        }
    }

    private void TakeSecondTable(SegmentContext context, EwfSection section, long end)
    {
        hasTable2 = true;
        Table? first = context.Pending;
        if (!context.HasPending)
        {
            Report(ProblemKind.Malformed, Place(context.File, "section \"table2\""), "no table comes before this copy of it; it is used instead", section.Offset, section.Size);
        }

        context.HasPending = false;
        context.Pending = null;
        AddGroup(context, first, ReadTable(context, section, end));
    }

    private Table? ReadTable(SegmentContext context, EwfSection section, long end)
    {
        string place = Place(context.File, $"section \"{section.Type}\"");
        try
        {
            long available = end - section.DataOffset;
            byte[] head = Payload(context.File, section, end, EwfTableHeader.Size);
            var header = EwfTableHeader.Read(head, section.DataOffset);
            long room = Math.Min(available - EwfTableHeader.Size, Limits.StructureBytes) / 4;
            long count = header.EntryCount;
            if (!header.ChecksumHolds)
            {
                Report(ProblemKind.Mismatch, place, "the checksum of the table's header does not hold", section.Offset, EwfTableHeader.Size);

                // Entries and a checksum fill the section where the chunks lie elsewhere, so its size tells the count too.
                if (context.Sectors.Count > 0)
                {
                    count = Math.Max(0, room - 1);
                }
            }

            if (count > room)
            {
                Report(ProblemKind.Malformed, place, $"announces {header.EntryCount} entries in room for {room}", section.Offset, section.Size);
                count = room;
            }

            byte[] bytes = new byte[count * 4];
            int got = files.Read(context.File, section.DataOffset + EwfTableHeader.Size, bytes);
            uint[] entries = new uint[got / 4];
            var reader = new SpanReader(bytes.AsSpan(0, entries.Length * 4), section.DataOffset + EwfTableHeader.Size);
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = reader.U32Le("table entry");
            }

            long entriesEnd = section.DataOffset + EwfTableHeader.Size + ((long)entries.Length * 4);
            long firstChunk = entries.Length == 0 ? 0 : header.BaseOffset + (entries[0] & 0x7FFF_FFFF);
            bool inside = entries.Length > 0 && firstChunk >= entriesEnd && firstChunk < end;
            bool? holds = null;
            if ((inside ? firstChunk : end) - entriesEnd >= 4)
            {
                byte[] footer = new byte[4];
                files.Read(context.File, entriesEnd, footer);
                holds = new SpanReader(footer).U32Le("table checksum") == Adler32.Compute(bytes.AsSpan(0, entries.Length * 4));
                if (holds == false)
                {
                    Report(ProblemKind.Mismatch, place, "the checksum of the table's entries does not hold", section.Offset, section.Size);
                }
            }

            hasBase |= header.BaseOffset != 0;
            return new Table(section, header with { BaseOffset = Math.Min(header.BaseOffset, files.LengthOf(context.File)) }, entries, holds, inside, end);
        }
        catch (MalformedDataException error)
        {
            problems.Report(Problem.From(error, place));
        }
        catch (IOException error)
        {
            Report(ProblemKind.Unreadable, place, error.Message, section.Offset, section.Size);
        }

        return null;
    }

    /// <summary>Makes the chunks of a table, its copy, or what the two agree on.</summary>
    private void AddGroup(SegmentContext context, Table? first, Table? second)
    {
        if ((first ?? second) is not { } chosen)
        {
            layout.Add(null);
            return;
        }

        string place = Place(context.File, $"table at {chosen.Section.Offset}");
        HashSet<int>? lost = null;
        if (first is not null && second is not null)
        {
            bool firstSound = first.IsSound(needsFooter: false), secondSound = second.IsSound(needsFooter: false);
            if (firstSound && secondSound)
            {
                if (!first.Entries.AsSpan().SequenceEqual(second.Entries) || first.Header.BaseOffset != second.Header.BaseOffset)
                {
                    throw new EvidenceException($"{files.PathOf(context.File)} is ambiguous: the table at {first.Section.Offset} and its copy at {second.Section.Offset} both pass their checksums and name different chunks, so that two images with two hashes can be read from it. It is not opened; compare it with the original evidence.");
                }
            }
            else if (secondSound)
            {
                chosen = second;
                Report(ProblemKind.Notice, place, "damaged; its copy, which is whole, is used", first.Section.Offset, first.Section.Size);
            }
            else if (!firstSound)
            {
                (chosen, lost) = Merge(first, second);
                Report(ProblemKind.Malformed, place, $"the table and its copy are both damaged; they disagree on {lost.Count} of {chosen.Entries.Length} chunks, which are unreadable", first.Section.Offset, first.Section.Size);
            }
        }

        if (chosen.Entries.Length == 0)
        {
            return;
        }

        long firstChunk = chosen.Header.BaseOffset + (chosen.Entries[0] & 0x7FFF_FFFF);
        long end = chosen.DataInside ? chosen.End : EndOfSectors(context, firstChunk, first?.Section.Offset ?? chosen.Section.Offset);
        bool smart = volumes.Count > 0 && volumes[0].Volume.IsShort;
        layout.Add(new ChunkGroup
        {
            File = context.File,
            BaseOffset = chosen.Header.BaseOffset,
            Entries = chosen.Entries,
            End = Math.Min(end, files.LengthOf(context.File)),
            Overflow = smart ? chosen.Entries.Length : ChunkGroup.FindOverflow(chosen.Entries, files.LengthOf(context.File)),
            Lost = lost,
            AlwaysCompressed = smart,
        });
    }

    /// <summary>Where the chunks of a table end: with the sectors section that holds its first chunk, else where the table starts.</summary>
    private static long EndOfSectors(SegmentContext context, long firstChunk, long tableOffset)
    {
        for (int i = context.Sectors.Count - 1; i >= 0; i--)
        {
            if (firstChunk >= context.Sectors[i].Offset && firstChunk < context.Sectors[i].End)
            {
                return context.Sectors[i].End;
            }
        }

        return firstChunk < tableOffset ? tableOffset : long.MaxValue;
    }

    private static (Table Chosen, HashSet<int> Lost) Merge(Table first, Table second)
    {
        Table chosen = first.Header.ChecksumHolds || !second.Header.ChecksumHolds ? first : second;
        Table other = ReferenceEquals(chosen, first) ? second : first;
        var lost = new HashSet<int>();
        for (int i = 0; i < chosen.Entries.Length; i++)
        {
            if (i >= other.Entries.Length || chosen.Entries[i] != other.Entries[i])
            {
                lost.Add(i);
            }
        }

        return (chosen, lost);
    }

    /// <summary>Whether a later segment belongs to another acquisition: its own description of the media is another.</summary>
    private bool IsForeign(int file, int from)
    {
        EwfVolume set = volumes[0].Volume;
        EwfVolume own = volumes[from].Volume;
        if (!set.ChecksumHolds || !own.ChecksumHolds)
        {
            return false;
        }

        if (!set.SameMedia(own))
        {
            Report(
                ProblemKind.Mismatch,
                $"segment {files.NameOf(file)}",
                $"belongs to another image ({own.SectorCount} sectors of {own.BytesPerSector} bytes, not {set.SectorCount} of {set.BytesPerSector}); its chunks are left out and unreadable",
                0,
                files.LengthOf(file));
            return true;
        }

        if (set.SetIdentifier != own.SetIdentifier)
        {
            // Seen within honest sets, so it is said and not acted on; the chunks' checksums and the media's hash decide.
            Report(ProblemKind.Mismatch, $"segment {files.NameOf(file)}", $"its set identifier is {own.SetIdentifier}, that of the first segment {set.SetIdentifier}: it may belong to another acquisition", 0, files.LengthOf(file));
        }

        return false;
    }

    private EwfVolume ChooseVolume()
    {
        EwfVolume? chosen = null;
        foreach ((EwfVolume volume, int file, string type) in volumes)
        {
            if (!volume.ChecksumHolds || volume.ChunkSize < 512)
            {
                if (volume.ChecksumHolds)
                {
                    Report(ProblemKind.Malformed, Place(file, $"section \"{type}\""), $"{volume.SectorsPerChunk} sectors of {volume.BytesPerSector} bytes make no chunk");
                }

                continue;
            }

            if (chosen is null)
            {
                chosen = volume;
            }
            else if (!chosen.SameMedia(volume) || chosen.ChunkCount != volume.ChunkCount)
            {
                Report(ProblemKind.Mismatch, Place(file, $"section \"{type}\""), $"describes {volume.SectorCount} sectors in {volume.ChunkCount} chunks, the first description {chosen.SectorCount} in {chosen.ChunkCount}; the first is used");
            }
        }

        if (chosen is not null)
        {
            return chosen;
        }

        // Every copy is damaged. One whose fields fit each other is better than nothing; that its checksum fails is already said.
        foreach ((EwfVolume volume, _, _) in volumes)
        {
            if (volume.ChunkSize >= 512 && int.IsPow2(volume.ChunkSize) && volume.SectorCount > 0 && volume.SectorCount / volume.SectorsPerChunk <= volume.ChunkCount)
            {
                return volume;
            }
        }

        throw new EvidenceException($"{files.PathOf(0)} cannot be opened: no section that describes the media (volume, disk or data) is whole{(unreadable is null ? "" : $" ({unreadable})")}. Use another copy of the first segment.");
    }

    /// <summary>Gives every table its place on the media and finds the media's length.</summary>
    private (ChunkGroup[] Groups, long Length) Place(EwfVolume volume, int chunkSize)
    {
        string place = $"segments of {files.NameOf(0)}";
        long found = 0;
        int firstGap = -1, lastGap = -1;
        for (int i = 0; i < layout.Count; i++)
        {
            if (layout[i] is { } group)
            {
                found += group.Count;
            }
            else
            {
                firstGap = firstGap < 0 ? i : firstGap;
                lastGap = i;
            }
        }

        long length = volume.SectorCount > long.MaxValue / volume.BytesPerSector ? long.MaxValue : volume.SectorCount * volume.BytesPerSector;
        if (length == 0)
        {
            length = found * chunkSize;
            Report(found == 0 ? ProblemKind.Notice : ProblemKind.Malformed, place, $"the media is described as 0 sectors; the tables hold {found} chunks, which are taken as its size");
        }

        long needed = (length / chunkSize) + (length % chunkSize == 0 ? 0 : 1);
        if (volume.ChunkCount != needed)
        {
            Report(ProblemKind.Mismatch, place, $"{volume.SectorCount} sectors make {needed} chunks, and {volume.ChunkCount} are stated");
        }

        if (found > needed)
        {
            Report(ProblemKind.Mismatch, place, $"the tables hold {found} chunks and the media has {needed}; the rest lies past the end of the media and is not read");
        }
        else if (found < needed)
        {
            Report(ProblemKind.Missing, place, finished && firstGap < 0
                ? $"the tables hold {found} chunks of the {needed} that the media has; the last {needed - found} are unreadable"
                : $"the segments at hand hold {found} chunks of the {needed} that the media has: segments are missing, cut off or damaged");
        }

        if (needed - found > MostMissingBytes / chunkSize)
        {
            long kept = found + (MostMissingBytes / chunkSize);
            Report(ProblemKind.LimitReached, place, $"a size of {length} bytes is stated and {found} chunks are at hand; the media is taken to end after {kept} chunks", kept * chunkSize);
            length = kept * chunkSize;
            needed = kept;
        }

        var groups = new List<ChunkGroup>(layout.Count);
        long chunk = 0;
        int until = firstGap < 0 ? layout.Count : firstGap;
        for (int i = 0; i < until; i++)
        {
            ChunkGroup group = layout[i]!;
            group.FirstChunk = chunk;
            chunk += group.Count;
            groups.Add(group);
        }

        if (firstGap >= 0)
        {
            PlaceBehindGap(groups, chunk, needed, firstGap, lastGap, place, chunkSize);
        }

        NoteRest(groups, needed - 1, length, chunkSize);
        return ([.. groups], length);
    }

    /// <summary>Says where the last chunk holds bytes behind the stated end of the media; they can be read from the file alone.</summary>
    private void NoteRest(List<ChunkGroup> groups, long last, long length, int chunkSize)
    {
        if (groups.Count == 0 || last - groups[^1].FirstChunk is not (>= 0 and var place) || place >= groups[^1].Count)
        {
            return;
        }

        int index = (int)place;
        long stored = groups[^1].EndOf(index) - groups[^1].StartOf(index) - 4;
        long size = length - (last * chunkSize);
        if (groups[^1].IsCompressed(index) == false && stored > size && stored < chunkSize)
        {
            Report(ProblemKind.Notice, $"chunk {last}", $"holds {stored - size} bytes behind the stated end of the media, which are not read; a hash of the acquired bytes that counts them will not match", length, stored - size);
        }
    }

    /// <summary>
    /// The format does not number chunks: behind a gap they can only be counted back from the end, and only where the end is there.
    /// </summary>
    private void PlaceBehindGap(List<ChunkGroup> groups, long before, long needed, int firstGap, int lastGap, string place, int chunkSize)
    {
        long behind = 0, between = 0;
        for (int i = firstGap + 1; i < layout.Count; i++)
        {
            if (layout[i] is { } group)
            {
                behind += i > lastGap ? group.Count : 0;
                between += i < lastGap ? group.Count : 0;
            }
        }

        bool fits = finished && before + between + behind <= needed;
        long left = between + (fits ? 0 : behind);
        if (left > 0)
        {
            Report(ProblemKind.Missing, place, $"{left} chunks lie behind a gap and cannot be placed on the media{(finished ? "" : ", whose last segment is not there")}; they are unreadable", before * chunkSize);
        }

        if (!fits)
        {
            return;
        }

        long chunk = needed - behind;
        if (behind > 0)
        {
            Report(ProblemKind.Notice, place, $"the {behind} chunks behind the gap are placed by counting back from the end of the media", chunk * chunkSize);
        }

        for (int i = lastGap + 1; i < layout.Count; i++)
        {
            ChunkGroup group = layout[i]!;
            group.FirstChunk = chunk;
            chunk += group.Count;
            groups.Add(group);
        }
    }

    private List<ByteRange> AcquisitionErrors(EwfVolume volume, long length)
    {
        var ranges = new List<ByteRange>(errors.Count);
        int outside = 0;
        foreach ((uint first, uint count) in errors)
        {
            long offset = first * (long)volume.BytesPerSector;
            long size = Math.Min(count * (long)volume.BytesPerSector, length - offset);
            if (size <= 0)
            {
                outside++;
                continue;
            }

            ranges.Add(new ByteRange(offset, size));
        }

        ranges.Sort((left, right) => left.Offset != right.Offset ? left.Offset.CompareTo(right.Offset) : left.Length.CompareTo(right.Length));
        foreach (ByteRange range in ranges)
        {
            Report(ProblemKind.Unreadable, "acquisition", "the acquiring tool could not read this range and wrote zeros in its place", range.Offset, range.Length);
        }

        if (outside > 0)
        {
            Report(ProblemKind.Malformed, "section \"error2\"", $"{outside} ranges lie past the end of the media or are empty");
        }

        return ranges;
    }

    private List<KeyValuePair<string, string>> Metadata(EwfVolume volume)
    {
        var metadata = new List<KeyValuePair<string, string>>();
        var shown = new HashSet<(string, string)>();
        var named = new HashSet<string>();

        // header2 has the same in Unicode and times in UTC, so it goes first.
        foreach (string type in new[] { "header2", "header" })
        {
            foreach ((EwfHeaderText header, string of) in headers)
            {
                if (of != type)
                {
                    continue;
                }

                foreach ((string key, string value) in header.Fields)
                {
                    if (EwfHeaderText.Describe(key, value) is not { } field || !shown.Add((field.Key, field.Value)))
                    {
                        continue;
                    }

                    // The times of the header section repeat those of header2 without their zone.
                    if (!named.Add(field.Key))
                    {
                        if (key is not ("m" or "u"))
                        {
                            metadata.Add(new($"{field.Key} ({type})", field.Value));
                        }

                        continue;
                    }

                    metadata.Add(field);
                }
            }
        }

        if (extendedHeader is not null && EwfSmallSections.Element(extendedHeader, "acquiry_date") is { } acquired)
        {
            metadata.Add(new("acquired (xheader)", acquired));
        }

        if (!volume.IsShort)
        {
            metadata.Add(new("media type", volume.MediaType switch { 0 => "removable disk", 1 => "fixed disk", 3 => "optical disc", 0x0E => "logical files", 0x10 => "memory", _ => $"0x{volume.MediaType:X2}" }));
            metadata.Add(new("is physical", (volume.MediaFlags & 2) != 0 ? "yes" : "no"));
            if ((volume.MediaFlags & 12) != 0)
            {
                metadata.Add(new("write blocker", (volume.MediaFlags & 4) != 0 ? "FastBloc" : "Tableau"));
            }

            if (volume.SetIdentifier != Guid.Empty)
            {
                metadata.Add(new("set identifier", volume.SetIdentifier.ToString()));
            }
        }

        metadata.Add(new("bytes per sector", volume.BytesPerSector.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        metadata.Add(new("sectors per chunk", volume.SectorsPerChunk.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (sessions > 0)
        {
            metadata.Add(new("optical sessions", sessions.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return metadata;
    }

    /// <summary>Which tool's habits the file shows. The format stores no version, so this is a reading of signs, as every tool does it.</summary>
    private string TypeName(EwfVolume volume)
    {
        EwfHeaderText? header = null, header2 = null;
        int plain = 0;
        foreach ((EwfHeaderText text, string type) in headers)
        {
            if (type == "header2")
            {
                header2 ??= text;
            }
            else
            {
                header ??= text;
                plain++;
            }
        }

        if (volume.IsShort)
        {
            return header?.Value("av") is null ? "EWF (original)" : "EWF (SMART)";
        }

        if (hasExtendedHeader)
        {
            return "EWF (EWF-X)";
        }

        string version = header2?.Value("av") ?? header?.Value("av") ?? "";
        bool linen = version.StartsWith("LINEN", StringComparison.OrdinalIgnoreCase);
        if (header2 is not null)
        {
            if (header2.Format == "1")
            {
                return "EWF (EnCase 4)";
            }

            string family = linen ? "linen" : "EnCase";
            return !hasBase ? $"EWF ({family} 5)" : version.StartsWith('7') ? $"EWF ({family} 7)" : $"EWF ({family} 6)";
        }

        if (header is { Format: "3" })
        {
            return header.Value("md") is null ? "EWF (linen 5)" : "EWF (linen 6)";
        }

        return !hasTable2 ? "EWF (EnCase 1)" : header is { CrLf: false } ? "EWF (FTK Imager)" : plain > 0 ? "EWF (EnCase 2 or 3)" : "EWF";
    }
}
