using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cairn.Core.Hashing;

/// <summary>How contents are hashed.</summary>
public enum HashingPath
{
    /// <summary>The fastest of this processor.</summary>
    Auto = 0,

    /// <summary>One content after the other with the platform's cryptography.</summary>
    Scalar = 1,

    /// <summary>Eight contents side by side in AVX2 registers.</summary>
    Avx2 = 2,

    /// <summary>Sixteen contents side by side in AVX-512 registers.</summary>
    Avx512 = 3,
}

/// <summary>
/// Computes MD5, SHA-1 and SHA-256 of many contents at once, one content in each lane of the processor's vector registers. A lane whose
/// content ends takes the next one at once, so the lanes stay full while there is work. One per thread; not safe for several threads.
/// Memory is fixed: <see cref="Lanes"/> buffers of 32 KiB.
/// </summary>
public sealed class MultiHasher : IDisposable
{
    /// <summary>Contents longer than this are hashed on their own by the platform's cryptography, so that no lane runs long after the others are done.</summary>
    public const long DefaultAloneAbove = 64L << 20;

    private const int PieceBytes = 32 << 10;
    private const int AloneBytes = 512 << 10;

    // A content's last piece may need its 0x80 and length in one more block.
    private const int PaddingBytes = 2 * LaneKernel.BlockBytes;

    private readonly LaneKernel? kernel;
    private readonly long aloneAbove;
    private readonly byte[] memory;
    private readonly int workStart;
    private readonly int dataStart;
    private readonly int laneBytes;
    private readonly Lane[] lanes;
    private readonly int[] offsets;
    private readonly uint[] finalLanes;
    private readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Action hashMd5;
    private readonly Action hashSha;
    private byte[]? alone;
    private int aloneCount;

    /// <summary>The fastest path of this processor.</summary>
    public MultiHasher() : this(HashingPath.Auto, DefaultAloneAbove)
    {
    }

    /// <summary>A chosen path.</summary>
    /// <param name="path">How.</param>
    /// <param name="aloneAbove">Contents expected to be longer (bytes) are hashed on their own.</param>
    /// <exception cref="PlatformNotSupportedException">The processor lacks what <paramref name="path"/> needs.</exception>
    public MultiHasher(HashingPath path, long aloneAbove = DefaultAloneAbove)
    {
        Path = path == HashingPath.Auto ? Best() : path;
        this.aloneAbove = aloneAbove;
        kernel = Path switch
        {
            HashingPath.Avx512 => Avx512LaneKernel.IsSupported ? new Avx512LaneKernel() : throw new PlatformNotSupportedException("this processor has no AVX-512"),
            HashingPath.Avx2 => Avx2LaneKernel.IsSupported ? new Avx2LaneKernel() : throw new PlatformNotSupportedException("this processor has no AVX2"),
            _ => null,
        };
        Lanes = kernel?.Lanes ?? 1;
        hashMd5 = () => md5.AppendData(alone.AsSpan(0, aloneCount));
        hashSha = () =>
        {
            sha1.AppendData(alone.AsSpan(0, aloneCount));
            sha256.AppendData(alone.AsSpan(0, aloneCount));
        };
        lanes = new Lane[Lanes];
        offsets = new int[Lanes];
        finalLanes = new uint[Lanes];

        // One more block than a power of two apart, so that the lanes' current blocks do not all fall into the same sets of the cache.
        laneBytes = PieceBytes + PaddingBytes + LaneKernel.BlockBytes;
        int workBytes = kernel is null ? 0 : LaneKernel.WorkRows * Lanes * sizeof(uint);
        if (kernel is null)
        {
            memory = [];
            return;
        }

        memory = GC.AllocateArray<byte>(LaneKernel.BlockBytes + workBytes + (laneBytes * Lanes), pinned: true);
        workStart = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) & (LaneKernel.BlockBytes - 1));
        dataStart = workStart + workBytes;
    }

    /// <summary>How contents are hashed, never <see cref="HashingPath.Auto"/>.</summary>
    public HashingPath Path { get; }

    /// <summary>Contents that are read side by side.</summary>
    public int Lanes { get; }

    /// <summary>
    /// Hashes every content that <paramref name="next"/> gives, until it gives null (it is not asked again) and all are done. What
    /// <see cref="ILaneContent.Read"/> throws goes to <see cref="ILaneContent.Failed"/>; what anything else throws, and cancellation from
    /// any of them, ends the run.
    /// </summary>
    public void Run(Func<ILaneContent?> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (kernel is null)
        {
            while (next() is ILaneContent content)
            {
                HashAlone(content);
            }

            return;
        }

        try
        {
            RunLanes(kernel, next);
        }
        finally
        {
            Array.Clear(lanes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        md5.Dispose();
        sha1.Dispose();
        sha256.Dispose();
    }

    private static HashingPath Best() =>
        Avx512LaneKernel.IsSupported ? HashingPath.Avx512 : Avx2LaneKernel.IsSupported ? HashingPath.Avx2 : HashingPath.Scalar;

    private void RunLanes(LaneKernel kernel, Func<ILaneContent?> next)
    {
        Span<uint> work = MemoryMarshal.Cast<byte, uint>(memory.AsSpan(workStart, dataStart - workStart));
        ReadOnlySpan<byte> data = memory.AsSpan(dataStart);
        bool more = true;
        int live = 0;
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            live += Start(lane, work, next, ref more) ? 1 : 0;
        }

        while (live > 0)
        {
            int blocks = int.MaxValue;
            foreach (ref Lane lane in lanes.AsSpan())
            {
                if (lane.Content is not null)
                {
                    blocks = Math.Min(blocks, lane.Blocks);
                }
            }

            // A lane without content goes along on whatever its buffer holds; it is as long as any.
            for (int i = 0; i < lanes.Length; i++)
            {
                ref Lane lane = ref lanes[i];
                offsets[i] = (i * laneBytes) + (lane.Content is null ? 0 : lane.Offset);
                finalLanes[i] = lane.Content is not null && lane.Ended && lane.Blocks == blocks ? uint.MaxValue : 0;
            }

            kernel.Compress(data, offsets, blocks, work, finalLanes);
            for (int i = 0; i < lanes.Length; i++)
            {
                ref Lane lane = ref lanes[i];
                if (lane.Content is null)
                {
                    continue;
                }

                lane.Offset += blocks * LaneKernel.BlockBytes;
                lane.Blocks -= blocks;
                if (lane.Blocks > 0)
                {
                    continue;
                }

                if (lane.Ended)
                {
                    lane.Content.Complete(Result(i, work));
                    lane.Content = null;
                }
                else
                {
                    Fill(i, lane.Held);
                }

                if (lane.Content is null && !Start(i, work, next, ref more))
                {
                    live--;
                }
            }
        }
    }

    /// <summary>Gives the lane its next content; false where there is none.</summary>
    private bool Start(int index, Span<uint> work, Func<ILaneContent?> next, ref bool more)
    {
        ref Lane lane = ref lanes[index];
        while (more)
        {
            ILaneContent? content = next();
            if (content is null)
            {
                more = false;
                break;
            }

            if (content.Length > aloneAbove)
            {
                HashAlone(content);
                continue;
            }

            lane = new Lane { Content = content };
            ReadOnlySpan<uint> initial = HashConstants.InitialState;
            for (int row = 0; row < initial.Length; row++)
            {
                work[(row * lanes.Length) + index] = initial[row];
            }

            Fill(index, 0);
            if (lane.Content is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads until the buffer is full or the content ends, and pads it where it ends. <paramref name="held"/> bytes that did not make a whole
    /// block stand before the lane's offset. A content that fails leaves the lane empty.
    /// </summary>
    private void Fill(int index, int held)
    {
        ref Lane lane = ref lanes[index];
        Span<byte> buffer = memory.AsSpan(dataStart + (index * laneBytes), PieceBytes + PaddingBytes);
        if (held > 0)
        {
            buffer.Slice(lane.Offset, held).CopyTo(buffer);
        }

        int filled = held;
        while (filled < PieceBytes)
        {
            int got;
            try
            {
                got = lane.Content!.Read(buffer[filled..PieceBytes]);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                ILaneContent failed = lane.Content!;
                lane.Content = null;
                failed.Failed(error);
                return;
            }

            if (got <= 0)
            {
                lane.Ended = true;
                break;
            }

            filled += CheckedCount(got, PieceBytes - filled);
        }

        lane.Total += filled - held;
        lane.Offset = 0;
        lane.Blocks = filled / LaneKernel.BlockBytes;
        lane.Held = filled % LaneKernel.BlockBytes;
        if (lane.Ended)
        {
            // RFC 1321, 3.1 and 3.2: a one bit, zeros, the length in bits as 64 bits at the end of a block.
            int end = (filled + 1 + sizeof(ulong) + LaneKernel.BlockBytes - 1) & -LaneKernel.BlockBytes;
            buffer[filled..end].Clear();
            buffer[filled] = 0x80;
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[(end - sizeof(ulong))..], (ulong)lane.Total << 3);
            lane.Blocks = end / LaneKernel.BlockBytes;
        }
    }

    private ContentHashes Result(int index, ReadOnlySpan<uint> work)
    {
        byte[] md5Value = new byte[16], sha1Value = new byte[20], sha256Value = new byte[32];
        int at = index;
        for (int i = 0; i < md5Value.Length; i += sizeof(uint), at += lanes.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(md5Value.AsSpan(i), work[at]);
        }

        for (int i = 0; i < sha1Value.Length; i += sizeof(uint), at += lanes.Length)
        {
            BinaryPrimitives.WriteUInt32BigEndian(sha1Value.AsSpan(i), work[at]);
        }

        for (int i = 0; i < sha256Value.Length; i += sizeof(uint), at += lanes.Length)
        {
            BinaryPrimitives.WriteUInt32BigEndian(sha256Value.AsSpan(i), work[at]);
        }

        return new ContentHashes(md5Value, sha1Value, sha256Value);
    }

    /// <summary>One content with the platform's cryptography; where a processor is idle, MD5 runs beside the other two.</summary>
    private void HashAlone(ILaneContent content)
    {
        alone ??= GC.AllocateUninitializedArray<byte>(AloneBytes);
        Exception? failure = null;
        ContentHashes hashes;
        try
        {
            do
            {
                failure = FillAlone(content, alone);
                if (aloneCount == AloneBytes)
                {
                    Parallel.Invoke(hashMd5, hashSha);
                }
                else
                {
                    hashMd5();
                    hashSha();
                }
            }
            while (aloneCount == AloneBytes && failure is null);
        }
        finally
        {
            // Also where the run ends here: the next content must start from nothing.
            hashes = new(md5.GetHashAndReset(), sha1.GetHashAndReset(), sha256.GetHashAndReset());
        }

        if (failure is not null)
        {
            content.Failed(failure);
            return;
        }

        content.Complete(hashes);
    }

    /// <summary>Reads until the buffer is full or the content ends; the exception where it fails.</summary>
    private Exception? FillAlone(ILaneContent content, byte[] buffer)
    {
        aloneCount = 0;
        while (aloneCount < buffer.Length)
        {
            int got;
            try
            {
                got = content.Read(buffer.AsSpan(aloneCount));
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                return error;
            }

            if (got <= 0)
            {
                break;
            }

            aloneCount = CheckedCount(got, buffer.Length - aloneCount) + aloneCount;
        }

        return null;
    }

    /// <summary>A content that claims more than it was given room for would make the hashes those of something else.</summary>
    private static int CheckedCount(int got, int room) =>
        got <= room ? got : throw new InvalidOperationException("a content returned more bytes than the buffer holds");

    private struct Lane
    {
        public ILaneContent? Content;

        /// <summary>Of the next block in the lane's buffer.</summary>
        public int Offset;

        /// <summary>Whole blocks left in the buffer.</summary>
        public int Blocks;

        /// <summary>Bytes after them that do not make a block.</summary>
        public int Held;

        /// <summary>Bytes read.</summary>
        public long Total;

        /// <summary>Read to the end and padded.</summary>
        public bool Ended;
    }
}
