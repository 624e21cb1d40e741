using System.Buffers.Binary;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Cfb;

/// <summary>A stream or storage of a compound file.</summary>
/// <param name="Id">Its number in the directory.</param>
/// <param name="Path">Names from the root, "/" between them; a "/" within a name is written as "_".</param>
/// <param name="Name">The name alone.</param>
/// <param name="NameBytes">As stored, where the text does not give it back.</param>
/// <param name="IsStorage">A storage, which has no content.</param>
/// <param name="IsOrphan">No storage names it.</param>
/// <param name="Size">Bytes as stated.</param>
/// <param name="Start">First sector.</param>
/// <param name="Times">A storage's times.</param>
internal sealed record CompoundEntry(int Id, string Path, string Name, byte[]? NameBytes, bool IsStorage, bool IsOrphan, long Size, uint Start, EntryTimes Times);

/// <summary>
/// Reads [MS-CFB]: sectors in chains, a directory, and a second file system of small sectors in a stream of the first. No chain is followed
/// further than the file has sectors.
/// </summary>
internal sealed class CompoundFile
{
    private const uint EndOfChain = 0xFFFFFFFE;
    private const uint LargestSector = 0xFFFFFFFA;
    private const uint NoStream = 0xFFFFFFFF;
    private const int MostEntries = 1_000_000;
    private const int MostTable = 64 << 20;

    private readonly IByteSource file;
    private readonly IProblemSink problems;
    private readonly int sectorBytes;
    private readonly int miniBytes;
    private readonly long cutoff;
    private readonly long sectors;
    private readonly uint[] table;
    private readonly uint[] miniTable;
    private readonly byte[] directory;
    private readonly List<uint> root;
    private readonly bool isVersion3;

    /// <exception cref="MalformedDataException">Its header or its directory cannot be read at all.</exception>
    public CompoundFile(IByteSource file, IProblemSink problems)
    {
        this.file = file;
        this.problems = problems;
        byte[] head = new byte[512];
        file.ReadExactly(0, head, "compound file header");
        SpanReader reader = new(head);
        if (reader.U64Le("signature") != 0xE11AB1A1E011CFD0)
        {
            throw new MalformedDataException("signature", 0, "D0 CF 11 E0 A1 B1 1A E1", Convert.ToHexString(head.AsSpan(0, 8)));
        }

        reader.Seek(0x1A, "major version");
        isVersion3 = reader.U16Le("major version") == 3;
        reader.Seek(0x1E, "sector shift");
        int shift = reader.U16Le("sector shift"), miniShift = reader.U16Le("mini sector shift");
        if (shift is < 7 or > 20 || miniShift < 2 || miniShift > shift)
        {
            throw new MalformedDataException("sector shifts", 0x1E, "9 or 12, and 6", $"{shift}, {miniShift}");
        }

        (sectorBytes, miniBytes) = (1 << shift, 1 << miniShift);
        sectors = (file.Length + sectorBytes - 1) / sectorBytes;
        reader.Seek(0x2C, "FAT sectors");
        uint tableSectors = reader.U32Le("FAT sectors"), directoryStart = reader.U32Le("first directory sector");
        reader.Seek(0x38, "mini stream cutoff");
        cutoff = reader.U32Le("mini stream cutoff");
        uint miniStart = reader.U32Le("first mini FAT sector");
        reader.Skip(4, "mini FAT sectors");
        uint difat = reader.U32Le("first DIFAT sector"), difatSectors = reader.U32Le("DIFAT sectors");
        table = Table(TableSectors(ref reader, tableSectors, difat, difatSectors));
        directory = Bytes(Chain(directoryStart, "directory", sectors), "directory");
        if (directory.Length < 128)
        {
            throw new MalformedDataException("directory", Offset(directoryStart), "a root entry", "none");
        }

        miniTable = miniStart < LargestSector ? Table(Chain(miniStart, "mini FAT", sectors)) : [];
        root = Chain(BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(0x74)), "mini stream", sectors);
    }

    /// <summary>Storages and streams, those a storage names first, in the order of its tree, then those that none names.</summary>
    public IEnumerable<CompoundEntry> Entries()
    {
        int count = Math.Min(directory.Length / 128, MostEntries);
        if (directory.Length / 128 > MostEntries)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, "directory", $"more than {MostEntries:N0} entries; the rest is left out"));
        }

        bool[] seen = new bool[count];
        seen[0] = true;

        // A storage's children form a binary tree; it is walked with a stack: left, entry, right.
        Stack<(uint Id, string Parent, bool Expanded)> pending = new();
        pending.Push((Field(0, 0x4C), "", false));
        while (pending.Count > 0)
        {
            (uint id, string parent, bool expanded) = pending.Pop();
            if (id == NoStream)
            {
                continue;
            }

            if (id >= count)
            {
                problems.Report(new Problem(ProblemKind.Malformed, "directory", $"\"{parent}\" names entry {id} of {count}"));
                continue;
            }

            if (!expanded)
            {
                if (seen[id])
                {
                    problems.Report(Problem.Cycle("directory", $"entry {id} is named twice"));
                    continue;
                }

                seen[id] = true;
                pending.Push((Field((int)id, 0x48), parent, false));
                pending.Push((id, parent, true));
                pending.Push((Field((int)id, 0x44), parent, false));
                continue;
            }

            CompoundEntry entry = Entry((int)id, parent, false);
            yield return entry;
            if (entry.IsStorage)
            {
                if (entry.Path.Length > Limits.PathLength)
                {
                    problems.Report(new Problem(ProblemKind.LimitReached, "directory", $"a path longer than {Limits.PathLength} characters; what is in it is left out"));
                    continue;
                }

                pending.Push((Field((int)id, 0x4C), entry.Path, false));
            }
        }

        for (int id = 1; id < count; id++)
        {
            if (!seen[id] && directory[(128 * id) + 0x42] is 1 or 2 && Length(id) > 0)
            {
                yield return Entry(id, "", true);
            }
        }
    }

    /// <summary>The content of a stream, as far as its chain goes.</summary>
    public IByteSource Open(CompoundEntry entry)
    {
        List<Extent> extents = [];
        long size = entry.Size, at = 0;
        if (size >= cutoff)
        {
            foreach (uint sector in Chain(entry.Start, entry.Path, (size + sectorBytes - 1) / sectorBytes))
            {
                Add(Offset(sector), Math.Min(sectorBytes, size - at));
            }
        }
        else
        {
            long mini = size == 0 ? 0 : entry.Start, left = (size + miniBytes - 1) / miniBytes;
            HashSet<long> seen = [];
            while (left-- > 0 && mini < LargestSector)
            {
                if (!seen.Add(mini))
                {
                    problems.Report(Problem.Cycle(entry.Path, $"its chain of small sectors leads back to {mini}"));
                    break;
                }

                long within = mini * miniBytes;
                int index = (int)Math.Min(within / sectorBytes, int.MaxValue);
                if (index >= root.Count)
                {
                    break;
                }

                Add(Offset(root[index]) + (within % sectorBytes), Math.Min(miniBytes, size - at));
                mini = mini < miniTable.Length ? miniTable[mini] : EndOfChain;
            }
        }

        return new ExtentSource(file, extents, at, at);

        void Add(long offset, long length)
        {
            length = Math.Min(length, file.Length - offset);
            if (length <= 0)
            {
                return;
            }

            if (extents.Count > 0 && extents[^1].VolumeOffset + extents[^1].Length == offset)
            {
                extents[^1] = extents[^1] with { Length = extents[^1].Length + length };
            }
            else
            {
                extents.Add(new Extent(at, offset, length));
            }

            at += length;
        }
    }

    private CompoundEntry Entry(int id, string parent, bool isOrphan)
    {
        ReadOnlySpan<byte> bytes = directory.AsSpan(128 * id, 128);
        int length = Math.Clamp((BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x40..]) & ~1) - 2, 0, 62);
        ReadOnlySpan<byte> raw = bytes[..length];
        string name = Encoding.Unicode.GetString(raw);
        byte[]? kept = Encoding.Unicode.GetBytes(name).AsSpan().SequenceEqual(raw) && !name.Contains('/') ? null : raw.ToArray();
        name = name.Length == 0 ? $"entry {id}" : name.Replace('/', '_');
        EvidenceTime created = new(BinaryPrimitives.ReadInt64LittleEndian(bytes[0x64..]), TimeKind.FileTime), modified = new(BinaryPrimitives.ReadInt64LittleEndian(bytes[0x6C..]), TimeKind.FileTime);
        return new CompoundEntry(id, parent.Length == 0 ? name : $"{parent}/{name}", name, kept, bytes[0x42] is 1 or 5, isOrphan, Length(id), Field(id, 0x74), new EntryTimes(modified, default, default, created));
    }

    private long Length(int id)
    {
        // Version 3 writers leave the upper half undefined.
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(directory.AsSpan((128 * id) + 0x78));
        return isVersion3 ? (long)(size & 0xFFFFFFFF) : (long)Math.Min(size, long.MaxValue / 4);
    }

    private uint Field(int id, int at) => BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan((128 * id) + at));

    private long Offset(uint sector) => ((long)sector + 1) * sectorBytes;

    private List<uint> TableSectors(ref SpanReader header, uint count, uint difat, uint difatSectors)
    {
        List<uint> list = [];
        for (int i = 0; i < 109; i++)
        {
            Take(header.U32Le("DIFAT"));
        }

        byte[] sector = new byte[sectorBytes];
        HashSet<uint> seen = [];
        for (uint i = 0; i < difatSectors && difat < LargestSector; i++)
        {
            if (!seen.Add(difat))
            {
                problems.Report(Problem.Cycle("DIFAT", $"its chain leads back to sector {difat}"));
                break;
            }

            if (file.ReadAt(Offset(difat), sector) < sector.Length)
            {
                problems.Report(new Problem(ProblemKind.Missing, "DIFAT", $"its sector {difat} lies behind the end of the file", Offset(difat)));
                break;
            }

            for (int at = 0; at + 8 <= sectorBytes; at += 4)
            {
                Take(BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(at)));
            }

            difat = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(sectorBytes - 4));
        }

        return list;

        void Take(uint number)
        {
            if (number < LargestSector && number < sectors && list.Count < count)
            {
                list.Add(number);
            }
        }
    }

    private uint[] Table(List<uint> list)
    {
        byte[] bytes = Bytes(list, "FAT");
        uint[] entries = new uint[bytes.Length / 4];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 * i));
        }

        return entries;
    }

    private byte[] Bytes(List<uint> list, string what)
    {
        if ((long)list.Count * sectorBytes > MostTable)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, what, $"more than {MostTable:N0} bytes; the rest is left out"));
            list = list[..(MostTable / sectorBytes)];
        }

        byte[] bytes = new byte[list.Count * sectorBytes];
        for (int i = 0; i < list.Count; i++)
        {
            Span<byte> target = bytes.AsSpan(i * sectorBytes, sectorBytes);
            try
            {
                int got = file.ReadAt(Offset(list[i]), target);
                target[got..].Clear();
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, what));
                target.Clear();
            }
        }

        return bytes;
    }

    private List<uint> Chain(uint start, string what, long most)
    {
        List<uint> list = [];
        HashSet<uint> seen = [];
        for (uint sector = start; sector < LargestSector && list.Count < most;)
        {
            if (sector >= sectors)
            {
                problems.Report(new Problem(ProblemKind.Missing, what, $"its chain names sector {sector} of {sectors}"));
                break;
            }

            if (!seen.Add(sector))
            {
                problems.Report(Problem.Cycle(what, $"its chain leads back to sector {sector}"));
                break;
            }

            list.Add(sector);
            sector = sector < table.Length ? table[sector] : EndOfChain;
        }

        return list;
    }
}
