using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Reads pieces of columns and keeps those used last, up to so many bytes. Safe to call from many threads. Cells are little-endian, as are all
/// machines that .NET 10 runs on.
/// </summary>
internal sealed class ColumnCache : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly SqliteStatement read;
    private readonly long mostBytes;
    private readonly Lock gate = new();
    private readonly Dictionary<long, LinkedListNode<(long Key, object Cells, long Bytes)>> kept = [];
    private readonly LinkedList<(long Key, object Cells, long Bytes)> byUse = new();
    private readonly HashSet<Column> passing = [];
    private long bytes;

    public ColumnCache(SqliteDatabase database, long mostBytes)
    {
        (this.database, this.mostBytes) = (database, mostBytes);
        read = database.Prepare("SELECT data FROM piece WHERE id=?1");
    }

    /// <summary>
    /// Says how many bytes a column has in all. One that would fill more than a quarter of what is kept is not kept: it is gone through from end to end, and
    /// would drive out what the next page needs.
    /// </summary>
    public void Expect(Column column, long columnBytes)
    {
        if (columnBytes > mostBytes / 4)
        {
            passing.Add(column);
        }
    }

    /// <summary>The cells of a piece; none where there is no such piece. Not to be changed.</summary>
    public T[] Cells<T>(Column column, int piece) where T : unmanaged => (T[])Get(BrowseFile.Key(column, piece), static blob =>
    {
        if (blob.Length % Unsafe.SizeOf<T>() != 0)
        {
            throw BrowseFile.Damaged();
        }

        return (MemoryMarshal.Cast<byte, T>(blob).ToArray(), blob.Length);
    });

    /// <summary>The names of a piece.</summary>
    public NamesPiece Names(int piece) => (NamesPiece)Get(BrowseFile.Key(Column.Names, piece), static blob => (NamesPiece.Parse(blob), blob.Length));

    /// <summary>Runs on the connection of this cache, which no other thread uses meanwhile.</summary>
    public T With<T>(Func<SqliteDatabase, T> use)
    {
        lock (gate)
        {
            return use(database);
        }
    }

    /// <summary>A whole column.</summary>
    public T[] All<T>(Column column, int count) where T : unmanaged
    {
        T[] all = new T[count];
        for (int piece = 0; (long)piece * BrowseFile.Piece < count; piece++)
        {
            ReadOnlySpan<T> cells = Cells<T>(column, piece);
            cells[..Math.Min(cells.Length, count - (piece * BrowseFile.Piece))].CopyTo(all.AsSpan(piece * BrowseFile.Piece));
        }

        return all;
    }

    /// <summary>One cell.</summary>
    public T One<T>(Column column, int index) where T : unmanaged => Cells<T>(column, index / BrowseFile.Piece)[index % BrowseFile.Piece];

    public void Dispose()
    {
        lock (gate)
        {
            read.Dispose();
        }
    }

    private delegate (object Cells, long Bytes) Parser(ReadOnlySpan<byte> blob);

    private object Get(long key, Parser parse)
    {
        lock (gate)
        {
            if (kept.TryGetValue(key, out LinkedListNode<(long Key, object Cells, long Bytes)>? node))
            {
                byUse.Remove(node);
                byUse.AddFirst(node);
                return node.Value.Cells;
            }

            read.Bind(1, key);
            (object Cells, long Bytes) parsed;
            try
            {
                parsed = parse(BrowseFile.Opened(read.Step() ? read.Bytes(0) : []));
            }
            finally
            {
                read.Reset();
            }

            if (passing.Contains((Column)(key >> 32)))
            {
                return parsed.Cells;
            }

            kept.Add(key, byUse.AddFirst((key, parsed.Cells, parsed.Bytes)));
            bytes += parsed.Bytes;
            while (bytes > mostBytes && byUse.Last is { } last && byUse.Count > 1)
            {
                bytes -= last.Value.Bytes;
                kept.Remove(last.Value.Key);
                byUse.RemoveLast();
            }

            return parsed.Cells;
        }
    }
}

/// <summary>
/// Names of rows one after the other, with the case of letters taken off, in UTF-8: the last part of the path, and of another stream than the main
/// one ":" and the stream's name. As a blob: how many, the ends of the file names, the ends of the whole, then the bytes.
/// </summary>
internal sealed class NamesPiece
{
    private NamesPiece(int[] nameEnds, int[] ends, byte[] bytes) => (NameEnds, Ends, Bytes) = (nameEnds, ends, bytes);

    public int Count => Ends.Length;

    public int[] NameEnds { get; }

    public int[] Ends { get; }

    public byte[] Bytes { get; }

    public static NamesPiece Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty)
        {
            return new NamesPiece([], [], []);
        }

        int count = MemoryMarshal.Cast<byte, int>(blob[..4])[0];
        int head = 4 + (count * 8);
        ReadOnlySpan<int> ends = MemoryMarshal.Cast<byte, int>(blob[4..head]);
        return new NamesPiece(ends[..count].ToArray(), ends[count..].ToArray(), blob[head..].ToArray());
    }

    /// <summary>The blob of these names.</summary>
    public static byte[] Write(ReadOnlySpan<int> nameEnds, ReadOnlySpan<int> ends, ReadOnlySpan<byte> bytes)
    {
        byte[] blob = new byte[4 + (ends.Length * 8) + bytes.Length];
        MemoryMarshal.Cast<byte, int>(blob.AsSpan(0, 4))[0] = ends.Length;
        MemoryMarshal.AsBytes(nameEnds).CopyTo(blob.AsSpan(4));
        MemoryMarshal.AsBytes(ends).CopyTo(blob.AsSpan(4 + (ends.Length * 4)));
        bytes.CopyTo(blob.AsSpan(4 + (ends.Length * 8)));
        return blob;
    }

    /// <summary>Name and stream.</summary>
    public ReadOnlySpan<byte> Whole(int row) => Bytes.AsSpan(Start(row), Ends[row] - Start(row));

    /// <summary>The last part of the path.</summary>
    public ReadOnlySpan<byte> Name(int row) => Bytes.AsSpan(Start(row), NameEnds[row] - Start(row));

    private int Start(int row) => row == 0 ? 0 : Ends[row - 1];
}
