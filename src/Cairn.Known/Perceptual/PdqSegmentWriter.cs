using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Core.Pictures;

namespace Cairn.Known.Perceptual;

/// <summary>
/// Collects hashes and writes them as a segment. Memory: 36 bytes a hash while they are collected, 24 more while the segment is written.
/// </summary>
internal sealed class PdqSegmentWriter
{
    private PdqHash[] hashes = new PdqHash[1024];
    private uint[] ids = new uint[1024];

    public int Count { get; private set; }

    public bool IsFull => Count == PdqSegmentLayout.MaxHashes;

    public void Add(in PdqHash hash, uint id)
    {
        if (Count == hashes.Length)
        {
            int larger = Math.Min(Count * 2, PdqSegmentLayout.MaxHashes);
            Array.Resize(ref hashes, larger);
            Array.Resize(ref ids, larger);
        }

        hashes[Count] = hash;
        ids[Count++] = id;
    }

    public void Clear() => Count = 0;

    /// <summary>Writes the segment at the position of <paramref name="output"/>, a multiple of 64, and returns its length.</summary>
    public long Write(FileStream output, CancellationToken cancel)
    {
        long start = output.Position;
        PdqSegmentLayout layout = new(Count, Count >= PdqSegmentLayout.LeastListed);
        using Body body = new(output, start);
        body.Skip(layout.Records);
        ulong[] items = new ulong[Count], scratch = new ulong[Count];
        int[] order = new int[Count];
        Sort(items, scratch, 0, cancel);
        TakeOrder(items, order);
        ApplyOrder(order);
        Span<byte> record = stackalloc byte[PdqScan.RecordBytes];
        for (int i = 0; i < Count; i++)
        {
            PdqScan.Write(record, hashes[i]);
            body.Write(record);
        }

        body.Skip(layout.Ids);
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record, ids[i]);
            body.Write(record[..sizeof(uint)]);
        }

        if (layout.Listed)
        {
            WriteLists(layout, body, items, scratch, order, cancel);
        }

        body.Skip(layout.Length);
        byte[] digest = body.Digest();
        output.Position = start;
        output.Write(layout.Header(digest));
        output.Position = start + layout.Length;
        return layout.Length;
    }

    private void WriteLists(in PdqSegmentLayout layout, Body body, ulong[] items, ulong[] scratch, int[] order, CancellationToken cancel)
    {
        // order[position] is the record at a position of a list; places[record] is the position of a record in the next list.
        int[] places = new int[Count];
        for (int slot = 0; slot < PdqWords.Slots; slot++)
        {
            // The next list has to be in order before the links of this one can be written.
            Sort(items, scratch, slot, cancel);
            if (slot > 0)
            {
                WriteLinks(layout, body, slot - 1, items, order, places);
            }

            TakeOrder(items, order);
            WriteBuckets(layout, body, slot, items);
        }

        Sort(items, scratch, 0, cancel);
        WriteLinks(layout, body, PdqWords.Slots - 1, items, order, places);
    }

    private void WriteBuckets(in PdqSegmentLayout layout, Body body, int slot, ulong[] items)
    {
        uint[] starts = new uint[PdqWords.Buckets + 1];
        foreach (ulong item in items)
        {
            starts[(item >> 48) + 1]++;
        }

        for (int bucket = 0; bucket < PdqWords.Buckets; bucket++)
        {
            starts[bucket + 1] += starts[bucket];
        }

        Span<byte> number = stackalloc byte[sizeof(uint)];
        body.Skip(layout.Starts(slot));
        foreach (uint start in starts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, start);
            body.Write(number);
        }

        body.Skip(layout.MarksOf(slot));
        for (int mark = 0; mark < layout.Marks; mark++)
        {
            int position = Math.Min(mark * PdqSegmentLayout.MarkEvery, Count - 1);
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)(items[position] >> 48));
            body.Write(number[..sizeof(ushort)]);
        }

        body.Skip(layout.Keys(slot));
        foreach (ulong item in items)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)(item >> 32));
            body.Write(number[..sizeof(ushort)]);
        }
    }

    private void WriteLinks(in PdqSegmentLayout layout, Body body, int slot, ulong[] next, int[] order, int[] places)
    {
        for (int i = 0; i < next.Length; i++)
        {
            places[(uint)next[i]] = i;
        }

        Span<byte> number = stackalloc byte[sizeof(uint)];
        body.Skip(layout.Links(slot));
        for (int position = 0; position < Count; position++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, places[order[position]]);
            body.Write(number[..PdqSegmentLayout.LinkBytes]);
        }
    }

    /// <summary>Fills in the slot of each record, above its number, and sorts by it in two passes of 16 bits; equal ones keep their order.</summary>
    private void Sort(ulong[] items, ulong[] scratch, int slot, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ((ulong)PdqWords.Slot(hashes[i], slot) << 32) | (uint)i;
        }

        Pass(items, scratch, 32);
        Pass(scratch, items, 48);
    }

    private static void Pass(ulong[] from, ulong[] to, int shift)
    {
        int[] starts = new int[PdqWords.Buckets + 1];
        foreach (ulong item in from)
        {
            starts[(ushort)(item >> shift) + 1]++;
        }

        for (int i = 0; i < PdqWords.Buckets; i++)
        {
            starts[i + 1] += starts[i];
        }

        foreach (ulong item in from)
        {
            to[starts[(ushort)(item >> shift)]++] = item;
        }
    }

    private static void TakeOrder(ulong[] items, int[] order)
    {
        for (int i = 0; i < items.Length; i++)
        {
            order[i] = (int)(uint)items[i];
        }
    }

    /// <summary>Moves the hashes into an order, in place, one cycle after the other; the order is used up.</summary>
    private void ApplyOrder(int[] order)
    {
        for (int start = 0; start < Count; start++)
        {
            (PdqHash hash, uint id) = (hashes[start], ids[start]);
            int at = start;
            while (order[at] != start)
            {
                int from = order[at];
                (hashes[at], ids[at]) = (hashes[from], ids[from]);
                order[at] = at;
                at = from;
            }

            (hashes[at], ids[at]) = (hash, id);
            order[at] = at;
        }
    }

    /// <summary>Writes and hashes what follows the header.</summary>
    private sealed class Body(FileStream output, long start) : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] buffer = new byte[1 << 18];
        private int filled;
        private long at;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > buffer.Length - filled)
            {
                Flush();
            }

            bytes.CopyTo(buffer.AsSpan(filled));
            filled += bytes.Length;
            at += bytes.Length;
        }

        /// <summary>Zeros up to an offset in the segment; the first call is for the end of the header.</summary>
        public void Skip(long offset)
        {
            if (at == 0)
            {
                output.Write(new byte[offset]);
                at = offset;
                return;
            }

            Span<byte> zeros = stackalloc byte[256];
            zeros.Clear();
            while (at < offset)
            {
                Write(zeros[..(int)Math.Min(zeros.Length, offset - at)]);
            }
        }

        public byte[] Digest()
        {
            Flush();
            return output.Position == start + at ? hash.GetHashAndReset() : throw new IOException("the file was changed while it was written");
        }

        public void Dispose() => hash.Dispose();

        private void Flush()
        {
            hash.AppendData(buffer, 0, filled);
            output.Write(buffer, 0, filled);
            filled = 0;
        }
    }
}
