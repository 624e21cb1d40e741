using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>A name of a file, as its record or a directory's index holds it.</summary>
internal readonly record struct EntryName(string Path, byte[]? NameBytes, string? ShortName, EntryTimes Times);

/// <summary>
/// Turns the attributes of a file into file entries, one for each name. What all names share (streams, times, attributes) is built once
/// for each load.
/// </summary>
internal sealed class EntryBuilder(MftReader mft)
{
    private readonly List<StreamInfo> streamList = [];
    private StreamInfo[] streams = [];
    private Dictionary<string, string>? attributes;
    private List<Problem>? problems;
    private EntryTimes times;
    private int? dosAttributes;
    private EntryType type;
    private string? linkTarget;
    private AttributeSet set = null!;

    /// <summary>Reads what the names of <paramref name="loaded"/> share.</summary>
    public void Begin(AttributeSet loaded)
    {
        set = loaded;
        streamList.Clear();
        attributes = null;
        problems = null;
        times = default;
        dosAttributes = null;
        linkTarget = null;
        type = set.IsDirectory ? EntryType.Directory : EntryType.File;
        ReparsePoint? reparse = null;
        Rows<AttributePiece> pieces = set.Pieces;
        for (int i = 0; i < pieces.Count; i++)
        {
            AttributeView view = pieces[i].View;
            switch (view.Type)
            {
                case AttributeType.StandardInformation when !view.NonResident && view.Value.Length >= 0x24:
                    ReadStandardInformation(view.Value);
                    break;
                case AttributeType.ReparsePoint:
                    reparse ??= ReadReparsePoint(i);
                    break;
                case AttributeType.ObjectId when !view.NonResident && view.Value.Length >= 16:
                    Attribute("object id", new Guid(view.Value[..16]).ToString("D"));
                    break;
                case AttributeType.ExtendedAttributes when !view.NonResident:
                    ReadExtendedAttributes(view.Value);
                    break;
                case AttributeType.LoggedUtilityStream when view.Name.SequenceEqual("$\0E\0F\0S\0"u8):
                    Attribute("$EFS", "present");
                    break;
                default:
                    break;
            }
        }

        AddStreams(reparse);
        if (set.Damage is not null)
        {
            foreach (string why in set.Damage)
            {
                AddProblem(ProblemKind.Malformed, why);
            }
        }

        streams = [.. streamList];
    }

    /// <summary>The entry of one name.</summary>
    public FileEntry Entry(in EntryName name, EntryState state, bool reallocated = false) => new()
    {
        Key = set.RecordNumber,
        Path = name.Path,
        NameBytes = name.NameBytes,
        ShortName = name.ShortName,
        Type = type,
        State = state,
        MetadataReallocated = reallocated,
        Times = times,
        NameTimes = name.Times,
        DosAttributes = dosAttributes,
        LinkTarget = linkTarget,
        LinkCount = set.LinkCount,
        Attributes = attributes,
        Streams = streams,
        Problems = problems,
    };

    /// <summary>The entry of a name whose record holds another file by now, or cannot be read.</summary>
    public static FileEntry NameAlone(long record, in EntryName name, in FileNameView key, EntryState state, bool reallocated, Problem? problem, string? note) => new()
    {
        Key = record,
        Path = name.Path,
        NameBytes = name.NameBytes,
        Type = (key.Flags & 0x1000_0000) != 0 ? EntryType.Directory : EntryType.File,
        State = state,
        MetadataReallocated = reallocated,
        NameTimes = name.Times,
        DosAttributes = (int)(key.Flags & 0x0FFF_FFFF),
        Attributes = note is null
            ? new Dictionary<string, string> { ["size in the directory index"] = Text(key.RealSize) }
            : new Dictionary<string, string> { ["size in the directory index"] = Text(key.RealSize), ["record unknown"] = note },
        Streams = [new StreamInfo { Ref = new StreamRef(record, 0), Address = Text(record), Flags = StreamFlags.NameOnly }],
        Problems = problem is null ? null : [problem],
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void ReadStandardInformation(ReadOnlySpan<byte> value)
    {
        times = new EntryTimes(Time(value, 0x08), Time(value, 0x18), Time(value, 0x10), Time(value, 0x00));
        dosAttributes = BinaryPrimitives.ReadInt32LittleEndian(value[0x20..]);

        static EvidenceTime Time(ReadOnlySpan<byte> value, int offset) => new(BinaryPrimitives.ReadInt64LittleEndian(value[offset..]), TimeKind.FileTime);
    }

    private ReparsePoint? ReadReparsePoint(int piece)
    {
        ReparsePoint? point;
        try
        {
            point = ReparsePoint.Of(set, piece, mft);
        }
        catch (UnreadableDataException error)
        {
            AddProblem(ProblemKind.Unreadable, $"reparse point: {error.Reason}");
            return null;
        }

        if (point is null)
        {
            AddProblem(ProblemKind.Malformed, "the reparse point is shorter than its header");
            return null;
        }

        Attribute("reparse tag", $"0x{point.Tag:X8}");
        linkTarget = point.Target;
        type = point.Type ?? type;
        return point;
    }

    /// <summary>A chain of records: distance to the next, flags, name length, value length, name, value.</summary>
    private void ReadExtendedAttributes(ReadOnlySpan<byte> value)
    {
        int at = 0;
        while (at + 8 <= value.Length)
        {
            uint next = BinaryPrimitives.ReadUInt32LittleEndian(value[at..]);
            int nameLength = value[at + 5], valueLength = BinaryPrimitives.ReadUInt16LittleEndian(value[(at + 6)..]);
            if (at + 8 + nameLength + 1 + valueLength > value.Length)
            {
                AddProblem(ProblemKind.Malformed, $"extended attribute at {at} of {value.Length} bytes does not fit");
                return;
            }

            Attribute("EA " + Encoding.Latin1.GetString(value.Slice(at + 8, nameLength)), Convert.ToHexString(value.Slice(at + 9 + nameLength, valueLength)));
            if (next < 9 || next > value.Length)
            {
                return;
            }

            at += (int)next;
        }
    }

    private void AddStreams(ReparsePoint? reparse)
    {
        Rows<AttributeStream> all = set.Streams;
        for (int i = 0; i < all.Count; i++)
        {
            streamList.Add(Stream(all[i]));
        }

        if (streamList.Count == 0)
        {
            streamList.Add(new StreamInfo
            {
                Ref = new StreamRef(set.RecordNumber, 0),
                Address = Text(set.RecordNumber),
                Flags = set.Incomplete ? StreamFlags.Incomplete : StreamFlags.None,
            });
        }

        if (reparse?.Packing is WofAlgorithm packing)
        {
            Attribute("packed by WOF", packing.ToString());
            StreamInfo? packed = streamList.Find(s => s.Name == WofSource.StreamName);
            int plain = streamList.FindIndex(s => s.Name.Length == 0 && !s.Flags.HasFlag(StreamFlags.Index));
            if (packed is not null && plain >= 0)
            {
                StreamInfo stream = streamList[plain];
                streamList[plain] = stream with
                {
                    ValidLength = stream.Size,
                    FirstOffset = packed.FirstOffset,
                    Flags = (stream.Flags & ~StreamFlags.Sparse) | StreamFlags.Compressed,
                };
            }
            else if (packed is null)
            {
                AddProblem(ProblemKind.Missing, WofSource.NoStream);
            }
        }
        else if (reparse?.NotRead is string why)
        {
            AddProblem(ProblemKind.Unsupported, why);
        }
    }

    private StreamInfo Stream(in AttributeStream stream)
    {
        AttributePiece piece = set.Pieces[stream.FirstPiece];
        AttributeView view = piece.View;
        StreamFlags flags = stream.Type == AttributeType.IndexRoot ? StreamFlags.Index : StreamFlags.None;
        ReadOnlySpan<byte> rawName = view.Name;
        string name = rawName.IsEmpty || (stream.Type == AttributeType.IndexRoot && rawName.SequenceEqual("$\0I\03\00\0"u8)) ? "" : NtfsName.Text(rawName, out _);
        StreamRef reference = NtfsStreamRef.Of(set.RecordNumber, stream.Type, stream.Id);
        string address = string.Create(CultureInfo.InvariantCulture, $"{set.RecordNumber}-{stream.Type}-{stream.Id}");
        if (!view.NonResident)
        {
            int size = view.Value.Length;
            long at = mft.OffsetOf(set.RecordNumber);
            return new StreamInfo { Ref = reference, Name = name, Address = address, Size = size, ValidLength = size, Flags = flags | StreamFlags.Resident, FirstOffset = at };
        }

        long sizeInBytes, validLength, allocated, first = -1, mapped;
        string? damage = null;
        if (stream.Pieces is null && view.StartVcn == 0)
        {
            RunSummary runs = RunList.Summarise(view, mft.ClusterSize);
            sizeInBytes = Math.Max(0, view.Size);
            validLength = Math.Clamp(view.InitialisedSize, 0, sizeInBytes);
            allocated = runs.Allocated * mft.ClusterSize;
            mapped = runs.Clusters * mft.ClusterSize;
            first = runs.FirstCluster < 0 ? -1 : runs.FirstCluster * mft.ClusterSize;
            damage = runs.Damage ?? (view.Size < 0 ? $"size is {view.Size}" : null);
        }
        else
        {
            NonResidentContent content = NonResidentContent.Of(set, stream, mft.ClusterSize);
            (sizeInBytes, validLength, mapped, allocated) = (content.Size, content.ValidLength, content.Mapped, 0);
            foreach (Extent extent in content.Extents)
            {
                if (!extent.IsSparse)
                {
                    allocated += extent.Length;
                    first = first < 0 ? extent.VolumeOffset : first;
                }
            }

            damage = content.IsWhole ? null : "pieces of the run list are missing";
        }

        if (damage is null && mapped < Math.Min(sizeInBytes, validLength))
        {
            damage = $"runs map {mapped} of {validLength} bytes";
        }

        if (damage is not null)
        {
            flags |= StreamFlags.Incomplete;
            AddProblem(ProblemKind.Malformed, $"attribute {stream.Type}-{stream.Id}: {damage}");
        }

        if (set.Incomplete)
        {
            flags |= StreamFlags.Incomplete;
        }

        if (view.IsSparse)
        {
            flags |= StreamFlags.Sparse;
        }

        if (view.IsCompressed)
        {
            flags |= StreamFlags.Compressed;
        }

        if (view.IsEncrypted)
        {
            flags |= StreamFlags.Encrypted;
            AddProblem(ProblemKind.Encrypted, $"attribute {stream.Type}-{stream.Id}: encrypted by EFS; its bytes are read as they are stored");
        }

        return new StreamInfo
        {
            Ref = reference,
            Name = name,
            Address = address,
            Size = sizeInBytes,
            ValidLength = validLength,
            AllocatedSize = allocated,
            Flags = flags,
            FirstOffset = first,
        };
    }

    private void Attribute(string name, string value) => (attributes ??= [])[name] = value;

    private void AddProblem(ProblemKind kind, string why) => (problems ??= []).Add(new Problem(kind, $"MFT record {set.RecordNumber}", why, mft.OffsetOf(set.RecordNumber)));
}

/// <summary>How a stream is named for later: type code and instance number of its attribute.</summary>
internal static class NtfsStreamRef
{
    public static StreamRef Of(long record, uint type, ushort id) => new(record, (int)(type << 16) | id);

    public static (uint Type, ushort Id) Parts(StreamRef reference) => ((uint)reference.Stream >> 16, (ushort)reference.Stream);
}
