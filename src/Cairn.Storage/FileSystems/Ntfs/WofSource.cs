using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>How the Windows Overlay Filter packed a file.</summary>
internal enum WofAlgorithm
{
    Xpress4K = 0,
    Lzx = 1,
    Xpress8K = 2,
    Xpress16K = 3,
}

/// <summary>
/// The content of a file packed by the Windows Overlay Filter (compact /exe): its stream WofCompressedData holds a table of chunk ends
/// and the chunks; a chunk as long as its plain bytes is stored as it is.
/// </summary>
internal sealed class WofSource : IUnpacking
{
    public const string StreamName = "WofCompressedData";
    public const string NoStream = "its content is packed by the Windows Overlay Filter, but the stream " + StreamName + " is not there";
    private readonly IByteSource packed;
    private readonly WofAlgorithm algorithm;
    private readonly int chunkSize;
    private readonly long chunks;
    private readonly int entrySize;
    private Decoded? last;

    public WofSource(IByteSource packed, long size, WofAlgorithm algorithm)
    {
        (this.packed, this.algorithm, Length) = (packed, algorithm, size);
        chunkSize = algorithm switch
        {
            WofAlgorithm.Lzx => Lzx.ChunkSize,
            WofAlgorithm.Xpress8K => 8_192,
            WofAlgorithm.Xpress16K => 16_384,
            _ => 4_096,
        };
        chunks = (size / chunkSize) + (size % chunkSize == 0 ? 0 : 1);
        entrySize = size > uint.MaxValue ? 8 : 4;
    }

    public long Length { get; }

    public int SectorSize => packed.SectorSize;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        while (done < wanted)
        {
            long at = offset + done;
            byte[] plain = Chunk(at / chunkSize);
            int within = (int)(at % chunkSize);
            int count = Math.Min(wanted - done, plain.Length - within);
            plain.AsSpan(within, count).CopyTo(buffer[done..]);
            done += count;
        }

        return wanted;
    }

    public void Dispose() => packed.Dispose();

    private byte[] Chunk(long index)
    {
        Decoded? kept = last;
        if (kept?.Index == index)
        {
            return kept.Plain;
        }

        long start = index * chunkSize;
        int size = (int)Math.Min(chunkSize, Length - start);
        byte[] plain = new byte[size];
        try
        {
            long data = (chunks - 1) * entrySize;
            long from = index == 0 ? 0 : End(index - 1);
            long to = index == chunks - 1 ? packed.Length - data : End(index);
            if (to <= from || to - from > size || to > packed.Length - data)
            {
                throw new UnreadableDataException(start, size, $"chunk {index} of WofCompressedData lies from {from} to {to} of {packed.Length - data} bytes");
            }

            byte[] source = new byte[(int)(to - from)];
            packed.ReadAt(data + from, source);
            if (source.Length == size)
            {
                plain = source;
            }
            else if (!Decode(source, plain))
            {
                throw new UnreadableDataException(start, size, $"chunk {index} of WofCompressedData is not {algorithm}");
            }
        }
        catch (UnreadableDataException error) when (error.Offset != start)
        {
            throw new UnreadableDataException(start, size, $"WofCompressedData: {error.Reason}", error);
        }

        last = new Decoded(index, plain);
        return plain;
    }

    private bool Decode(byte[] source, byte[] plain) =>
        algorithm == WofAlgorithm.Lzx ? new Lzx().TryDecompress(source, plain) : new XpressHuffman().TryDecompress(source, plain);

    private long End(long index)
    {
        Span<byte> entry = stackalloc byte[8];
        entry.Clear();
        packed.ReadAt(index * entrySize, entry[..entrySize]);
        long end = BinaryPrimitives.ReadInt64LittleEndian(entry);
        return end < 0 ? long.MaxValue : end;
    }

    private sealed record Decoded(long Index, byte[] Plain);
}
