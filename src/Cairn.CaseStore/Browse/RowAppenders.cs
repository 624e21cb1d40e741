using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Browse;

/// <summary>Turns rows of a table of the case into cells; column 0 of a row is its rowid.</summary>
internal abstract class RowAppender : IDisposable
{
    public abstract void Add(SqliteStatement row);

    public abstract void Flush();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>An id of a row of table entry; 0 where there is none or it cannot be one.</summary>
    protected static int Id(SqliteStatement row, int column) => row.Int64(column) is > 0 and <= int.MaxValue / 2 and long id ? (int)id : 0;
}

/// <summary>The entry, perhaps another entry, perhaps a small number after it.</summary>
internal sealed class EntryIdAppender(PieceWriter pieces, long count, Column entry, Column? second = null, Column? number = null) : RowAppender
{
    private readonly ColumnAppender<int> entries = new(pieces, entry, count);
    private readonly ColumnAppender<int>? seconds = second is Column column ? new(pieces, column, count) : null;
    private readonly ColumnAppender<byte>? numbers = number is Column column ? new(pieces, column, count) : null;

    public override void Add(SqliteStatement row)
    {
        entries.Add(Id(row, 1));
        seconds?.Add(Id(row, 2));
        numbers?.Add((byte)row.Int64(2));
    }

    public override void Flush()
    {
        entries.Flush();
        seconds?.Flush();
        numbers?.Flush();
    }
}

/// <summary>How a hit was found, in the order of the numbers that are stored.</summary>
internal static class HitWays
{
    public static readonly string[] Methods = ["md5", "sha1", "sha256", "pdq", "video", "frames"];

    public static readonly string[] Meanings = ["notable", "known", "ignorable"];

    /// <summary>Number of a text in a list, or of what is in none.</summary>
    public static int Number(string[] texts, string text)
    {
        int at = Array.IndexOf(texts, text);
        return at < 0 ? texts.Length : at;
    }
}

/// <summary>Hits; what they mean is told by the tables hit_known and known_set and is found when all are there.</summary>
internal sealed class HitAppender(PieceWriter pieces, long count) : RowAppender
{
    private readonly ColumnAppender<int> entries = new(pieces, Column.HitEntry, count);
    private readonly ColumnAppender<int> sets = new(pieces, Column.HitSet, count);
    private readonly ColumnAppender<byte> ways = new(pieces, Column.HitWay, count);
    private readonly ColumnAppender<int> ordinals = new(pieces, Column.HitOrdinal, count);

    public override void Add(SqliteStatement row)
    {
        entries.Add(Id(row, 1));
        sets.Add(Id(row, 2));
        ways.Add((byte)HitWays.Number(HitWays.Methods, row.Text(3)));
        ordinals.Add(row.Int32(4));
    }

    public override void Flush()
    {
        entries.Flush();
        sets.Flush();
        ways.Flush();
        ordinals.Flush();
    }
}

/// <summary>Explanations of hits.</summary>
internal sealed class KnownAppender(PieceWriter pieces, long count) : RowAppender
{
    private readonly ColumnAppender<int> entries = new(pieces, Column.KnownEntry, count);
    private readonly ColumnAppender<int> ordinals = new(pieces, Column.KnownOrdinal, count);
    private readonly ColumnAppender<byte> meanings = new(pieces, Column.KnownMeaning, count);

    public override void Add(SqliteStatement row)
    {
        entries.Add(Id(row, 1));
        ordinals.Add(row.Int32(2));
        meanings.Add((byte)HitWays.Number(HitWays.Meanings, row.Text(3)));
    }

    public override void Flush()
    {
        entries.Flush();
        ordinals.Flush();
        meanings.Flush();
    }
}

/// <summary>Groups of pictures that are alike, of every grouping.</summary>
internal sealed class AlikeAppender(PieceWriter pieces, long count) : RowAppender
{
    private readonly ColumnAppender<int> entries = new(pieces, Column.AlikeEntry, count);
    private readonly ColumnAppender<int> groups = new(pieces, Column.AlikeGroup, count);
    private readonly ColumnAppender<int> groupings = new(pieces, Column.AlikeGrouping, count);

    public override void Add(SqliteStatement row)
    {
        entries.Add(Id(row, 1));
        groups.Add(Id(row, 2));
        groupings.Add(Id(row, 3));
    }

    public override void Flush()
    {
        entries.Flush();
        groups.Flush();
        groupings.Flush();
    }
}

/// <summary>Files within files; what holds them is a folder of the tree.</summary>
internal sealed class MemberAppender : RowAppender
{
    private readonly ColumnAppender<int> entries;
    private readonly ColumnAppender<int> parents;
    private readonly PartNumbers parts;
    private readonly FolderIndex index;
    private int lastParent;

    public MemberAppender(RowTarget to)
    {
        entries = new(to.Pieces, Column.MemberEntry, to.Count);
        parents = new(to.Pieces, Column.MemberParent, to.Count);
        parts = new PartNumbers(to.Database);
        index = new FolderIndex(to.Database, to.Folders);
    }

    public int Folders => index.Count;

    public override void Add(SqliteStatement row)
    {
        int parent = Id(row, 2);
        entries.Add(Id(row, 1));
        parents.Add(parent);
        ReadOnlySpan<byte> path = row.Bytes(5);
        if (parent != lastParent && !row.IsNull(3) && path.Count((byte)'/') < FolderIndex.MostDepth)
        {
            lastParent = parent;
            index.Own(index.At(parts.Of(row.Int64(3), row.Int32OrNull(4)), path), parent, (EntryState)row.Int32(6), isFile: true);
        }
    }

    public override void Flush()
    {
        entries.Flush();
        parents.Flush();
    }

    protected override void Dispose(bool disposing)
    {
        index.Dispose();
        parts.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Numbers of the parts of evidences, from 1.</summary>
internal sealed class PartNumbers : IDisposable
{
    private readonly SqliteStatement add;
    private readonly Dictionary<(long Evidence, long Volume), int> numbers = [];

    public PartNumbers(SqliteDatabase target)
    {
        add = target.Prepare("INSERT INTO part(id, evidence_id, volume_index) VALUES (?1, ?2, ?3)");
        using SqliteStatement read = target.Prepare("SELECT id, evidence_id, volume_index FROM part");
        while (read.Step())
        {
            numbers.Add((read.Int64(1), read.Int64OrNull(2) ?? -1), read.Int32(0));
        }
    }

    public int Of(long evidence, int? volume)
    {
        (long, long) key = (evidence, volume ?? -1L);
        if (!numbers.TryGetValue(key, out int number))
        {
            number = numbers.Count + 1;
            numbers.Add(key, number);
            add.Bind(1, number);
            add.Bind(2, evidence);
            add.Bind(3, volume);
            add.Run();
        }

        return number;
    }

    public void Dispose() => add.Dispose();
}

/// <summary>What reading gave: hashes, type, status.</summary>
internal sealed class ContentAppender : RowAppender
{
    public const int HasMd5 = 1;
    public const int HasSha1 = 2;
    public const int HasSha256 = 4;

    /// <summary>Bit of <see cref="Column.ContentStatus"/>: the extension says something else.</summary>
    public const byte Mismatch = 0x80;

    private static readonly byte[] None = new byte[32];

    private readonly ColumnAppender<int> entries;
    private readonly ColumnAppender<byte> has;
    private readonly ColumnAppender<byte> md5;
    private readonly ColumnAppender<byte> sha1;
    private readonly ColumnAppender<byte> sha256;
    private readonly ColumnAppender<ushort> mimes;
    private readonly ColumnAppender<byte> statuses;
    private readonly Dictionary<string, ushort> numbers = new(StringComparer.Ordinal);
    private readonly SqliteStatement addMime;

    public ContentAppender(RowTarget to)
    {
        (SqliteDatabase target, PieceWriter pieces, long count, _) = to;
        entries = new(pieces, Column.ContentEntry, count);
        has = new(pieces, Column.ContentHas, count);
        md5 = new(pieces, Column.ContentMd5, count, 16);
        sha1 = new(pieces, Column.ContentSha1, count, 20);
        sha256 = new(pieces, Column.ContentSha256, count, 32);
        mimes = new(pieces, Column.ContentMime, count);
        statuses = new(pieces, Column.ContentStatus, count);
        using (SqliteStatement read = target.Prepare("SELECT id, text FROM mime"))
        {
            while (read.Step())
            {
                numbers.Add(read.Text(1), (ushort)read.Int64(0));
            }
        }

        addMime = target.Prepare("INSERT INTO mime(id, text) VALUES (?1, ?2)");
    }

    public override void Add(SqliteStatement row)
    {
        entries.Add(Id(row, 1));
        has.Add((byte)(Hash(row, 3, md5, 16, HasMd5) | Hash(row, 4, sha1, 20, HasSha1) | Hash(row, 5, sha256, 32, HasSha256)));
        mimes.Add(row.IsNull(6) ? (ushort)0 : Number(row.Text(6)));
        statuses.Add((byte)((row.Int32(2) & 0x3F) | (row.Int64(7) != 0 ? Mismatch : (byte)0)));
    }

    public override void Flush()
    {
        entries.Flush();
        has.Flush();
        md5.Flush();
        sha1.Flush();
        sha256.Flush();
        mimes.Flush();
        statuses.Flush();
    }

    protected override void Dispose(bool disposing)
    {
        addMime.Dispose();
        base.Dispose(disposing);
    }

    private static int Hash(SqliteStatement row, int column, ColumnAppender<byte> cells, int length, int bit)
    {
        ReadOnlySpan<byte> hash = row.Bytes(column);
        bool there = hash.Length == length;
        cells.Add(there ? hash : None.AsSpan(0, length));
        return there ? bit : 0;
    }

    private ushort Number(string mime)
    {
        if (!numbers.TryGetValue(mime, out ushort number))
        {
            if (numbers.Count >= ushort.MaxValue)
            {
                throw new CaseException($"the case has more than {ushort.MaxValue} types of content: 'cairn verify --case' says what was altered");
            }

            number = (ushort)(numbers.Count + 1);
            numbers.Add(mime, number);
            addMime.Bind(1, number);
            addMime.Bind(2, mime);
            addMime.Run();
        }

        return number;
    }
}

/// <summary>What the inventory says of rows of table entry.</summary>
internal sealed class EntryAppender : IDisposable
{
    /// <summary>A time that is not there, or not one of the years 1 to 9999.</summary>
    public const long NoTime = long.MinValue;

    private const string Sql = "SELECT id, evidence_id, volume_index, path, stream, address, type, state, reallocated, size, time_kinds, modified, accessed, changed, created FROM entry WHERE id>?1 AND id<=?2 ORDER BY id";

    private readonly ColumnAppender<int> folders;
    private readonly ColumnAppender<byte> shapes;
    private readonly ColumnAppender<long> sizes;
    private readonly ColumnAppender<long>[] times;
    private readonly ColumnAppender<uint> addresses;
    private readonly NamesAppender names;
    private readonly FolderIndex index;
    private readonly PartNumbers parts;

    public EntryAppender(SqliteDatabase target, PieceWriter pieces, long count, int folderCount)
    {
        folders = new(pieces, Column.Folder, count);
        shapes = new(pieces, Column.Shape, count);
        sizes = new(pieces, Column.Size, count);
        times = [.. Enumerable.Range(0, 4).Select(i => new ColumnAppender<long>(pieces, Column.Modified + i, count))];
        addresses = new(pieces, Column.Address, count);
        names = new(pieces, count);
        index = new FolderIndex(target, folderCount);
        parts = new PartNumbers(target);
    }

    public int Folders => index.Count;

    /// <summary>Cells of <see cref="Column.Shape"/>: type in the low four bits, state in the next two.</summary>
    public static byte Shape(long type, long state) => (byte)((type & 15) | ((state & 3) << 4));

    /// <summary>Adds rows after <paramref name="after"/> up to <paramref name="to"/>, which must all be there; returns <paramref name="to"/>.</summary>
    public long Add(SqliteDatabase source, long after, long to)
    {
        using SqliteStatement row = source.Prepare(Sql);
        row.Bind(1, after);
        row.Bind(2, to);
        long at = after;
        while (row.Step())
        {
            if (row.Int64(0) != ++at)
            {
                throw BrowseBuilder.Gap("entry");
            }

            Add(row, (int)at);
        }

        return at == to ? to : throw BrowseBuilder.Gap("entry");
    }

    public void Flush()
    {
        folders.Flush();
        shapes.Flush();
        sizes.Flush();
        foreach (ColumnAppender<long> time in times)
        {
            time.Flush();
        }

        addresses.Flush();
        names.Flush();
    }

    public void Dispose()
    {
        index.Dispose();
        parts.Dispose();
    }

    /// <summary>100-nanosecond intervals since 1970, for order and ranges.</summary>
    internal static long Ticks(EvidenceTime time) =>
        time.ToUnix() is (long seconds, int nanoseconds) && seconds is >= -62_135_596_800 and <= 253_402_300_799 ? (seconds * 10_000_000) + (nanoseconds / 100) : NoTime;

    /// <summary>FNV-1a of an address: rows that have another one are sorted out later.</summary>
    internal static uint AddressHash(ReadOnlySpan<byte> address)
    {
        uint hash = 2_166_136_261;
        foreach (byte b in address)
        {
            hash = (hash ^ b) * 16_777_619;
        }

        return hash;
    }

    private void Add(SqliteStatement row, int id)
    {
        int part = parts.Of(row.Int64(1), row.Int32OrNull(2));
        ReadOnlySpan<byte> path = row.Bytes(3);
        int name = FolderIndex.NameStart(path);
        int folder = index.Of(part, path[..name]);
        long type = row.Int64(6), state = row.Int64(7);
        folders.Add(folder);
        shapes.Add(Shape(type, state));
        sizes.Add(row.Int64(9));
        long kinds = row.Int64(10);
        for (int i = 0; i < times.Length; i++)
        {
            TimeKind kind = (TimeKind)((kinds >> (i * 4)) & 15);
            times[i].Add(kind == TimeKind.None ? NoTime : Ticks(new EvidenceTime(row.Int64(11 + i), kind)));
        }

        addresses.Add(AddressHash(row.Bytes(5)));
        ReadOnlySpan<byte> stream = row.Bytes(4);
        names.Add(path[name..], stream);
        if (type == (long)EntryType.Directory && path.Count((byte)'/') < FolderIndex.MostDepth)
        {
            index.Own(index.At(part, path), id, (EntryState)state, isFile: false);
        }
    }
}
