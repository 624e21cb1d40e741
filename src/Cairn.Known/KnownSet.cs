using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;
using Cairn.Known.Sets;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Known;

/// <summary>A known set in use: exact lookup in a memory-mapped file. Safe for many threads; a hit is an equal hash, never a likely one.</summary>
public sealed class KnownSet : IDisposable
{
    // Records of a bucket that are looked at together; there are about 32 in one.
    private const int ReadTogether = 4096;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly SafeMemoryMappedViewHandle bytes;
    private readonly SetHeader header;

    private KnownSet(MemoryMappedFile map, MemoryMappedViewAccessor view, SetHeader header, KnownSetInfo info)
    {
        (this.map, this.view, this.header, Info) = (map, view, header, info);
        bytes = view.SafeMemoryMappedViewHandle;
    }

    /// <summary>What it is.</summary>
    public KnownSetInfo Info { get; }

    /// <summary>
    /// Looks a content up by its hashes, any of which may be empty. Where every entry of the set has an algorithm, the strongest such one
    /// decides alone: a file that shares only the MD5 of an entry with a SHA-256 is another file. Otherwise SHA-256, SHA-1 and MD5 are tried.
    /// </summary>
    /// <returns>The match, or null.</returns>
    public KnownHit? Lookup(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256)
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
        Span<byte> index = stackalloc byte[2 * sizeof(uint)];
        bytes.ReadSpan((ulong)(section.IndexOffset + ((long)SetFile.BucketOf(hash, section.BucketBits) * sizeof(uint))), index);
        long low = BinaryPrimitives.ReadUInt32LittleEndian(index), high = BinaryPrimitives.ReadUInt32LittleEndian(index[sizeof(uint)..]);

        // Where hashes are not spread as hashes are, a bucket can be large: halve it until it can be read at once.
        Span<byte> records = stackalloc byte[ReadTogether];
        while ((high - low) * recordBytes > records.Length)
        {
            long middle = low + ((high - low) / 2);
            Span<byte> one = records[..recordBytes];
            bytes.ReadSpan((ulong)(section.Offset + (middle * recordBytes)), one);
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

        records = records[..(int)((high - low) * recordBytes)];
        bytes.ReadSpan((ulong)(section.Offset + (low * recordBytes)), records);
        uint wanted = BinaryPrimitives.ReadUInt32BigEndian(hash[4..]);
        for (int at = 0; at < records.Length; at += recordBytes)
        {
            // The first bits are the bucket's; the next ones tell nearly all others apart.
            if (BinaryPrimitives.ReadUInt32BigEndian(records[(at + 4)..]) == wanted && records.Slice(at, width).SequenceEqual(hash))
            {
                return Hit(algorithm, records.Slice(at + width, recordBytes - width));
            }
        }

        return null;
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

        Span<byte> bounds = stackalloc byte[2 * sizeof(long)];
        bytes.ReadSpan((ulong)(header.DetailTableOffset + ((number - 1L) * sizeof(long))), bounds);
        long start = BinaryPrimitives.ReadInt64LittleEndian(bounds), end = BinaryPrimitives.ReadInt64LittleEndian(bounds[sizeof(long)..]);
        if (start < 0 || end < start || end - start > SetFileLayout.MaxDetailLength * 4 || end > header.BodyLength - header.DetailTextOffset)
        {
            throw SetFile.Damaged(Info.Path, "a detail lies outside the file");
        }

        byte[] text = new byte[end - start];
        bytes.ReadSpan<byte>((ulong)(header.DetailTextOffset + start), text);
        return Encoding.UTF8.GetString(text);
    }

    private void CheckIndexes()
    {
        byte[] buffer = new byte[1 << 16];
        for (int i = 0; i < header.Sections.Length; i++)
        {
            SetSection section = header.Sections[i];
            long left = (1L << section.BucketBits) + 1, at = section.IndexOffset;
            uint last = 0;
            while (left > 0)
            {
                int count = (int)Math.Min(left, buffer.Length / sizeof(uint));
                bytes.ReadSpan((ulong)at, buffer.AsSpan(0, count * sizeof(uint)));
                for (int j = 0; j < count; j++)
                {
                    uint start = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(j * sizeof(uint)));
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
