using System.Runtime.InteropServices;
using System.Text;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Browse;

/// <summary>Writes pieces of columns within the caller's transaction.</summary>
internal sealed class PieceWriter(SqliteDatabase database) : IDisposable
{
    private readonly SqliteStatement write = database.Prepare("INSERT OR REPLACE INTO piece(id, data) VALUES (?1, ?2)");
    private readonly SqliteStatement read = database.Prepare("SELECT data FROM piece WHERE id=?1");

    public void Write(Column column, int piece, ReadOnlySpan<byte> cells)
    {
        write.Bind(1, BrowseFile.Key(column, piece));
        write.Bind(2, BrowseFile.Sealed(cells));
        write.Run();
    }

    /// <summary>A whole column.</summary>
    public void WriteAll<T>(Column column, ReadOnlySpan<T> cells) where T : unmanaged
    {
        for (int piece = 0; (long)piece * BrowseFile.Piece < cells.Length; piece++)
        {
            int from = piece * BrowseFile.Piece;
            Write(column, piece, MemoryMarshal.AsBytes(cells[from..Math.Min(cells.Length, from + BrowseFile.Piece)]));
        }
    }

    public byte[] Read(Column column, int piece)
    {
        read.Bind(1, BrowseFile.Key(column, piece));
        try
        {
            return BrowseFile.Opened(read.Step() ? read.Bytes(0) : []).ToArray();
        }
        finally
        {
            read.Reset();
        }
    }

    public void Dispose()
    {
        write.Dispose();
        read.Dispose();
    }
}

/// <summary>Adds cells at the end of a column, a number of values to each cell.</summary>
internal sealed class ColumnAppender<T> where T : unmanaged
{
    private readonly PieceWriter pieces;
    private readonly Column column;
    private readonly T[] cells;
    private int used;
    private int piece;

    /// <param name="pieces">Writes.</param>
    /// <param name="column">The column.</param>
    /// <param name="count">Cells that are there already.</param>
    /// <param name="width">Values in a cell.</param>
    public ColumnAppender(PieceWriter pieces, Column column, long count, int width = 1)
    {
        (this.pieces, this.column) = (pieces, column);
        cells = new T[BrowseFile.Piece * width];
        piece = checked((int)(count / BrowseFile.Piece));
        used = (int)(count % BrowseFile.Piece) * width;
        if (used > 0)
        {
            // More can lie there: cells of a transaction that was cut off are never counted, but a piece is written whole.
            MemoryMarshal.Cast<byte, T>(pieces.Read(column, piece))[..used].CopyTo(cells);
        }
    }

    public void Add(T value)
    {
        cells[used++] = value;
        Full();
    }

    public void Add(ReadOnlySpan<T> values)
    {
        values.CopyTo(cells.AsSpan(used));
        used += values.Length;
        Full();
    }

    /// <summary>Writes what was begun.</summary>
    public void Flush()
    {
        if (used > 0)
        {
            pieces.Write(column, piece, MemoryMarshal.AsBytes(cells.AsSpan(0, used)));
        }
    }

    private void Full()
    {
        if (used == cells.Length)
        {
            Flush();
            used = 0;
            piece++;
        }
    }
}

/// <summary>Adds names at the end of <see cref="Column.Names"/>.</summary>
internal sealed class NamesAppender
{
    /// <summary>The most bytes of a name that are kept: more than any file system allows, for names within archives.</summary>
    public const int MostBytes = 0xFFFF;

    private readonly PieceWriter pieces;
    private readonly List<int> nameEnds = [];
    private readonly List<int> ends = [];
    private byte[] bytes = new byte[BrowseFile.NamesPiece * 32];
    private int used;
    private int piece;

    public NamesAppender(PieceWriter pieces, long count)
    {
        this.pieces = pieces;
        piece = checked((int)(count / BrowseFile.NamesPiece));
        int rows = (int)(count % BrowseFile.NamesPiece);
        if (rows > 0)
        {
            NamesPiece begun = NamesPiece.Parse(pieces.Read(Column.Names, piece));
            nameEnds.AddRange(begun.NameEnds.AsSpan(0, rows));
            ends.AddRange(begun.Ends.AsSpan(0, rows));
            used = ends[^1];
            bytes = new byte[Math.Max(bytes.Length, used * 2)];
            begun.Bytes.AsSpan(0, used).CopyTo(bytes);
        }
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> stream)
    {
        int start = used;
        Put(name, start);
        nameEnds.Add(used);
        if (!stream.IsEmpty)
        {
            Put(":"u8, start);
            Put(stream, start);
        }

        ends.Add(used);
        if (ends.Count == BrowseFile.NamesPiece)
        {
            Flush();
            nameEnds.Clear();
            ends.Clear();
            used = 0;
            piece++;
        }
    }

    public void Flush()
    {
        if (ends.Count > 0)
        {
            pieces.Write(Column.Names, piece, NamesPiece.Write(CollectionsMarshal.AsSpan(nameEnds), CollectionsMarshal.AsSpan(ends), bytes.AsSpan(0, used)));
        }
    }

    private void Put(ReadOnlySpan<byte> text, int start)
    {
        // A byte that is no UTF-8 becomes three.
        int most = (text.Length * 3) + 8;
        if (bytes.Length - used < most)
        {
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + most));
        }

        used = Math.Min(start + MostBytes, used + Fold.Utf8(text, bytes.AsSpan(used)));
    }
}

/// <summary>Takes the case off letters, one by one and in no language: the same as comparing with <see cref="StringComparison.OrdinalIgnoreCase"/>.</summary>
internal static class Fold
{
    public static string Text(string text) => text.ToUpperInvariant();

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(Text(text));

    /// <summary>Folds UTF-8; returns the bytes written.</summary>
    public static int Utf8(ReadOnlySpan<byte> text, Span<byte> target)
    {
        if (Ascii.IsValid(text))
        {
            _ = Ascii.ToUpper(text, target, out int written);
            return written;
        }

        return Encoding.UTF8.GetBytes(Text(Encoding.UTF8.GetString(text)), target);
    }
}
