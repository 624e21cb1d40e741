using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Media.Pdq;

/// <summary>
/// The two-pass box filter and the reduction to 64×64. A sum slides over each row, then over each column, twice. Sixteen rows or columns
/// slide at once: rows are turned into columns in strips of sixteen that stay in the first-level cache. Of the second pass only the 64
/// columns that the reduction keeps are carried on.
/// </summary>
internal ref struct PdqFilter
{
    private const int Lanes = 16;

    private readonly int columns;
    private readonly int rows;
    private readonly int stride;
    private readonly float[] first;
    private readonly float[] second;
    private readonly float[] strips;

    /// <summary>Takes buffers for a picture of that size, at most 512 by 512.</summary>
    public PdqFilter(int columns, int rows)
    {
        this.columns = columns;
        this.rows = rows;

        // Not a power of two, so that the rows of a column do not fall on the same lines of the cache.
        stride = RoundUp(columns) + Lanes;
        int length = Math.Max(stride, PdqTransform.Side) * RoundUp(rows);
        first = ArrayPool<float>.Shared.Rent(length);
        second = ArrayPool<float>.Shared.Rent(length);
        strips = ArrayPool<float>.Shared.Rent(2 * Lanes * PdqHasher.LongestSide);
    }

    /// <summary>A row to be filled with luma.</summary>
    public readonly Span<float> Row(int row) => first.AsSpan(row * stride, columns);

    /// <summary>Filters and reduces what was filled in, which is lost; a picture of 64 by 64 is taken as it is.</summary>
    public readonly void Reduce(Span<float> square)
    {
        const int Side = PdqTransform.Side;
        if (columns == Side && rows == Side)
        {
            for (int y = 0; y < Side; y++)
            {
                Row(y).CopyTo(square[(y * Side)..]);
            }

            return;
        }

        int rowWindow = Window(columns), columnWindow = Window(rows);
        Span<float> strip = strips.AsSpan(0, Lanes * PdqHasher.LongestSide);
        Span<float> slid = strips.AsSpan(Lanes * PdqHasher.LongestSide, Lanes * PdqHasher.LongestSide);
        for (int y = 0; y < rows; y += Lanes)
        {
            TurnIn(first.AsSpan(y * stride), strip);
            Slide(strip, slid, columns, Lanes, Lanes, rowWindow);
            TurnOut(slid, columns, second.AsSpan(y * stride), stride);
        }

        Slide(second, first, rows, columns, stride, columnWindow);
        Span<float> kept = stackalloc float[Side * Lanes];
        for (int y = 0; y < rows; y += Lanes)
        {
            TurnIn(first.AsSpan(y * stride), strip);
            Slide(strip, slid, columns, Lanes, Lanes, rowWindow);
            for (int x = 0; x < Side; x++)
            {
                slid.Slice(Kept(x, columns) * Lanes, Lanes).CopyTo(kept[(x * Lanes)..]);
            }

            TurnOut(kept, Side, second.AsSpan(y * Side), Side);
        }

        Slide(second, first, rows, Side, Side, columnWindow);
        for (int y = 0; y < Side; y++)
        {
            first.AsSpan(Kept(y, rows) * Side, Side).CopyTo(square[(y * Side)..]);
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<float>.Shared.Return(first);
        ArrayPool<float>.Shared.Return(second);
        ArrayPool<float>.Shared.Return(strips);
    }

    private static int RoundUp(int count) => (count + Lanes - 1) & -Lanes;

    /// <summary>Half of what one of 64 parts covers, rounded up: two passes together cover it all.</summary>
    private static int Window(int side) => (side + 127) / 128;

    /// <summary>The middle of part <paramref name="part"/> of 64.</summary>
    private static int Kept(int part, int side) => (int)((part + 0.5) * side / PdqTransform.Side);

    /// <summary>
    /// Each of <paramref name="width"/> columns becomes its sliding mean; windows are shorter at both ends. A value is added before one is
    /// taken away, as in the reference, since single precision remembers the order.
    /// </summary>
    private static void Slide(ReadOnlySpan<float> source, Span<float> target, int length, int width, int stride, int window)
    {
        int ahead = window / 2;
        int behind = window - ahead;
        _ = source[((length - 1) * stride) + RoundUp(width) - 1];
        _ = target[((length - 1) * stride) + RoundUp(width) - 1];
        for (int x = 0; x < width; x += Lanes)
        {
            ref float from = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), x);
            ref float to = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), x);
            Vector512<float> sum = Vector512<float>.Zero;
            for (int i = 0; i < ahead; i++)
            {
                sum += At(ref from, i * stride);
            }

            int count = ahead;
            int y = 0;
            for (; y < behind; y++)
            {
                sum += At(ref from, (y + ahead) * stride);
                Mean(sum, ++count).StoreUnsafe(ref to, (nuint)(y * stride));
            }

            if (BitOperations.IsPow2(count))
            {
                // Exact, and a multiplication takes a fraction of a division's time.
                Vector512<float> share = Vector512.Create(1f / count);
                for (; y < length - ahead; y++)
                {
                    sum += At(ref from, (y + ahead) * stride);
                    sum -= At(ref from, (y - behind) * stride);
                    (sum * share).StoreUnsafe(ref to, (nuint)(y * stride));
                }
            }
            else
            {
                for (; y < length - ahead; y++)
                {
                    sum += At(ref from, (y + ahead) * stride);
                    sum -= At(ref from, (y - behind) * stride);
                    Mean(sum, count).StoreUnsafe(ref to, (nuint)(y * stride));
                }
            }

            for (; y < length; y++)
            {
                sum -= At(ref from, (y - behind) * stride);
                Mean(sum, --count).StoreUnsafe(ref to, (nuint)(y * stride));
            }
        }

        static Vector512<float> At(ref float from, int offset) => Vector512.LoadUnsafe(ref from, (nuint)offset);

        static Vector512<float> Mean(Vector512<float> sum, int count) => sum / Vector512.Create((float)count);
    }

    /// <summary>Sixteen rows become the sixteen columns of <paramref name="strip"/>.</summary>
    private readonly void TurnIn(ReadOnlySpan<float> source, Span<float> strip) => Turn(source, stride, strip, Lanes, Lanes, columns);

    /// <summary>The sixteen columns of <paramref name="strip"/> become rows.</summary>
    private static void TurnOut(ReadOnlySpan<float> strip, int length, Span<float> target, int stride) => Turn(strip, Lanes, target, stride, length, Lanes);

    /// <summary>Exchanges rows and columns, four by four; rows and columns are rounded up to four, for which both sides have room.</summary>
    private static void Turn(ReadOnlySpan<float> source, int sourceStride, Span<float> target, int targetStride, int sourceRows, int sourceColumns)
    {
        int height = (sourceRows + 3) & -4, width = (sourceColumns + 3) & -4;
        _ = source[((height - 1) * sourceStride) + width - 1];
        _ = target[((width - 1) * targetStride) + height - 1];
        ref float from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(target);
        for (int x = 0; x < width; x += 4)
        {
            for (int y = 0; y < height; y += 4)
            {
                int at = (y * sourceStride) + x;
                Vector128<float> a = Vector128.LoadUnsafe(ref from, (nuint)at);
                Vector128<float> b = Vector128.LoadUnsafe(ref from, (nuint)(at + sourceStride));
                Vector128<float> c = Vector128.LoadUnsafe(ref from, (nuint)(at + (2 * sourceStride)));
                Vector128<float> d = Vector128.LoadUnsafe(ref from, (nuint)(at + (3 * sourceStride)));
                Vector128<float> topLeft = ZipLow(a, c), topRight = ZipHigh(a, c), lowLeft = ZipLow(b, d), lowRight = ZipHigh(b, d);
                int put = (x * targetStride) + y;
                ZipLow(topLeft, lowLeft).StoreUnsafe(ref to, (nuint)put);
                ZipHigh(topLeft, lowLeft).StoreUnsafe(ref to, (nuint)(put + targetStride));
                ZipLow(topRight, lowRight).StoreUnsafe(ref to, (nuint)(put + (2 * targetStride)));
                ZipHigh(topRight, lowRight).StoreUnsafe(ref to, (nuint)(put + (3 * targetStride)));
            }
        }
    }

    /// <summary>The first halves of both, one after the other in turn: there is no portable instruction for it.</summary>
    private static Vector128<float> ZipLow(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    /// <summary>The second halves.</summary>
    private static Vector128<float> ZipHigh(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);
}
