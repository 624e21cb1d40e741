namespace Cairn.Storage.Containers.Ewf;

/// <summary>
/// The chunks of one table. Entries stay as they are stored, four bytes each, so that the map of a disk of many terabytes fits in memory.
/// </summary>
internal sealed class ChunkGroup
{
    /// <summary>Index of the segment file.</summary>
    public required int File { get; init; }

    /// <summary>Added to each entry.</summary>
    public required long BaseOffset { get; init; }

    /// <summary>The entries; the top bit says compressed, up to <see cref="Overflow"/>.</summary>
    public required uint[] Entries { get; init; }

    /// <summary>Where the last chunk ends at the latest.</summary>
    public required long End { get; init; }

    /// <summary>
    /// The first entry whose top bit belongs to the offset: EnCase 6.7.1 wrote segments of more than 2 GiB that way. The number of
    /// entries where there is none.
    /// </summary>
    public required int Overflow { get; init; }

    /// <summary>Entries on which the damaged table and its damaged copy disagree, or null.</summary>
    public HashSet<int>? Lost { get; init; }

    /// <summary>The chunks are always compressed, whatever the entry says (SMART).</summary>
    public required bool AlwaysCompressed { get; init; }

    /// <summary>Number of the group's first chunk on the media.</summary>
    public long FirstChunk { get; set; }

    /// <summary>Chunks in the group.</summary>
    public int Count => Entries.Length;

    /// <summary>Where the chunk starts in its file.</summary>
    public long StartOf(int index) => BaseOffset + (index < Overflow ? Entries[index] & 0x7FFF_FFFF : Entries[index]);

    /// <summary>Whether the entry says compressed; null where it cannot say.</summary>
    public bool? IsCompressed(int index) => AlwaysCompressed ? true : index < Overflow ? Entries[index] >> 31 != 0 : null;

    /// <summary>Where the chunk ends in its file at the latest: at the start of the next that lies behind it.</summary>
    public long EndOf(int index)
    {
        if (index + 1 < Entries.Length && Lost?.Contains(index + 1) != true)
        {
            long next = StartOf(index + 1);
            if (next > StartOf(index) && next <= End)
            {
                return next;
            }
        }

        return End;
    }

    /// <summary>Finds the first entry whose top bit must be part of the offset, in a file large enough for that.</summary>
    public static int FindOverflow(uint[] entries, long fileLength)
    {
        if (fileLength <= int.MaxValue)
        {
            return entries.Length;
        }

        for (int i = 0; i + 1 < entries.Length; i++)
        {
            uint start = entries[i] & 0x7FFF_FFFF;
            uint next = entries[i + 1] & 0x7FFF_FFFF;

            // Offsets only grow. One that seems to fall back, and does not with its top bit counted in, is past 2 GiB.
            uint size = next >= start ? next - start : entries[i + 1] - start;
            if ((ulong)start + size > int.MaxValue)
            {
                return i + 1;
            }
        }

        return entries.Length;
    }
}
