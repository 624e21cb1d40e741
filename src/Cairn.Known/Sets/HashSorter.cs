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
        PriorityQueue<RunReader, RunReader> queue = new(Comparer<RunReader>.Create((a, b) => a.Current.SequenceCompareTo(b.Current)));
        foreach ((long offset, long length) in runs)
        {
            RunReader run = new(file!, offset, length, recordBytes, buffer);
            if (run.Next())
            {
                queue.Enqueue(run, run);
            }
        }

        long done = 0;
        while (queue.Count > 0)
        {
            if ((++done & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            // Out before it moves on: the queue must not hold a reader whose record changes.
            RunReader first = queue.Dequeue();
            take(first.Current);
            if (first.Next())
            {
                queue.Enqueue(first, first);
            }
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
        ulong[] keys = new ulong[count];
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            keys[i] = BinaryPrimitives.ReadUInt64BigEndian(records.AsSpan(i * recordBytes));
            order[i] = i;
        }

        Array.Sort(keys, order);

        // The first 64 bits rarely tie; where they do, the whole record decides.
        for (int i = 0; i < count;)
        {
            int end = i + 1;
            while (end < count && keys[end] == keys[i])
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

    private sealed class RunReader(SafeFileHandle file, long offset, long length, int recordBytes, int bufferBytes)
    {
        private readonly byte[] buffer = new byte[Math.Min(bufferBytes, length)];
        private int filled;
        private int at = -recordBytes;

        public ReadOnlySpan<byte> Current => buffer.AsSpan(at, recordBytes);

        public bool Next()
        {
            at += recordBytes;
            if (at < filled)
            {
                return true;
            }

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
