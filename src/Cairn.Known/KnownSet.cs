using System.Buffers.Binary;
using System.Text;
using Cairn.Core.Pictures;
using Cairn.Known.Perceptual;
using Cairn.Known.Sets;

namespace Cairn.Known;

/// <summary>
/// A known set in use, in a memory-mapped file: exact lookup of hashes, and of pictures by PDQ. Safe for many threads; a hit is an equal hash,
/// or a PDQ hash within the distance asked for, never a likely one.
/// </summary>
public sealed class KnownSet : IDisposable
{
    // Records that are looked at one after the other once halving has left so few; a bucket has 4 to 8.
    private const int LookedAtTogether = 64;

    private readonly MappedFile file;
    private readonly SetHeader header;
    private readonly LivePdqSegment[] pictures;

    private KnownSet(MappedFile file, SetHeader header, KnownSetInfo info, LivePdqSegment[] pictures) =>
        (this.file, this.header, Info, this.pictures) = (file, header, info, pictures);

    /// <summary>What it is.</summary>
    public KnownSetInfo Info { get; }

    /// <summary>
    /// Looks a content up by its hashes, any of which may be empty. Where every entry of the set has an algorithm, the strongest such one
    /// decides alone: a file that shares only the MD5 of an entry with a SHA-256 is another file. Otherwise SHA-256, SHA-1 and MD5 are tried.
    /// Where several entries have the hash, the gravest of them is returned: notable, then known, then ignorable, then the first.
    /// </summary>
    /// <returns>The match, or null.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public KnownHit? Lookup(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256)
    {
        using MappedFile.Hold hold = file.Enter();
        Match match = Find(md5, sha1, sha256);
        KnownHit? gravest = null;
        for (int i = 0; i < match.Count; i++)
        {
            KnownHit hit = Hit(match, i);
            if (gravest is null || Gravity(hit.Meaning) > Gravity(gravest.Meaning))
            {
                gravest = hit;
            }
        }

        return gravest;
    }

    /// <summary>The same, with every entry that has the hash; adds them in the order of the set and returns how many there are.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public int Lookup(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256, List<KnownHit> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        using MappedFile.Hold hold = file.Enter();
        Match match = Find(md5, sha1, sha256);
        for (int i = 0; i < match.Count; i++)
        {
            into.Add(Hit(match, i));
        }

        return match.Count;
    }

    /// <summary>
    /// Adds every entry with a PDQ hash within <paramref name="maxDistance"/> bits of one of the hashes of a picture, in the order of the set, each
    /// once: at its nearest hash, in the first of equally near orientations. Exact: none is missed.
    /// </summary>
    /// <param name="orientations">1 to 8 hashes of one picture.</param>
    /// <param name="maxDistance">0 to 63.</param>
    /// <param name="into">Where hits are added.</param>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void PerceptualLookup(ReadOnlySpan<PdqHash> orientations, int maxDistance, List<PerceptualHit> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        using MappedFile.Hold hold = file.Enter();
        List<PdqMatch> matches = [];
        PdqSearch.One(pictures, orientations, maxDistance, VectorUses.Best, matches);
        foreach (PdqMatch match in matches)
        {
            into.Add(Hit(match));
        }
    }

    /// <summary>
    /// The same for many pictures: <paramref name="hashes"/> holds <paramref name="orientations"/> hashes for each. By picture, then in the order of
    /// the set. From some thousand hashes on this is much faster than one by one.
    /// </summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void PerceptualLookupMany(ReadOnlySpan<PdqHash> hashes, int orientations, int maxDistance, List<PerceptualBatchHit> into, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(into);
        using MappedFile.Hold hold = file.Enter();
        List<PdqBatchMatch> matches = [];
        PdqSearch.Many(pictures, hashes, orientations, maxDistance, VectorUses.Best, matches, cancel);
        foreach (PdqBatchMatch match in matches)
        {
            into.Add(new PerceptualBatchHit(match.Query, Hit(match.Match)));
        }
    }

    /// <summary>
    /// Every different PDQ hash of some entries, in the order of the set; none for an entry without. The numbers of all hashes of the set are read
    /// once, so entries are better asked for together.
    /// </summary>
    /// <param name="entries">Numbers of entries, from 0.</param>
    /// <param name="most">Hashes of one entry that are given; an entry with so many may have more. They bound the memory: 32 bytes each.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no entry of this number.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public IReadOnlyDictionary<int, IReadOnlyList<PdqHash>> PdqHashesOf(IReadOnlyCollection<int> entries, int most)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        Dictionary<uint, List<PdqHash>> hashes = [];
        foreach (int entry in entries)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(entry, nameof(entries));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(entry, header.HasEntries ? header.Details : 0, nameof(entries));
            hashes.TryAdd((uint)entry, []);
        }

        if (hashes.Count > 0)
        {
            PdqCollection wanted = new(hashes, most);
            foreach (LivePdqSegment live in pictures)
            {
                using MappedFile.Hold hold = live.Segment.Enter();
                live.Segment.Collect(wanted);
            }
        }

        // Equal ones that lie in two segments need not follow each other.
        return hashes.ToDictionary(of => (int)of.Key, of => (IReadOnlyList<PdqHash>)[.. of.Value.Distinct()]);
    }

    /// <summary>An entry by its number, of a set that has entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of this number.</exception>
    public KnownEntry Entry(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, header.HasEntries ? header.Details : 0);
        using MappedFile.Hold hold = file.Enter();
        return EntryOf((uint)index + 1);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>Opens a set file: header, bounds and indexes are checked, and where it is asked for the checksum of all of it.</summary>
    /// <exception cref="KnownSetException">The file is damaged.</exception>
    internal static KnownSet Open(string path, bool checkAll)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
        SetHeader header;
        byte[] digest;
        MappedFile file;
        try
        {
            (header, digest) = SetFile.Read(stream);
            if (checkAll && !SetFile.Digest(stream, header.BodyLength, CancellationToken.None).AsSpan().SequenceEqual(digest))
            {
                throw SetFile.Damaged(path, "its checksum does not fit");
            }

            file = MappedFile.Map(stream, header.BodyLength);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        try
        {
            KnownSet set = new(file, header, SetFile.Info(header, digest, path), [.. header.PdqSegments.Select(offset => new LivePdqSegment(PdqSegment.Open(file, offset), null))]);
            set.CheckIndexes();
            return set;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static int Gravity(KnownMeaning? meaning) => meaning switch
    {
        KnownMeaning.Notable => 3,
        KnownMeaning.Known => 2,
        KnownMeaning.Ignorable => 1,
        _ => 0,
    };

    private Match Find(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256)
    {
        Match match = Find(2, sha256);
        if (match.Count > 0 || (header.Sections[2].InEveryEntry && !sha256.IsEmpty))
        {
            return match;
        }

        match = Find(1, sha1);
        return match.Count > 0 || (header.Sections[1].InEveryEntry && !sha1.IsEmpty) ? match : Find(0, md5);
    }

    private Match Find(int algorithm, ReadOnlySpan<byte> hash)
    {
        SetSection section = header.Sections[algorithm];
        int width = SetFileLayout.HashBytes[algorithm];
        if (hash.IsEmpty || section.Count == 0)
        {
            return default;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, width);
        int recordBytes = RecordBytes(algorithm);
        ReadOnlySpan<byte> index = file.Part(section.IndexOffset + ((long)SetFile.BucketOf(hash, section.BucketBits) * sizeof(uint)), 2 * sizeof(uint));
        long low = BinaryPrimitives.ReadUInt32LittleEndian(index), end = BinaryPrimitives.ReadUInt32LittleEndian(index[sizeof(uint)..]), high = end;

        // Where hashes are not spread as hashes are, a bucket can be large: the first that is not less is among the few that are left.
        while (high - low > LookedAtTogether)
        {
            long middle = low + ((high - low) / 2);
            (low, high) = file.Part(section.Offset + (middle * recordBytes), width).SequenceCompareTo(hash) < 0 ? (middle + 1, high) : (low, middle + 1);
        }

        if (low >= high)
        {
            return default;
        }

        // The bits after the bucket's say about where in it a hash lies; from there it is a few steps, mostly within one line of the cache.
        ulong key = BinaryPrimitives.ReadUInt64BigEndian(hash);
        int count = (int)(high - low), at = (int)(((key << section.BucketBits) >> 32) * (ulong)count >> 32);
        ReadOnlySpan<byte> records = file.Part(section.Offset + (low * recordBytes), count * recordBytes);
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
                return new Match(algorithm, low + at, header.HasEntries ? CountEqual(section, recordBytes, low + at, end, hash) : 1);
            }
        }

        return default;
    }

    private int CountEqual(SetSection section, int recordBytes, long first, long end, ReadOnlySpan<byte> hash)
    {
        long next = first + 1;
        while (next < end && file.Part(section.Offset + (next * recordBytes), hash.Length).SequenceEqual(hash))
        {
            next++;
        }

        return (int)Math.Min(next - first, int.MaxValue);
    }

    private int RecordBytes(int algorithm) => SetFileLayout.HashBytes[algorithm] + (header.HasDetails ? SetFileLayout.DetailNumberBytes : 0);

    private KnownHit Hit(Match match, int which)
    {
        string method = SetFileLayout.Methods[match.Algorithm];
        if (!header.HasDetails)
        {
            return new KnownHit(method, null);
        }

        int recordBytes = RecordBytes(match.Algorithm);
        ReadOnlySpan<byte> record = file.Part(header.Sections[match.Algorithm].Offset + ((match.First + which) * recordBytes), recordBytes);
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(record[SetFileLayout.HashBytes[match.Algorithm]..]);
        return header.HasEntries ? Hit(method, EntryOf(number)) : new KnownHit(method, number == 0 ? null : Encoding.UTF8.GetString(Said(number, SetFileLayout.MaxDetailLength * 4)));
    }

    private static KnownHit Hit(string method, KnownEntry entry) => new(method, entry.Detail)
    {
        EntryIndex = entry.Index,
        EntryId = entry.Id,
        Meaning = entry.Meaning,
        Category = entry.Category,
        VouchedBy = entry.VouchedBy,
        VouchedAt = entry.VouchedAt,
    };

    private PerceptualHit Hit(PdqMatch match)
    {
        // The number comes from the file; what EntryOf cannot find it refuses.
        KnownEntry entry = EntryOf(match.Id == uint.MaxValue ? 0 : match.Id + 1);
        return new PerceptualHit(entry.Index, entry.Id, entry.Meaning, entry.Category, match.Distance, match.Orientation, entry.Detail);
    }

    private KnownEntry EntryOf(uint number) => EntryText.Read(Said(number, SetFileLayout.MaxEntryBytes), (int)number - 1) ?? throw SetFile.Damaged(Info.Path, "an entry cannot be read");

    private ReadOnlySpan<byte> Said(uint number, int longest)
    {
        if (number == 0 || number > header.Details)
        {
            throw SetFile.Damaged(Info.Path, "a hash names an entry that is not there");
        }

        ReadOnlySpan<byte> bounds = file.Part(header.DetailTableOffset + ((number - 1L) * sizeof(long)), 2 * sizeof(long));
        long start = BinaryPrimitives.ReadInt64LittleEndian(bounds), end = BinaryPrimitives.ReadInt64LittleEndian(bounds[sizeof(long)..]);
        if (start < 0 || end < start || end - start > longest || end > header.BodyLength - header.DetailTextOffset)
        {
            throw SetFile.Damaged(Info.Path, "a detail lies outside the file");
        }

        return file.Part(header.DetailTextOffset + start, (int)(end - start));
    }

    private void CheckIndexes()
    {
        using MappedFile.Hold hold = file.Enter();
        for (int i = 0; i < header.Sections.Length; i++)
        {
            SetSection section = header.Sections[i];
            long left = (1L << section.BucketBits) + 1, at = section.IndexOffset;
            uint last = 0;
            while (left > 0)
            {
                int count = (int)Math.Min(left, 1 << 16);
                ReadOnlySpan<byte> starts = file.Part(at, count * sizeof(uint));
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

    /// <summary>Records of a section with the same hash; none where the count is 0.</summary>
    private readonly record struct Match(int Algorithm, long First, int Count);
}
