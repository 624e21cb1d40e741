using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// A name found in a directory's index: one in force, or one left behind in its slack. Of a doubtful one the header that names the record
/// is overwritten; only the name is left.
/// </summary>
internal readonly record struct IndexName(FileReference File, byte[] Key, bool Live, bool Doubtful);

/// <summary>
/// Reads a directory's $I30 index: names in force for comparison with the records, and names that deletions and moves left in the unused
/// part of index blocks. The blocks are read one after the other, not as a tree, so that none is missed.
/// </summary>
internal sealed class IndexReader(MftReader mft, int defaultBlockSize)
{
    private const int EntryHeader = 16;
    private const int ReadBytes = 1 << 20;
    private static readonly byte[] IndexName30 = "$\0I\03\00\0"u8.ToArray();
    private readonly HashKeys known = new();
    private readonly Rows<LiveName> live = new();
    private readonly HashKeys liveKeys = new();
    private readonly Rows<IndexName> found = new();
    private byte[] buffer = [];
    private byte[] bitmap = [];
    private long directory;
    private bool collectLive;
    private bool directoryInUse;
    private ulong liveNames;
    private long budget;
    private int damagedBlocks;
    private string? firstDamage;

    /// <summary>Bytes of index blocks that may still be read; more than the volume holds is hostile.</summary>
    public void ResetBudget() => budget = mft.Volume.Length + (64 << 20);

    /// <summary>
    /// The names of the directory loaded in <paramref name="set"/> that records alone do not tell: those in slack, and those in force where
    /// the hashes of the latter do not add up to <paramref name="expected"/>.
    /// </summary>
    public Rows<IndexName> Read(AttributeSet set, ulong expected, Action<Problem> report)
    {
        directory = set.RecordNumber;
        directoryInUse = set.InUse;
        collectLive = !directoryInUse;
        Pass(set, report);
        if (directoryInUse && liveNames != expected)
        {
            collectLive = true;
            Pass(set, static _ => { });
        }

        // Blocks are copied when the tree grows and shrinks: a name in slack that the directory holds in force as well, of the same record or
        // with a broken header, is such a copy and not a deleted name.
        if (found.Count > 0)
        {
            RemoveCopies();
        }

        return found;
    }

    private void RemoveCopies()
    {
        liveKeys.Clear();
        foreach (ref readonly LiveName name in live.All)
        {
            liveKeys.Add(name.Hash);
            if (directoryInUse)
            {
                liveKeys.Add(Combine(name.Hash, (ulong)name.Record));
            }
        }

        int kept = 0;
        foreach (ref readonly IndexName name in found.All)
        {
            if (!name.Live && FileNameView.TryRead(name.Key, out FileNameView key)
                && liveKeys.Contains(name.Doubtful ? HashOfName(key) : Combine(HashOfName(key), (ulong)name.File.Record)))
            {
                continue;
            }

            found[kept++] = name;
        }

        found.Cut(kept);
    }

    /// <summary>A hash of one name that is the same whether it comes from a record or from an index.</summary>
    public static ulong Hash(FileReference file, in FileNameView name) => Combine(HashOfName(name), file.Raw);

    private static ulong Combine(ulong nameHash, ulong file)
    {
        ulong hash = (nameHash ^ (file * 0x9E37_79B9_7F4A_7C15)) * 0xFF51_AFD7_ED55_8CCD;
        return hash ^ (hash >> 32);
    }

    private static ulong HashOfName(in FileNameView name)
    {
        ulong hash = 0x2545_F491_4F6C_DD1D;
        ReadOnlySpan<byte> bytes = name.Name;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0xFF51_AFD7_ED55_8CCD;
            hash ^= hash >> 32;
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 0x0000_0100_0000_01B3;
        }

        return hash ^ (hash >> 29);
    }

    private void Pass(AttributeSet set, Action<Problem> report)
    {
        found.Clear();
        known.Clear();
        live.Clear();
        liveNames = 0;
        damagedBlocks = 0;
        firstDamage = null;
        int blockSize = Root(set, report);
        AttributeStream? allocation = set.FindStream(AttributeType.IndexAllocation, IndexName30);
        if (allocation is AttributeStream blocks && set.Pieces[blocks.FirstPiece].View.NonResident)
        {
            Blocks(set, blocks, blockSize, report);
        }
    }

    private int Root(AttributeSet set, Action<Problem> report)
    {
        int piece = set.Find(AttributeType.IndexRoot, IndexName30);
        if (piece < 0 || set.Pieces[piece].View.NonResident)
        {
            return defaultBlockSize;
        }

        ReadOnlySpan<byte> value = set.Pieces[piece].View.Value;
        if (value.Length < 32)
        {
            report(new Problem(ProblemKind.Malformed, $"MFT record {directory}, index root", $"{value.Length} bytes"));
            return defaultBlockSize;
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(value[8..]);
        string? wrong = Node(value[16..], true);
        if (wrong is not null)
        {
            report(new Problem(ProblemKind.Malformed, $"MFT record {directory}, index root", wrong, mft.OffsetOf(directory)));
        }

        return size is >= 512 and <= 1 << 20 && int.IsPow2(size) ? size : defaultBlockSize;
    }

    private void Blocks(AttributeSet set, in AttributeStream stream, int blockSize, Action<Problem> report)
    {
        NonResidentContent content = NonResidentContent.Of(set, stream, mft.ClusterSize);
        using IByteSource source = content.WholeOf(mft.Volume, content.Mapped);
        LoadBitmap(set);
        int step = Math.Max(blockSize, ReadBytes / blockSize * blockSize);
        for (long at = 0; at + blockSize <= content.Mapped; at += step)
        {
            int wanted = (int)Math.Min(step, (content.Mapped - at) / blockSize * blockSize);
            budget -= wanted;
            if (budget < 0)
            {
                report(new Problem(ProblemKind.LimitReached, $"MFT record {directory}, index", "index blocks are larger in all than the volume; the rest was not read"));
                return;
            }

            if (buffer.Length < wanted)
            {
                buffer = new byte[wanted];
            }

            int got;
            try
            {
                got = source.ReadAvailable(at, buffer.AsSpan(0, wanted), (range, why) =>
                    report(new Problem(ProblemKind.Unreadable, $"MFT record {directory}, index", why, range.Offset, range.Length)));
            }
            catch (MalformedDataException error)
            {
                report(Problem.From(error, $"MFT record {directory}, index"));
                return;
            }

            for (int block = 0; block + blockSize <= got; block += blockSize)
            {
                Block(buffer.AsSpan(block, blockSize), (at + block) / blockSize);
            }
        }

        if (damagedBlocks > 0)
        {
            report(new Problem(ProblemKind.Malformed, $"MFT record {directory}, index", $"{damagedBlocks} blocks do not hold, the first: {firstDamage}"));
        }
    }

    private void Block(Span<byte> block, long number)
    {
        bool inUse = number / 8 < bitmap.Length && (bitmap[number / 8] & (1 << (int)(number % 8))) != 0;
        RecordState state = FixupArray.Undo(block, FixupArray.Index, out string? why);
        if (state == RecordState.Empty)
        {
            return;
        }

        if (state == RecordState.Damaged)
        {
            if (inUse && directoryInUse)
            {
                Damaged($"block {number}: {why}");
            }

            Slack(block);
            return;
        }

        if (!inUse && directoryInUse)
        {
            Slack(block[24..]);
            return;
        }

        string? wrong = Node(block[24..], false);
        if (wrong is not null)
        {
            Damaged($"block {number}: {wrong}");
        }
    }

    private void Damaged(string why)
    {
        damagedBlocks++;
        firstDamage ??= why;
    }

    private void LoadBitmap(AttributeSet set)
    {
        bitmap = [];
        AttributeStream? stream = set.FindStream(AttributeType.Bitmap, IndexName30);
        if (stream is not AttributeStream bits)
        {
            return;
        }

        AttributeView view = set.Pieces[bits.FirstPiece].View;
        if (!view.NonResident)
        {
            bitmap = view.Value.ToArray();
            return;
        }

        NonResidentContent content = NonResidentContent.Of(set, bits, mft.ClusterSize);
        byte[] read = new byte[(int)Math.Clamp(Math.Min(content.Size, content.Mapped), 0, 1 << 20)];
        try
        {
            using IByteSource source = content.Open(mft.Volume);
            source.ReadAt(0, read);
            bitmap = read;
        }
        catch (UnreadableDataException error)
        {
            Damaged($"$BITMAP of the index: {error.Reason}");
        }
    }

    /// <summary>An index node: header, names in force, slack. Returns what does not hold, or null.</summary>
    private string? Node(ReadOnlySpan<byte> node, bool root)
    {
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(node);
        uint used = BinaryPrimitives.ReadUInt32LittleEndian(node[4..]);
        uint end = root ? BinaryPrimitives.ReadUInt32LittleEndian(node[8..]) : (uint)node.Length;
        if (first < 16 || first > used || used > end || end > node.Length)
        {
            Slack(node);
            return $"entries from {first} to {used} of {end} bytes in {node.Length}";
        }

        int at = (int)first;
        while (at + EntryHeader <= used)
        {
            ReadOnlySpan<byte> entry = node[at..(int)used];
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
            int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
            bool last = (BinaryPrimitives.ReadUInt16LittleEndian(entry[12..]) & 2) != 0;
            if (length < EntryHeader || length > entry.Length || keyLength > length - EntryHeader)
            {
                Slack(node[at..]);
                return $"entry at {at} is {length} bytes long with a key of {keyLength}";
            }

            if (!last)
            {
                if (!FileNameView.TryRead(entry.Slice(EntryHeader, keyLength), out FileNameView name))
                {
                    Slack(node[at..]);
                    return $"entry at {at} has a key of {keyLength} bytes";
                }

                Live(new FileReference(BinaryPrimitives.ReadUInt64LittleEndian(entry)), name);
            }

            if (last)
            {
                break;
            }

            at += length;
        }

        // From the entry that closes the node on: it can lie over the header of an older one whose name is still there.
        Slack(node[Math.Min(at, (int)end)..(int)end]);
        return null;
    }

    private void Live(FileReference file, in FileNameView name)
    {
        if (name.Namespace == FileNameView.Dos)
        {
            return;
        }

        ulong hash = HashOfName(name);
        if (directoryInUse)
        {
            liveNames += Combine(hash, file.Raw);
        }

        live.Add(new LiveName(hash, file.Record));
        if (collectLive)
        {
            Add(file, name, directoryInUse, false);
        }
    }

    /// <summary>
    /// Looks for names every four bytes. What is found must name this directory, have a name, sizes and times that make sense; the rest of
    /// an entry can be overwritten.
    /// </summary>
    private void Slack(ReadOnlySpan<byte> slack)
    {
        Span<byte> self = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(self, directory);
        self = self[..6];
        int at = 0;
        while (at + EntryHeader + FileNameView.FixedLength < slack.Length)
        {
            // The search for the directory's own number is vectorised; most slack is passed over here.
            int next = slack[(at + EntryHeader)..].IndexOf(self);
            if (next < 0)
            {
                return;
            }

            at += next;
            ReadOnlySpan<byte> entry = slack[at..];
            if (at % 4 != 0 || !FileNameView.TryRead(entry[EntryHeader..], out FileNameView name) || !Sensible(entry, name))
            {
                at++;
                continue;
            }

            if (name.Namespace != FileNameView.Dos)
            {
                int keyLength = FileNameView.FixedLength + name.Name.Length;
                bool whole = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]) == keyLength
                    && BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]) is ushort stated && stated >= EntryHeader + keyLength && stated < EntryHeader + keyLength + 16;
                Add(new FileReference(BinaryPrimitives.ReadUInt64LittleEndian(entry)), name, false, !whole);
            }

            int length = (EntryHeader + FileNameView.FixedLength + name.Name.Length + 3) / 4 * 4;
            at += length;
        }
    }

    private bool Sensible(ReadOnlySpan<byte> entry, in FileNameView name)
    {
        FileReference file = new(BinaryPrimitives.ReadUInt64LittleEndian(entry));
        int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        if (file.Record >= mft.RecordCount || length <= keyLength || length % 4 != 0 || name.Namespace > 3 || name.Name.IsEmpty
            || name.AllocatedSize < name.RealSize || name.RealSize < 0 || BinaryPrimitives.ReadUInt16LittleEndian(name.Name) < 0x20)
        {
            return false;
        }

        for (int offset = 0x08; offset <= 0x20; offset += 8)
        {
            // 1970 to 2200: directory and name references pass for times far outside.
            long time = name.RawTime(offset);
            if (time is < 116_444_736_000_000_000 or > 189_000_000_000_000_000)
            {
                return false;
            }
        }

        return true;
    }

    private void Add(FileReference file, in FileNameView name, bool inForce, bool doubtful)
    {
        if (found.Count < Limits.NamesInDirectory && known.Add(Hash(new FileReference((ulong)file.Record), name) + (inForce ? 1UL : 0)))
        {
            found.Add(new IndexName(file, name.Copy(), inForce, doubtful));
        }
    }

    /// <summary>A name in force: a hash of the name alone, and the record it names.</summary>
    private readonly record struct LiveName(ulong Hash, long Record);
}
