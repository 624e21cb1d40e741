using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Cairn.Known.Sets;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Known;

/// <summary>A known set in use: exact lookup in a memory-mapped file. Safe for many threads; a hit is an equal hash, never a likely one.</summary>
public sealed class KnownSet : IDisposable
{
    // Records that are looked at one after the other once halving has left so few; a bucket has about 32.
    private const int LookedAtTogether = 64;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly SafeMemoryMappedViewHandle bytes;
    private readonly SetHeader header;
    private readonly nint address;

    private KnownSet(MemoryMappedFile map, MemoryMappedViewAccessor view, SetHeader header, KnownSetInfo info)
    {
        (this.map, this.view, this.header, Info) = (map, view, header, info);
        bytes = view.SafeMemoryMappedViewHandle;
        address = bytes.DangerousGetHandle() + (nint)view.PointerOffset;
    }

    /// <summary>What it is.</summary>
    public KnownSetInfo Info { get; }

    /// <summary>
    /// Looks a content up by its hashes, any of which may be empty. Where every entry of the set has an algorithm, the strongest such one
    /// decides alone: a file that shares only the MD5 of an entry with a SHA-256 is another file. Otherwise SHA-256, SHA-1 and MD5 are tried.
    /// </summary>
    /// <returns>The match, or null.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public KnownHit? Lookup(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256)
    {
        // The mapping stays while any thread looks something up, whatever another one disposes.
        bool held = false;
        bytes.DangerousAddRef(ref held);
        try
        {
            return Find(md5, sha1, sha256);
        }
        finally
        {
            if (held)
            {
                bytes.DangerousRelease();
            }
        }
    }

    private KnownHit? Find(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256)
    {
        if (Find(2, sha256) is KnownHit bySha256)
        {
            return bySha256;
        }

        if (header.Sections[2].InEveryEntry && !sha256.IsEmpty)
        {
            return null;
        }

        if (Find(1, sha1) is KnownHit bySha1)
        {
            return bySha1;
        }

        return header.Sections[1].InEveryEntry && !sha1.IsEmpty ? null : Find(0, md5);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    /// <exception cref="KnownSetException">The file is damaged.</exception>
    internal static KnownSet Open(string path)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
        try
        {
            (SetHeader header, byte[] digest) = SetFile.Read(file);
            if (!SetFile.Digest(file, header.BodyLength, CancellationToken.None).AsSpan().SequenceEqual(digest))
            {
                throw SetFile.Damaged(path, "its checksum does not fit");
            }

            MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            MemoryMappedViewAccessor view = map.CreateViewAccessor(0, header.BodyLength, MemoryMappedFileAccess.Read);
            KnownSet set = new(map, view, header, SetFile.Info(header, digest, path));
            try
            {
                set.CheckIndexes();
                return set;
            }
            catch
            {
                set.Dispose();
                throw;
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private KnownHit? Find(int algorithm, ReadOnlySpan<byte> hash)
    {
        SetSection section = header.Sections[algorithm];
        int width = SetFileLayout.HashBytes[algorithm];
        if (hash.IsEmpty || section.Count == 0)
        {
            return null;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, width);
        int recordBytes = width + (header.HasDetails ? SetFileLayout.DetailNumberBytes : 0);
        ReadOnlySpan<byte> index = Part(section.IndexOffset + ((long)SetFile.BucketOf(hash, section.BucketBits) * sizeof(uint)), 2 * sizeof(uint));
        long low = BinaryPrimitives.ReadUInt32LittleEndian(index), high = BinaryPrimitives.ReadUInt32LittleEndian(index[sizeof(uint)..]);

        // Where hashes are not spread as hashes are, a bucket can be large.
        while (high - low > LookedAtTogether)
        {
            long middle = low + ((high - low) / 2);
            ReadOnlySpan<byte> one = Part(section.Offset + (middle * recordBytes), recordBytes);
            int order = one[..width].SequenceCompareTo(hash);
            if (order == 0)
            {
                return Hit(algorithm, one[width..]);
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        if (low >= high)
        {
            return null;
        }

        // The bits after the bucket's say about where in it a hash lies; from there it is a few steps, mostly within one line of the cache.
        ulong key = BinaryPrimitives.ReadUInt64BigEndian(hash);
        int count = (int)(high - low), at = (int)(((key << section.BucketBits) >> 32) * (ulong)count >> 32);
        ReadOnlySpan<byte> records = Part(section.Offset + (low * recordBytes), count * recordBytes);
        while (at > 0 && BinaryPrimitives.ReadUInt64BigEndian(records[(at * recordBytes)..]) >= key)
        {
            at--;
        }

        for (; at < count; at++)
        {
            ReadOnlySpan<byte> record = records.Slice(at * recordBytes, recordBytes);
            ulong there = BinaryPrimitives.ReadUInt64BigEndian(record);
            if (there > key)
            {
                break;
            }

            if (there == key && record[..width].SequenceEqual(hash))
            {
                return Hit(algorithm, record[width..]);
            }
        }

        return null;
    }

    /// <summary>
    /// Bytes of the mapped file where they lie, in bounds or an exception. Called only while <see cref="Lookup"/> or <see cref="Open"/> holds
    /// the mapping.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Part(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > header.BodyLength - length)
        {
            throw SetFile.Damaged(Info.Path, "a part lies outside the file");
        }

        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), address + (nint)offset), length);
    }

    private KnownHit Hit(int algorithm, ReadOnlySpan<byte> detailNumber) =>
        new(SetFileLayout.Methods[algorithm], detailNumber.IsEmpty ? null : Detail(BinaryPrimitives.ReadUInt32LittleEndian(detailNumber)));

    private string? Detail(uint number)
    {
        if (number == 0)
        {
            return null;
        }

        if (number > header.Details)
        {
            throw SetFile.Damaged(Info.Path, "an entry names a detail that is not there");
        }

        ReadOnlySpan<byte> bounds = Part(header.DetailTableOffset + ((number - 1L) * sizeof(long)), 2 * sizeof(long));
        long start = BinaryPrimitives.ReadInt64LittleEndian(bounds), end = BinaryPrimitives.ReadInt64LittleEndian(bounds[sizeof(long)..]);
        if (start < 0 || end < start || end - start > SetFileLayout.MaxDetailLength * 4 || end > header.BodyLength - header.DetailTextOffset)
        {
            throw SetFile.Damaged(Info.Path, "a detail lies outside the file");
        }

        return Encoding.UTF8.GetString(Part(header.DetailTextOffset + start, (int)(end - start)));
    }

    private void CheckIndexes()
    {
        for (int i = 0; i < header.Sections.Length; i++)
        {
            SetSection section = header.Sections[i];
            long left = (1L << section.BucketBits) + 1, at = section.IndexOffset;
            uint last = 0;
            while (left > 0)
            {
                int count = (int)Math.Min(left, 1 << 16);
                ReadOnlySpan<byte> starts = Part(at, count * sizeof(uint));
                for (int j = 0; j < count; j++)
                {
                    uint start = BinaryPrimitives.ReadUInt32LittleEndian(starts[(j * sizeof(uint))..]);
                    if (start < last || start > section.Count)
                    {
                        throw SetFile.Damaged(Info.Path, $"its {SetFileLayout.Methods[i]} index is not in order");
                    }

                    last = start;
                }

                at += count * sizeof(uint);
                left -= count;
            }

            if (last != section.Count)
            {
                throw SetFile.Damaged(Info.Path, $"its {SetFileLayout.Methods[i]} index does not cover every hash");
            }
        }
    }
}
