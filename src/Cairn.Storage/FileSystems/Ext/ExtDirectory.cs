using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>A name found in a directory.</summary>
internal readonly record struct ExtName(uint Inode, int NameAt, byte NameLength, byte Type, ExtNameState State);

/// <summary>How a name was found.</summary>
[Flags]
internal enum ExtNameState : byte
{
    Live = 0,

    /// <summary>In the slack of a record, in a record without inode, or in a deleted directory.</summary>
    Deleted = 1,

    /// <summary>Found again after a record that does not hold.</summary>
    Salvaged = 2,

    /// <summary>The inode number is more than the file system has.</summary>
    NoSuchInode = 4,

    /// <summary>The same name and inode were met before in this directory.</summary>
    Repeated = 8,
}

/// <summary>
/// The names of one directory, live ones and those left in slack: records of inode (4 bytes), rec_len (2), name_len (1 or 2), file type (1) and name.
/// Its arrays are used again for the next directory.
/// </summary>
internal sealed class ExtDirectory
{
    private const int SmallestRecord = 12;
    private const int MaximumName = 255;
    private const byte ChecksumTail = 0xDE;
    private readonly uint maximumInode;
    private readonly int blockSize;
    private readonly bool typed;
    private readonly bool checksums;
    private ExtName[] names = new ExtName[256];
    private byte[] text = new byte[4096];
    private ulong[] keys = [];
    private int[] order = [];
    private int textLength;

    internal ExtDirectory(ExtSuperblock super)
    {
        maximumInode = super.InodeCount;
        blockSize = super.BlockSize;
        typed = super.Has(ExtIncompat.FileType);
        checksums = super.HasChecksums;
    }

    internal int Count { get; private set; }

    /// <summary>True where the names are ciphertext and may hold any byte.</summary>
    internal bool Encrypted { get; set; }

    /// <summary>True where 8 bytes of hash follow each name but "." and ".." (encrypted and case-insensitive at once).</summary>
    internal bool Hashed { get; set; }

    /// <summary>True where there are more names than the limit; the rest was left out.</summary>
    internal bool Overflowed { get; private set; }

    /// <summary>By inode, so that the inode table is read in one direction; names not wanted twice are marked.</summary>
    internal ReadOnlySpan<int> Order => order.AsSpan(0, Count);

    internal ref readonly ExtName this[int index] => ref names[index];

    internal ReadOnlySpan<byte> Text(in ExtName name) => text.AsSpan(name.NameAt, name.NameLength);

    internal void Clear() => (Count, textLength, Overflowed, Encrypted, Hashed) = (0, 0, false, false, false);

    /// <summary>Reads one block, or a part of inline content. Says what is wrong in words, or null.</summary>
    internal string? Parse(ReadOnlySpan<byte> block, bool deleted, bool indexed, bool first, bool inline, uint seed, out bool mismatch)
    {
        mismatch = false;
        string? wrong = null;
        int at = 0, slack = 0;
        bool salvaging = false;
        bool checkable = checksums && !deleted && !inline;
        if (indexed && !inline)
        {
            at = SkipIndexNode(block, checkable, seed, ref mismatch);
            checkable &= at == 0;
            slack = at == 0 ? 0 : block.Length - at;
        }

        while (at <= block.Length - SmallestRecord)
        {
            uint inode = BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);
            int length = RecordLength(BinaryPrimitives.ReadUInt16LittleEndian(block[(at + 4)..]));
            int nameLength = typed ? block[at + 6] : BinaryPrimitives.ReadUInt16LittleEndian(block[(at + 6)..]);
            byte type = typed ? block[at + 7] : (byte)0;
            bool dot = nameLength is 1 or 2 && at + 8 + nameLength <= block.Length && block.Slice(at + 8, nameLength).IndexOfAnyExcept((byte)'.') < 0;
            int need = (nameLength + 8 + (Hashed && !dot ? 8 : 0) + 3) & ~3;
            bool shaped = length >= need && length % 4 == 0 && at + length <= block.Length;
            bool named = nameLength is > 0 and <= MaximumName;
            if (slack > 0)
            {
                if (!shaped || !named || inode > maximumInode || need > slack)
                {
                    at += 4;
                    slack -= 4;
                    continue;
                }
            }
            else if (!shaped || !named)
            {
                if (shaped && nameLength == 0 && inode == 0 && length >= 8)
                {
                    if (typed && type == ChecksumTail && length == SmallestRecord && at + length == block.Length)
                    {
                        if (checkable)
                        {
                            mismatch |= BinaryPrimitives.ReadUInt32LittleEndian(block[(at + 8)..]) != ExtChecksum.Crc32C(seed, block[..at]);
                        }

                        break;
                    }

                    // A record without name: nothing was ever here, or the block was emptied. What it covers is searched.
                    at += 8;
                    slack = length - 8;
                    continue;
                }

                wrong ??= $"the record at {at} does not hold (rec_len {length}, name_len {nameLength})";
                salvaging = true;
                at += 4;
                continue;
            }

            ExtNameState state = (slack > 0 || inode == 0 || deleted ? ExtNameState.Deleted : ExtNameState.Live)
                | (salvaging && slack <= 0 ? ExtNameState.Salvaged : 0)
                | (inode > maximumInode ? ExtNameState.NoSuchInode : 0);
            if (inode > maximumInode && deleted)
            {
                at += 4;
                continue;
            }

            if (!Add(inode, block.Slice(at + 8, nameLength), type, state))
            {
                return wrong;
            }

            if (slack > 0)
            {
                at += need;
                slack -= need;
                continue;
            }

            int rest = length - need;
            if (rest < SmallestRecord)
            {
                at += length;
                continue;
            }

            int skipped = first && indexed && !inline ? SkipIndexRoot(block, at, need, rest, checkable, seed, ref mismatch) : 0;
            checkable &= skipped == 0;
            at += need + skipped;
            slack = rest - skipped;
        }

        return wrong;
    }

    /// <summary>Sorts by inode and marks names met before: live ones count before deleted ones.</summary>
    internal void Arrange()
    {
        if (keys.Length < Count)
        {
            keys = new ulong[names.Length];
            order = new int[names.Length];
        }

        for (int i = 0; i < Count; i++)
        {
            keys[i] = ((ulong)names[i].Inode << 32) | ExtChecksum.Crc32C(0, Text(names[i]));
            order[i] = i;
        }

        Array.Sort(keys, order, 0, Count);
        int run = 0;
        for (int i = 1; i < Count; i++)
        {
            if (keys[i] != keys[i - 1])
            {
                run = i;
                continue;
            }

            // Names of one inode with one checksum are the same name but for made-up collisions, which are not worth more than a few looks.
            for (int j = Math.Max(run, i - 16); j < i; j++)
            {
                ref ExtName a = ref names[order[j]];
                ref ExtName b = ref names[order[i]];
                if ((a.State & ExtNameState.Repeated) != 0 || !Text(a).SequenceEqual(Text(b)))
                {
                    continue;
                }

                bool dropFirst = (a.State & ExtNameState.Deleted) != 0 && (b.State & ExtNameState.Deleted) == 0;
                if (dropFirst)
                {
                    a = a with { State = a.State | ExtNameState.Repeated };
                }
                else
                {
                    b = b with { State = b.State | ExtNameState.Repeated };
                    break;
                }
            }
        }
    }

    private int RecordLength(int stored) => blockSize < 65536 ? stored : stored is 0 or 65535 ? blockSize : (stored & 65532) | ((stored & 3) << 16);

    private bool Add(uint inode, ReadOnlySpan<byte> name, byte type, ExtNameState state)
    {
        if (Count >= Limits.NamesInDirectory)
        {
            Overflowed = true;
            return false;
        }

        if (Count == names.Length)
        {
            Array.Resize(ref names, names.Length * 2);
        }

        if (text.Length - textLength < name.Length)
        {
            Array.Resize(ref text, text.Length * 2);
        }

        name.CopyTo(text.AsSpan(textLength));
        names[Count++] = new ExtName(inode, textLength, (byte)name.Length, type, state);
        textLength += name.Length;
        return true;
    }

    /// <summary>
    /// struct dx_root: after ".." (whose record covers the block) come 8 bytes of information and an array of hash and block, which are no names.
    /// Returns the bytes to pass over after the record of "..".
    /// </summary>
    private static int SkipIndexRoot(ReadOnlySpan<byte> block, int at, int need, int rest, bool check, uint seed, ref bool mismatch)
    {
        const int info = 24;
        if (at != 12 || at + need != info || rest < 16 || BinaryPrimitives.ReadUInt32LittleEndian(block[info..]) != 0 || block[info + 5] != 8)
        {
            return 0;
        }

        int limit = BinaryPrimitives.ReadUInt16LittleEndian(block[(info + 8)..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(block[(info + 10)..]);
        if (count < 1 || count > limit || info + 8 + (8 * limit) > block.Length)
        {
            return 0;
        }

        if (check)
        {
            mismatch |= !IndexChecksumHolds(block, info + 8, limit, count, seed);
        }

        return 8 + (8 * count);
    }

    /// <summary>struct dx_node: an empty record over the block, then the array. Returns where the array's used part ends, 0 for another kind of block.</summary>
    private int SkipIndexNode(ReadOnlySpan<byte> block, bool check, uint seed, ref bool mismatch)
    {
        if (block.Length < 16 || BinaryPrimitives.ReadUInt32LittleEndian(block) != 0 || RecordLength(BinaryPrimitives.ReadUInt16LittleEndian(block[4..])) != block.Length || block[6] != 0)
        {
            return 0;
        }

        int limit = BinaryPrimitives.ReadUInt16LittleEndian(block[8..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(block[10..]);
        if (limit != (block.Length - 8 - (checksums ? 8 : 0)) / 8 || count < 1 || count > limit)
        {
            return 0;
        }

        if (check)
        {
            mismatch |= !IndexChecksumHolds(block, 8, limit, count, seed);
        }

        return 8 + (8 * count);
    }

    private static bool IndexChecksumHolds(ReadOnlySpan<byte> block, int array, int limit, int count, uint seed)
    {
        int tail = array + (8 * limit);
        if (tail + 8 > block.Length)
        {
            return false;
        }

        uint crc = ExtChecksum.Crc32C(seed, block[..(array + (8 * count))]);
        crc = ExtChecksum.Crc32C(crc, block.Slice(tail, 4));
        crc = ExtChecksum.Crc32C(crc, 0u);
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(block[(tail + 4)..]);
    }
}
