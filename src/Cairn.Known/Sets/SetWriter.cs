using System.Buffers.Binary;
using System.Collections;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.Core.Pictures;
using Cairn.Known.Import;
using Cairn.Known.Perceptual;

namespace Cairn.Known.Sets;

/// <summary>
/// Collects hashes and what is said of them, and writes a set file. A set is of one of two forms: hashes with a line of detail each, or
/// entries with an identity, a meaning and any number of hashes. In the second all entries of a hash are kept, and what a source withdraws is
/// left out.
/// </summary>
internal sealed class SetWriter : IDisposable
{
    private const int RecentDetails = 200_000;
    private const int Pdq = 3;

    /// <summary>Set in the number of an entry, so that among equal hashes withdrawals come first.</summary>
    private const uint EntryBit = 0x8000_0000;

    private const int MostWithdrawals = 5_000_000;

    /// <summary>Characters of all identities that are withdrawn.</summary>
    private const long MostWithdrawnText = 200_000_000;
    private const int MostKinds = ushort.MaxValue;
    private const int MostEntriesOfHash = 1_000;
    private const int ContradictionsNamed = 20;

    private readonly HashSorter[] sorters;
    private readonly string textPath;
    private readonly string tablePath;
    private readonly FileStream detailText;
    private readonly FileStream detailTable;
    private readonly Dictionary<string, uint> recent = [];
    private readonly bool[] inEvery = [true, true, true];
    private readonly bool hasEntries;
    private readonly KnownMeaning meaning;
    private readonly List<ushort> kinds = [];
    private readonly Dictionary<(KnownMeaning, string?), ushort> kindNumbers = [];
    private readonly Dictionary<string, uint> withdrawnIds = new(StringComparer.Ordinal);
    private readonly List<string> contradicting = [];
    private byte[] lastEntry = [];
    private bool hashesWithdrawn;
    private long withdrawnText;
    private long textLength;
    private uint details;

    /// <summary>Temporary files begin with <paramref name="temporaryPath"/>; <paramref name="meaning"/> is that of entries that have none of their own.</summary>
    public SetWriter(string temporaryPath, bool hasEntries, KnownMeaning meaning)
    {
        (this.hasEntries, this.meaning) = (hasEntries, meaning);
        sorters = [new(16, temporaryPath + ".md5", hasEntries), new(20, temporaryPath + ".sha1", hasEntries), new(32, temporaryPath + ".sha256", hasEntries), new(PdqHash.ByteLength, temporaryPath + ".pdq", hasEntries)];
        textPath = temporaryPath + ".text";
        tablePath = temporaryPath + ".table";
        detailText = new FileStream(textPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        detailTable = new FileStream(tablePath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        WriteStart();
    }

    /// <summary>Entries read, withdrawn ones included.</summary>
    public long Entries { get; private set; }

    /// <summary>How many of them take back others.</summary>
    public long Withdrawals { get; private set; }

    /// <summary>What readers count as they go.</summary>
    public KnownImportNotes Notes { get; set; } = new();

    /// <summary>Hashes with one line of detail; a hash that is lacking is empty, at least one is not.</summary>
    public void Add(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256, string? detail)
    {
        uint number = hasEntries ? EntryNumber(meaning, null, null, detail, null, null) : DetailNumber(detail);
        Add(0, md5, number);
        Add(1, sha1, number);
        Add(2, sha256, number);
        Entries++;
    }

    /// <summary>An entry, or the withdrawal of one. One that says just what the entry before it says is more hashes of that one.</summary>
    public void Add(SourceEntry entry)
    {
        Entries++;
        if (entry.IsWithdrawn)
        {
            Withdraw(entry);
            return;
        }

        if (entry.Hashes.Count == 0 && entry.Pdqs.Count == 0)
        {
            Notes = Notes with { EntriesWithoutHash = Notes.EntriesWithoutHash + 1 };
            return;
        }

        uint number = EntryNumber(entry.Meaning ?? meaning, entry.Id, entry.Category, entry.Detail, entry.VouchedBy, entry.VouchedAt);
        AddHashes(entry, number);
        for (int algorithm = 0; algorithm < Pdq; algorithm++)
        {
            inEvery[algorithm] &= entry.Hashes.Any(h => h.Length == SetFileLayout.HashBytes[algorithm]);
        }
    }

    /// <summary>Writes the set file to <paramref name="path"/>, which must not exist, and forces it to the disk.</summary>
    public SetHeader Write(string path, SetHeader header, Action<string, long, long> progress, CancellationToken cancel)
    {
        using FileStream output = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20);
        output.Write(new byte[SetFileLayout.HeaderBytes]);
        SetSection[] sections = new SetSection[Pdq];
        long total = sorters.Sum(s => s.Added), done = 0;
        Action each = () => progress("sorting", ++done, total);
        Survivors survivors = new(this, FindWithdrawn(cancel));
        for (int i = 0; i < sections.Length; i++)
        {
            sections[i] = WriteSection(output, i, survivors, each, cancel);
        }

        (long[] segments, long pdqs) = WritePdq(output, survivors, each, cancel);

        Pad(output);
        long table = output.Position;
        detailTable.Flush();
        detailTable.Position = 0;
        detailTable.CopyTo(output, 1 << 20);
        long text = output.Position;
        detailText.Flush();
        detailText.Position = 0;
        detailText.CopyTo(output, 1 << 20);
        SetHeader written = header with
        {
            Entries = Entries,
            HasDetails = details > 0,
            HasEntries = hasEntries,
            PdqCount = pdqs,
            PdqSegments = segments,
            Notes = Notes with { Withdrawn = survivors.Withdrawn, Duplicates = survivors.Duplicates, Contradictions = survivors.Contradictions, Contradicting = contradicting },
            Sections = sections,
            Details = details,
            DetailTableOffset = table,
            DetailTextOffset = text,
            BodyLength = output.Position,
        };

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(written, SetHeaderJson.Default.SetHeader);
        int start = SetFileLayout.Magic.Length + sizeof(int), headerDigest = SetFileLayout.HeaderBytes - SetFileLayout.TrailerBytes;
        if (json.Length > headerDigest - start)
        {
            throw new KnownSetException("the name, source, licence note, mapping and names of files are too long together; give shorter ones or fewer files");
        }

        byte[] head = new byte[SetFileLayout.HeaderBytes];
        SetFileLayout.Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(SetFileLayout.Magic.Length), json.Length);
        json.CopyTo(head, start);
        SHA256.HashData(head.AsSpan(0, headerDigest), head.AsSpan(headerDigest));
        output.Position = 0;
        output.Write(head);
        output.Flush();
        output.Position = 0;
        byte[] digest = SetFile.Digest(output, written.BodyLength, cancel);
        output.Position = written.BodyLength;
        output.Write(digest);
        output.Flush(flushToDisk: true);
        return written;
    }

    public void Dispose()
    {
        foreach (HashSorter sorter in sorters)
        {
            sorter.Dispose();
        }

        detailText.Dispose();
        detailTable.Dispose();
        File.Delete(textPath);
        File.Delete(tablePath);
    }

    private static void Pad(FileStream output)
    {
        int over = (int)(output.Position % 64);
        if (over > 0)
        {
            output.Write(new byte[64 - over]);
        }
    }

    private void Add(int algorithm, ReadOnlySpan<byte> hash, uint number)
    {
        if (hash.IsEmpty)
        {
            inEvery[algorithm] = false;
            return;
        }

        if (sorters[algorithm].Added == SetFileLayout.MaxHashes)
        {
            throw new KnownSetException($"a set holds at most {SetFileLayout.MaxHashes:N0} hashes; split the source");
        }

        sorters[algorithm].Add(hash, hasEntries ? number | EntryBit : number);
    }

    private void AddHashes(SourceEntry entry, uint number)
    {
        foreach (byte[] hash in entry.Hashes)
        {
            Add(SetFileLayout.HashBytes.IndexOf(hash.Length), hash, number);
        }

        Span<byte> bytes = stackalloc byte[PdqHash.ByteLength];
        foreach (PdqHash hash in entry.Pdqs)
        {
            hash.CopyTo(bytes);
            Add(Pdq, bytes, number);
        }
    }

    /// <summary>What is withdrawn is what was read before: an entry that the source lists again afterwards is in the set.</summary>
    private void Withdraw(SourceEntry entry)
    {
        Withdrawals++;
        if (!string.IsNullOrEmpty(entry.Id))
        {
            // As it is kept with the entries, which are compared with it.
            string id = EntryText.Shortened(entry.Id);
            withdrawnText += withdrawnIds.ContainsKey(id) ? 0 : id.Length;
            withdrawnIds[id] = details;
            if (withdrawnIds.Count > MostWithdrawals || withdrawnText > MostWithdrawnText)
            {
                throw new KnownSetException($"the source withdraws more than {MostWithdrawals:N0} entries, or their identities are too long together; import a list from which they are left out");
            }

            return;
        }

        hashesWithdrawn = true;
        foreach (byte[] hash in entry.Hashes)
        {
            sorters[SetFileLayout.HashBytes.IndexOf(hash.Length)].Add(hash, details);
        }

        foreach (PdqHash hash in entry.Pdqs)
        {
            sorters[Pdq].Add(hash.ToBytes(), details);
        }
    }

    /// <summary>Which entries are withdrawn, a bit for each number; null for none.</summary>
    private BitArray? FindWithdrawn(CancellationToken cancel)
    {
        if (withdrawnIds.Count == 0 && !hashesWithdrawn)
        {
            return null;
        }

        BitArray withdrawn = new((int)details + 1);
        if (withdrawnIds.Count > 0)
        {
            for (uint number = 1; number <= details; number++)
            {
                if ((number & 0xFFFF) == 0)
                {
                    cancel.ThrowIfCancellationRequested();
                }

                // The Nth withdrawal took back what had a number up to then.
                withdrawn[(int)number] = withdrawnIds.TryGetValue(Entry(number).Id, out uint last) && number <= last;
            }
        }

        foreach (HashSorter sorter in hashesWithdrawn ? sorters : [])
        {
            byte[] hash = new byte[PdqHash.ByteLength];
            uint last = 0;
            sorter.Merge(
                (bytes, number) =>
                {
                    if (!bytes.SequenceEqual(hash.AsSpan(0, bytes.Length)))
                    {
                        bytes.CopyTo(hash);
                        last = 0;
                    }

                    if ((number & EntryBit) == 0)
                    {
                        last = number;
                    }
                    else if ((number & ~EntryBit) <= last)
                    {
                        withdrawn[(int)(number & ~EntryBit)] = true;
                    }
                },
                cancel);
        }

        return withdrawn;
    }

    private SetSection WriteSection(FileStream output, int algorithm, Survivors survivors, Action each, CancellationToken cancel)
    {
        Pad(output);
        HashSorter sorter = sorters[algorithm];
        int bits = SetFileLayout.BucketBits(sorter.Added), hashBytes = SetFileLayout.HashBytes[algorithm];
        int width = hashBytes + (details > 0 ? SetFileLayout.DetailNumberBytes : 0);
        long offset = output.Position;
        uint[] starts = new uint[(1 << bits) + 1];
        uint count = 0;
        int bucket = 0;
        byte[] record = new byte[hashBytes + SetFileLayout.DetailNumberBytes];
        sorter.Merge(
            (hash, number) =>
            {
                each();
                if (hasEntries && !survivors.Keeps(hash, ref number))
                {
                    return;
                }

                int own = SetFile.BucketOf(hash, bits);
                while (bucket < own)
                {
                    starts[++bucket] = count;
                }

                hash.CopyTo(record);
                BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(hashBytes), number);
                output.Write(record.AsSpan(0, width));
                count++;
            },
            cancel);
        while (bucket < 1 << bits)
        {
            starts[++bucket] = count;
        }

        Pad(output);
        long index = output.Position;
        byte[] place = new byte[sizeof(uint)];
        foreach (uint start in starts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(place, start);
            output.Write(place);
        }

        return new SetSection(count, offset, bits, index, count > 0 && inEvery[algorithm]);
    }

    private (long[] Segments, long Hashes) WritePdq(FileStream output, Survivors survivors, Action each, CancellationToken cancel)
    {
        List<long> segments = [];
        long count = 0;
        PdqSegmentWriter segment = new();
        void WriteSegment()
        {
            Pad(output);
            segments.Add(output.Position);
            segment.Write(output, cancel);
            segment.Clear();
        }

        sorters[Pdq].Merge(
            (hash, number) =>
            {
                each();
                if (survivors.Keeps(hash, ref number))
                {
                    segment.Add(PdqHash.FromBytes(hash), number - 1);
                    count++;
                    if (segment.IsFull)
                    {
                        WriteSegment();
                    }
                }
            },
            cancel);
        if (segment.Count > 0)
        {
            WriteSegment();
        }

        return ([.. segments], count);
    }

    private uint EntryNumber(KnownMeaning own, string? id, string? category, string? detail, string? by, string? at)
    {
        category = category is null ? null : EntryText.Shortened(category);
        byte[] entry = EntryText.Write(own, id, category, detail, by, at);
        if (details > 0 && id is not null && entry.AsSpan().SequenceEqual(lastEntry))
        {
            return details;
        }

        if (details == SetFileLayout.MaxEntries)
        {
            throw new KnownSetException($"a set holds at most {SetFileLayout.MaxEntries:N0} entries; split the source");
        }

        if (!kindNumbers.TryGetValue((own, category), out ushort kind))
        {
            if (kindNumbers.Count == MostKinds)
            {
                throw new KnownSetException($"the set has more than {MostKinds:N0} different categories; is the right column the category?");
            }

            kind = (ushort)kindNumbers.Count;
            kindNumbers.Add((own, category), kind);
        }

        kinds.Add(kind);
        lastEntry = entry;
        return Store(entry);
    }

    /// <summary>An entry as it was stored.</summary>
    private KnownEntry Entry(uint number)
    {
        detailTable.Flush();
        detailText.Flush();
        Span<byte> bounds = stackalloc byte[2 * sizeof(long)];
        RandomAccess.Read(detailTable.SafeFileHandle, bounds, (number - 1L) * sizeof(long));
        long start = BinaryPrimitives.ReadInt64LittleEndian(bounds);
        byte[] entry = new byte[BinaryPrimitives.ReadInt64LittleEndian(bounds[sizeof(long)..]) - start];
        RandomAccess.Read(detailText.SafeFileHandle, entry, start);
        return EntryText.Read(entry, (int)number - 1) ?? throw new IOException("a temporary file of the import was changed");
    }

    /// <summary>The same words again get the same number where they were among the last seen; else they are stored again.</summary>
    private uint DetailNumber(string? detail)
    {
        if (string.IsNullOrEmpty(detail))
        {
            return 0;
        }

        if (detail.Length > SetFileLayout.MaxDetailLength)
        {
            detail = detail[..SetFileLayout.MaxDetailLength];
        }

        if (recent.TryGetValue(detail, out uint number))
        {
            return number;
        }

        if (details == uint.MaxValue)
        {
            throw new KnownSetException("the set has too many different details; import it without the detail column");
        }

        if (recent.Count == RecentDetails)
        {
            recent.Clear();
        }

        recent.Add(detail, Store(Encoding.UTF8.GetBytes(detail)));
        return details;
    }

    private uint Store(byte[] bytes)
    {
        detailText.Write(bytes);
        textLength += bytes.Length;
        WriteStart();
        return ++details;
    }

    private void WriteStart()
    {
        Span<byte> start = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(start, textLength);
        detailTable.Write(start);
    }

    /// <summary>
    /// Goes through the records of the sorters, hash by hash: leaves out withdrawals and what they take back, and counts the hashes that several
    /// entries have.
    /// </summary>
    private sealed class Survivors(SetWriter writer, BitArray? withdrawn)
    {
        private readonly byte[] hash = new byte[PdqHash.ByteLength];
        private int length;
        private uint first;
        private int kept;
        private bool contradicts;

        public long Withdrawn { get; } = withdrawn is null ? 0 : withdrawn.Cast<bool>().LongCount(b => b);

        public long Duplicates { get; private set; }

        public long Contradictions { get; private set; }

        /// <summary>Whether a record stays; its number becomes that of its entry, from 1.</summary>
        public bool Keeps(ReadOnlySpan<byte> bytes, ref uint number)
        {
            bool isEntry = (number & EntryBit) != 0;
            number &= ~EntryBit;
            if (!isEntry || (withdrawn is not null && withdrawn[(int)number]))
            {
                return false;
            }

            if (!bytes.SequenceEqual(hash.AsSpan(0, length)))
            {
                bytes.CopyTo(hash);
                (length, first, kept, contradicts) = (bytes.Length, number, 1, false);
                return true;
            }

            if (++kept > MostEntriesOfHash)
            {
                return false;
            }

            if (writer.kinds[(int)first - 1] != writer.kinds[(int)number - 1])
            {
                if (!contradicts)
                {
                    contradicts = true;
                    Contradictions++;
                    Name(number);
                }
            }
            else if (kept == 2)
            {
                Duplicates++;
            }

            return true;
        }

        private void Name(uint number)
        {
            if (writer.contradicting.Count < ContradictionsNamed)
            {
                KnownEntry one = writer.Entry(first), other = writer.Entry(number);
                writer.contradicting.Add($"{Convert.ToHexStringLower(hash.AsSpan(0, length))}: {Shown(one)}, but {Shown(other)}");
            }
        }

        private static string Shown(KnownEntry entry) =>
            HashListReader.Shown(Encoding.UTF8.GetBytes($"{entry.Id} {entry.Meaning.ToText()}{(entry.Category is null ? "" : " " + entry.Category)}"));
    }
}
