using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Known.Sets;

/// <summary>
/// Sorts any number of fixed-width hashes with a number each in bounded memory: runs are sorted in memory, written to a temporary file and
/// merged. Of equal hashes the one with the lowest number other than 0 stays, or all that differ in their number.
/// </summary>
internal sealed class HashSorter : IDisposable
{
    private const int RunRecords = 1 << 20;
    private const int MergeBufferBytes = 16 << 20;

    private readonly int hashBytes;
    private readonly int recordBytes;
    private readonly string temporaryPath;
    private readonly bool keepsAll;
    private readonly List<(long Offset, long Length)> runs = [];
    private byte[] records;
    private int count;
    private SafeFileHandle? file;
    private long fileLength;

    public HashSorter(int hashBytes, string temporaryPath, bool keepsAll = false)
    {
        this.hashBytes = hashBytes;
        this.temporaryPath = temporaryPath;
        this.keepsAll = keepsAll;
        recordBytes = hashBytes + SetFileLayout.DetailNumberBytes;
        records = new byte[recordBytes * 1024];
    }

    /// <summary>Hashes added, repeated ones included.</summary>
    public long Added { get; private set; }

    public void Add(ReadOnlySpan<byte> hash, uint detail)
    {
        if (count == RunRecords)
        {
            Spill();
        }

        int at = count * recordBytes;
        if (at == records.Length)
        {
            Array.Resize(ref records, Math.Min(records.Length * 4, RunRecords * recordBytes));
        }

        hash.CopyTo(records.AsSpan(at, hashBytes));
        BinaryPrimitives.WriteUInt32BigEndian(records.AsSpan(at + hashBytes), detail);
        count++;
        Added++;
    }

    /// <summary>Every different hash in ascending order, then by number; can be called again. Nothing is added afterwards.</summary>
    public void Merge(RecordAction each, CancellationToken cancel)
    {
        byte[] current = new byte[recordBytes];
        bool any = false;
        void Take(ReadOnlySpan<byte> record)
        {
            if (any && record[..hashBytes].SequenceEqual(current.AsSpan(0, hashBytes)) && (!keepsAll || record.SequenceEqual(current)))
            {
                // They come in the order of their numbers.
                if (Number(current) == 0)
                {
                    record.CopyTo(current);
                }

                return;
            }

            if (any)
            {
                each(current.AsSpan(0, hashBytes), Number(current));
            }

            record.CopyTo(current);
            any = true;
        }

        if (file is null)
        {
            int[] order = SortedOrder();
            for (int i = 0; i < order.Length; i++)
            {
                if ((i & 0xFFFF) == 0)
                {
                    cancel.ThrowIfCancellationRequested();
                }

                Take(records.AsSpan(order[i] * recordBytes, recordBytes));
            }
        }
        else
        {
            Spill();
            MergeRuns(Take, cancel);
        }

        if (any)
        {
            each(current.AsSpan(0, hashBytes), Number(current));
        }
    }

    public void Dispose()
    {
        file?.Dispose();
        if (file is not null)
        {
            File.Delete(temporaryPath);
        }
    }

    /// <summary>Called with a hash, valid during the call, and its number.</summary>
    public delegate void RecordAction(ReadOnlySpan<byte> hash, uint number);

    private delegate void TakeAction(ReadOnlySpan<byte> record);

    private uint Number(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32BigEndian(record[hashBytes..]);

    private void MergeRuns(TakeAction take, CancellationToken cancel)
    {
        records = [];
        int buffer = Math.Max(1, MergeBufferBytes / runs.Count / recordBytes) * recordBytes;
        List<RunReader> heap = [];
        foreach ((long offset, long length) in runs)
        {
            RunReader run = new(file!, offset, length, recordBytes, buffer);
            if (run.Next())
            {
                heap.Add(run);
            }
        }

        for (int i = (heap.Count / 2) - 1; i >= 0; i--)
        {
            SiftDown(heap, i);
        }

        long done = 0;
        while (heap.Count > 0)
        {
            if ((++done & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            take(heap[0].Current);
            if (!heap[0].Next())
            {
                heap[0] = heap[^1];
                heap.RemoveAt(heap.Count - 1);
            }

            SiftDown(heap, 0);
        }
    }

    /// <summary>Restores the order of a heap, the smallest first, where only one may have become larger.</summary>
    private static void SiftDown(List<RunReader> heap, int at)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= heap.Count)
            {
                return;
            }

            if (child + 1 < heap.Count && heap[child + 1].ComesBefore(heap[child]))
            {
                child++;
            }

            if (!heap[child].ComesBefore(heap[at]))
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private void Spill()
    {
        if (count == 0)
        {
            return;
        }

        file ??= File.OpenHandle(temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        int[] order = SortedOrder();
        byte[] block = new byte[recordBytes * 4096];
        int filled = 0;
        long start = fileLength;
        foreach (int index in order)
        {
            records.AsSpan(index * recordBytes, recordBytes).CopyTo(block.AsSpan(filled));
            filled += recordBytes;
            if (filled == block.Length)
            {
                Write(block);
                filled = 0;
            }
        }

        Write(block.AsSpan(0, filled));
        runs.Add((start, fileLength - start));
        count = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(file!, bytes, fileLength);
        fileLength += bytes.Length;
    }

    private int[] SortedOrder()
    {
        // By the first 32 bits in two passes of 16, each item those bits and the number of its record.
        ulong[] items = new ulong[count], scratch = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(records.AsSpan(i * recordBytes)) << 32) | (uint)i;
        }

        Pass(items, scratch, 32);
        Pass(scratch, items, 48);
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = (int)(uint)items[i];
        }

        // Hashes rarely share those; where they do, the whole record decides.
        for (int i = 0; i < count;)
        {
            int end = i + 1;
            while (end < count && items[end] >> 32 == items[i] >> 32)
            {
                end++;
            }

            if (end - i > 1)
            {
                order.AsSpan(i, end - i).Sort((a, b) => records.AsSpan(a * recordBytes, recordBytes).SequenceCompareTo(records.AsSpan(b * recordBytes, recordBytes)));
            }

            i = end;
        }

        return order;
    }

    private static void Pass(ulong[] from, ulong[] to, int shift)
    {
        int[] starts = new int[(1 << 16) + 1];
        foreach (ulong item in from)
        {
            starts[(ushort)(item >> shift) + 1]++;
        }

        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        foreach (ulong item in from)
        {
            to[starts[(ushort)(item >> shift)]++] = item;
        }
    }

    private sealed class RunReader(SafeFileHandle file, long offset, long length, int recordBytes, int bufferBytes)
    {
        private readonly byte[] buffer = new byte[Math.Min(bufferBytes, length)];
        private int filled;
        private int at = -recordBytes;

        private ulong key;

        public ReadOnlySpan<byte> Current => buffer.AsSpan(at, recordBytes);

        public bool ComesBefore(RunReader other) => key != other.key ? key < other.key : Current.SequenceCompareTo(other.Current) < 0;

        public bool Next()
        {
            at += recordBytes;
            if (at < filled || Fill())
            {
                key = BinaryPrimitives.ReadUInt64BigEndian(buffer.AsSpan(at));
                return true;
            }

            return false;
        }

        private bool Fill()
        {
            int wanted = (int)Math.Min(buffer.Length, length);
            filled = 0;
            while (filled < wanted)
            {
                int got = RandomAccess.Read(file, buffer.AsSpan(filled, wanted - filled), offset + filled);
                if (got == 0)
                {
                    throw new IOException("a temporary file of the import was cut short");
                }

                filled += got;
            }

            offset += filled;
            length -= filled;
            at = 0;
            return filled > 0;
        }
    }
}
