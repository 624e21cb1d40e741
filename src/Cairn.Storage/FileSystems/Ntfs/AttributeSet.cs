using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>One attribute of a file, in its base record or in an extension.</summary>
internal readonly struct AttributePiece(byte[] buffer, int record, int recordLength, int offset, int length, ushort id)
{
    /// <summary>The record that holds it.</summary>
    public ReadOnlySpan<byte> Record => buffer.AsSpan(record, recordLength);

    public AttributeView View => new(buffer.AsSpan(record + offset, length));

    /// <summary>Offset of the attribute in its record.</summary>
    public int Offset => offset;

    /// <summary>
    /// The instance number that names the attribute in an address. Instance numbers are unique within one record only, so attributes of
    /// extension records get new ones, counted on from the largest of the attribute list, as the Sleuth Kit does.
    /// </summary>
    public ushort Id => id;
}

/// <summary>A stream of a file: the pieces that map it, first one first.</summary>
internal struct AttributeStream
{
    public uint Type;
    public ushort Id;
    public int FirstPiece;

    /// <summary>All pieces where there is more than one, ascending by virtual cluster; else null.</summary>
    public List<int>? Pieces;
}

/// <summary>All attributes of one file, extension records included. Can be loaded again and again; not safe for two threads.</summary>
internal sealed class AttributeSet
{
    /// <summary>References of one attribute list that may lead nowhere before the list is given up.</summary>
    private const int BadReferences = 256;

    private readonly Rows<AttributePiece> pieces = new();
    private readonly Rows<AttributeStream> streams = new();
    private readonly Dictionary<(uint Type, string Name), ushort> newIds = [];
    private readonly HashSet<long> seen = [];
    private readonly List<FileReference> extensions = [];
    private List<string>? damage;

    public long RecordNumber { get; private set; }

    public ushort Sequence { get; private set; }

    public ushort LinkCount { get; private set; }

    public bool InUse { get; private set; }

    public bool IsDirectory { get; private set; }

    public bool IsBase { get; private set; }

    /// <summary>True where extension records are missing, so streams may be too.</summary>
    public bool Incomplete { get; private set; }

    /// <summary>Bytes of non-resident attribute lists that this set may still read; see <see cref="MftReader.ListBudget"/>.</summary>
    public long ListBudget { get; set; }

    /// <summary>What did not hold, in order; null where all did.</summary>
    public IReadOnlyList<string>? Damage => damage;

    public Rows<AttributePiece> Pieces => pieces;

    /// <summary>$DATA and $INDEX_ROOT attributes in the order the Sleuth Kit lists them.</summary>
    public Rows<AttributeStream> Streams => streams;

    /// <summary>The sequence number that names of this file carry: a deletion raises the record's own by one.</summary>
    public ushort NameSequence => NtfsSequence.OfNames(Sequence, InUse);

    /// <summary>Loads the file whose record, fixups undone, lies in <paramref name="buffer"/>, which stays referenced until the next load.</summary>
    public void Load(byte[] buffer, int offset, long recordNumber, MftReader mft)
    {
        pieces.Clear();
        streams.Clear();
        damage = null;
        Incomplete = false;
        RecordNumber = recordNumber;
        RecordView record = new(buffer.AsSpan(offset, mft.RecordSize));
        Sequence = record.Sequence;
        LinkCount = record.LinkCount;
        InUse = record.InUse;
        IsDirectory = record.IsDirectory;
        IsBase = record.Base.Raw == 0;
        AttributeWalk walk = new(buffer.AsSpan(offset, mft.RecordSize));
        int list = -1;
        while (walk.MoveNext())
        {
            AttributeView attribute = walk.Current;
            if (attribute.Type == AttributeType.AttributeList && list < 0)
            {
                list = pieces.Count;
            }

            pieces.Add(new AttributePiece(buffer, offset, mft.RecordSize, walk.Offset, walk.Length, attribute.Id));
        }

        if (walk.Damage is not null)
        {
            AddDamage(walk.Damage);
        }

        if (list >= 0)
        {
            LoadExtensions(list, mft);
        }

        Group(list >= 0);
    }

    public void AddDamage(string why) => (damage ??= []).Add(why);

    /// <summary>Index of the first attribute of <paramref name="type"/> whose name is <paramref name="name"/>, or -1.</summary>
    public int Find(uint type, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            AttributeView view = pieces[i].View;
            if (view.Type == type && view.Name.SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The stream that maps pieces of <paramref name="type"/> and <paramref name="name"/>, for attributes that <see cref="Streams"/> does not list.</summary>
    public AttributeStream? FindStream(uint type, ReadOnlySpan<byte> name)
    {
        AttributeStream? found = null;
        for (int i = 0; i < pieces.Count; i++)
        {
            AttributeView view = pieces[i].View;
            if (view.Type != type || !view.Name.SequenceEqual(name))
            {
                continue;
            }

            if (found is not AttributeStream stream)
            {
                found = new AttributeStream { Type = type, Id = pieces[i].Id, FirstPiece = i };
                continue;
            }

            stream.Pieces ??= [stream.FirstPiece];
            stream.Pieces.Add(i);
            found = stream;
        }

        if (found is AttributeStream many)
        {
            Sort(ref many);
            return many;
        }

        return null;
    }

    private void LoadExtensions(int listPiece, MftReader mft)
    {
        newIds.Clear();
        seen.Clear();
        extensions.Clear();
        seen.Add(RecordNumber);
        ushort nextId = pieces[listPiece].Id;
        ReadList(listPiece, mft, ref nextId, true);
        int bad = 0;
        for (int next = 0; next < extensions.Count; next++)
        {
            FileReference reference = extensions[next];
            byte[] buffer = new byte[mft.RecordSize];
            string? wrong = ReadExtension(reference, buffer, mft);
            if (wrong is not null)
            {
                Incomplete = true;
                if (InUse || bad == 0)
                {
                    AddDamage(wrong);
                }

                if (++bad == BadReferences)
                {
                    AddDamage($"attribute list has more than {BadReferences} references that lead nowhere; the rest was not read");
                    return;
                }

                continue;
            }

            AttributeWalk walk = new(buffer);
            while (walk.MoveNext())
            {
                AttributeView attribute = walk.Current;
                ushort id = newIds.GetValueOrDefault((attribute.Type, NtfsName.Text(attribute.Name, out _)), (ushort)0);
                pieces.Add(new AttributePiece(buffer, 0, buffer.Length, walk.Offset, walk.Length, id != 0 ? id : attribute.Id));
                if (attribute.Type == AttributeType.AttributeList)
                {
                    // Not in the specification, but it costs nothing to follow; records seen already are not read again.
                    AddDamage($"extension record {reference.Record} has an attribute list of its own");
                    ReadList(pieces.Count - 1, mft, ref nextId, false);
                }
            }

            if (walk.Damage is not null)
            {
                AddDamage($"extension record {reference.Record}: {walk.Damage}");
            }
        }
    }

    private string? ReadExtension(FileReference reference, byte[] buffer, MftReader mft)
    {
        if (reference.Record == 0 || reference.Record >= mft.RecordCount)
        {
            return $"extension record {reference.Record} of {mft.RecordCount}";
        }

        try
        {
            if (!mft.TryRead(reference.Record, buffer, out string? why))
            {
                return $"extension record {reference.Record}: {why}";
            }
        }
        catch (UnreadableDataException error)
        {
            return $"extension record {reference.Record}: {error.Reason}";
        }

        RecordView record = new(buffer);
        return record.Base.Record != RecordNumber ? $"extension record {reference.Record} belongs to record {record.Base.Record}"
            : InUse && record.Base.Sequence != Sequence ? $"extension record {reference.Record} belongs to an earlier use of this record"
            : null;
    }

    /// <summary>Queues the extension records that the list names and gives their attributes instance numbers.</summary>
    private void ReadList(int piece, MftReader mft, ref ushort nextId, bool own)
    {
        byte[] list;
        AttributeView view = pieces[piece].View;
        if (view.NonResident)
        {
            long size = Math.Min(view.Size, Limits.AttributeListBytes);
            if (view.Size > Limits.AttributeListBytes)
            {
                AddDamage($"attribute list of {view.Size} bytes: only the first {Limits.AttributeListBytes} were read");
                Incomplete = true;
            }

            ListBudget -= Math.Max(0, size);
            if (size <= 0 || ListBudget < 0)
            {
                AddDamage(size <= 0 ? $"attribute list of {view.Size} bytes" : "attribute lists are larger in all than the MFT can hold; this one was not read");
                Incomplete = true;
                return;
            }

            // The runs bound what there is to read, so a size alone allocates nothing.
            NonResidentContent content = NonResidentContent.Of(this, new AttributeStream { Type = view.Type, FirstPiece = piece }, mft.ClusterSize);
            list = new byte[(int)Math.Min(size, content.Mapped)];
            try
            {
                using IByteSource source = content.Open(mft.Volume);
                int got = source.ReadAt(0, list);
                list = got == list.Length ? list : list[..got];
            }
            catch (UnreadableDataException error)
            {
                AddDamage($"attribute list: {error.Reason}");
                Incomplete = true;
                return;
            }
        }
        else
        {
            list = view.Value.ToArray();
        }

        List<(uint, string)> fresh = [];
        int at = 0;
        while (at + 26 <= list.Length)
        {
            ReadOnlySpan<byte> entry = list.AsSpan(at);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]);
            if (length < 26 || length > entry.Length)
            {
                if (entry.IndexOfAnyExcept((byte)0) >= 0)
                {
                    AddDamage($"attribute list entry at {at} is {length} bytes long");
                    Incomplete = true;
                }

                break;
            }

            uint type = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            int nameLength = entry[6] * 2, nameOffset = entry[7];
            string name = nameOffset + nameLength <= length ? NtfsName.Text(entry.Slice(nameOffset, nameLength), out _) : "";
            FileReference reference = new(BinaryPrimitives.ReadUInt64LittleEndian(entry[0x10..]));
            ushort id = BinaryPrimitives.ReadUInt16LittleEndian(entry[0x18..]);
            nextId = Math.Max(nextId, id);
            if (own && newIds.TryAdd((type, name), 0) && reference.Record != RecordNumber)
            {
                fresh.Add((type, name));
            }

            if (seen.Add(reference.Record))
            {
                extensions.Add(reference);
            }

            at += length;
        }

        foreach ((uint, string) key in fresh)
        {
            newIds[key] = ++nextId;
        }
    }

    private void Group(bool severalRecords)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            AttributeView view = pieces[i].View;
            if (view.Type is not AttributeType.Data and not AttributeType.IndexRoot)
            {
                continue;
            }

            int same = Existing(view.Type, pieces[i].Id, view.Name, severalRecords && view.NonResident && view.StartVcn > 0);
            if (same < 0)
            {
                streams.Add(new AttributeStream { Type = view.Type, Id = pieces[i].Id, FirstPiece = i });
                continue;
            }

            AttributeStream stream = streams[same];
            AttributeView head = pieces[stream.FirstPiece].View;
            if (!view.NonResident || !head.NonResident || !head.Name.SequenceEqual(view.Name))
            {
                AddDamage($"two attributes 0x{view.Type:X} have the instance number {stream.Id}; the second was left out");
                continue;
            }

            stream.Pieces ??= [stream.FirstPiece];
            stream.Pieces.Add(i);
            streams[same] = stream;
        }

        Span<AttributeStream> all = streams.All;
        for (int i = 0; i < all.Length; i++)
        {
            Sort(ref all[i]);
        }
    }

    private int Existing(uint type, ushort id, ReadOnlySpan<byte> name, bool continues)
    {
        for (int i = 0; i < streams.Count; i++)
        {
            if (streams[i].Type == type && (streams[i].Id == id || (continues && pieces[streams[i].FirstPiece].View.Name.SequenceEqual(name))))
            {
                return i;
            }
        }

        return -1;
    }

    private void Sort(ref AttributeStream stream)
    {
        if (stream.Pieces is not List<int> many)
        {
            return;
        }

        many.Sort((a, b) =>
        {
            int order = Start(a).CompareTo(Start(b));
            return order != 0 ? order : a.CompareTo(b);
        });
        stream.FirstPiece = many[0];

        long Start(int piece)
        {
            AttributeView view = pieces[piece].View;
            return view.NonResident ? view.StartVcn : 0;
        }
    }
}

/// <summary>Sequence numbers of names and records.</summary>
internal static class NtfsSequence
{
    /// <summary>The number that names pointing at a record carry: a deletion raises the record's own.</summary>
    public static ushort OfNames(ushort sequence, bool inUse) => inUse || sequence == 0 ? sequence : (ushort)(sequence - 1);
}
