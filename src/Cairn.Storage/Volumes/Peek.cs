using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.Volumes;

/// <summary>
/// Looks at places of a source for signatures. Never throws: what lies outside or cannot be read compares as absent. Blocks that were read
/// are kept, so that asking for many places costs few reads.
/// </summary>
internal sealed class Peek(IByteSource source)
{
    private const int Block = 65_536;
    private const int KeptBlocks = 64;
    private readonly Dictionary<long, byte[]> blocks = [];

    public long Length => source.Length;

    public int SectorSize => source.SectorSize;

    /// <summary>The bytes, fewer where the source ends, none where they cannot be read.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        if (offset < 0 || offset >= source.Length)
        {
            return [];
        }

        byte[] block = Load(offset / Block);
        int within = (int)(offset % Block);
        if (within + count <= Block)
        {
            return within >= block.Length ? [] : block.AsSpan(within, Math.Min(count, block.Length - within));
        }

        byte[] across = new byte[count];
        return across.AsSpan(0, Read(offset, across));
    }

    public bool Has(long offset, ReadOnlySpan<byte> expected) => Bytes(offset, expected.Length).SequenceEqual(expected);

    public uint U32Le(long offset) => Bytes(offset, 4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

    public uint U32Be(long offset) => Bytes(offset, 4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;

    public ushort U16Le(long offset) => Bytes(offset, 2) is { Length: 2 } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;

    public ushort U16Be(long offset) => Bytes(offset, 2) is { Length: 2 } bytes ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : (ushort)0;

    public byte U8(long offset) => Bytes(offset, 1) is { Length: 1 } bytes ? bytes[0] : (byte)0;

    private byte[] Load(long number)
    {
        if (blocks.TryGetValue(number, out byte[]? known))
        {
            return known;
        }

        byte[] block = new byte[(int)Math.Min(Block, source.Length - (number * Block))];
        int got = Read(number * Block, block);
        if (got < block.Length)
        {
            block = block[..got];
        }

        if (blocks.Count >= KeptBlocks)
        {
            blocks.Clear();
        }

        blocks[number] = block;
        return block;
    }

    private int Read(long offset, byte[] target)
    {
        try
        {
            // Unreadable sectors come back as zeros, which no signature is made of; those who interpret the place report them.
            return source.ReadAvailable(offset, target, static (_, _) => { });
        }
        catch (MalformedDataException)
        {
            return 0;
        }
    }
}
