using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Schema;

/// <summary>
/// Inserts rows of one table and computes, from the same bytes that SQLite is given, the digest of the batch and the check of each row.
/// Texts are encoded once, into a pinned buffer that holds the canonical rows; SQLite reads them there. The methods of a cell are compiled
/// optimised at once: an inventory is over before the runtime would have come to it.
/// </summary>
internal sealed class TableWriter : IDisposable
{
    private const int FlushAt = 48 << 10;

    private readonly SqliteDatabase database;
    private readonly SqliteStatement insert;
    private readonly nint statement;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly bool[] boundAsInteger;
    private readonly bool[] boundAsNull;
    private readonly long[] boundInteger;
    private readonly int batchIndex;
    private byte[] buffer = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
    private readonly List<byte[]> outgrown = [];
    private byte[] checks = new byte[4096];
    private int used;
    private int rowStart;
    private int column;

    public TableWriter(SqliteDatabase database, TableDefinition table)
    {
        this.database = database;
        Table = table;
        insert = database.Prepare(table.InsertSql);
        statement = insert.Handle;
        batchIndex = table.Columns.Length + 1;
        boundAsInteger = new bool[batchIndex + 1];
        boundAsNull = new bool[batchIndex + 1];
        boundInteger = new long[batchIndex + 1];
        Array.Fill(boundAsNull, true);
    }

    public TableDefinition Table { get; }

    /// <summary>Rows of the batch so far.</summary>
    public int Count { get; private set; }

    /// <summary>Four bytes for each row of the batch.</summary>
    public ReadOnlySpan<byte> Checks => checks.AsSpan(0, Count * 4);

    /// <summary>Begins a batch; what a failed one left is dropped.</summary>
    public void Begin(long batch)
    {
        if (Count > 0 || used > 0)
        {
            _ = hash.GetHashAndReset();
        }

        Count = 0;
        used = rowStart = column = 0;
        BindInteger(batchIndex, batch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Integer(long value)
    {
        int index = ++column;
        Span<byte> target = Room(CanonicalEncoding.HeadBytes);
        used += CanonicalEncoding.WriteInteger(target, value);
        BindInteger(index, value);
    }

    public void Integer(long? value)
    {
        if (value is long number)
        {
            Integer(number);
        }
        else
        {
            Null();
        }
    }

    public void Boolean(bool value) => Integer(value ? 1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Null()
    {
        int index = ++column;
        Room(1)[0] = CanonicalEncoding.Null;
        used++;
        if (!boundAsNull[index])
        {
            database.Check(SqliteNative.BindNull(statement, index));
            boundAsNull[index] = true;
            boundAsInteger[index] = false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        // The length comes first and decides its own size, so long texts are measured before they are encoded.
        int most = value.Length * 3;
        if (most < 0x80)
        {
            Span<byte> target = Room(most + 2);
            int length = Encoding.UTF8.GetBytes(value, target[2..]);
            target[0] = CanonicalEncoding.Text;
            target[1] = (byte)length;
            BindText(used + 2, length);
        }
        else
        {
            int length = Encoding.UTF8.GetByteCount(value);
            Span<byte> target = Room(CanonicalEncoding.HeadBytes + length);
            int head = CanonicalEncoding.WriteHead(target, CanonicalEncoding.Text, length);
            _ = Encoding.UTF8.GetBytes(value, target[head..]);
            BindText(used + head, length);
        }
    }

    public void Blob(byte[]? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        Span<byte> target = Room(CanonicalEncoding.HeadBytes + value.Length);
        int head = CanonicalEncoding.WriteHead(target, CanonicalEncoding.Blob, value.Length);
        value.CopyTo(target[head..]);
        BindBlob(used + head, value.Length);
    }

    /// <summary>Inserts the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void End()
    {
        if (column != batchIndex - 1)
        {
            throw new InvalidOperationException($"{column} of {batchIndex - 1} cells of {Table.Name}");
        }

        int code = SqliteNative.Step(statement);
        if (code != SQLitePCL.raw.SQLITE_DONE)
        {
            SqliteFailure failure = database.Failure(code);
            insert.Reset();
            throw failure;
        }

        insert.Reset();
        if (checks.Length < (Count + 1) * 4)
        {
            Array.Resize(ref checks, checks.Length * 2);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(checks.AsSpan(Count * 4), CanonicalEncoding.RowCheck(buffer.AsSpan(rowStart, used - rowStart)));
        Count++;
        column = 0;
        outgrown.Clear();
        if (used >= FlushAt)
        {
            hash.AppendData(buffer, 0, used);
            used = 0;
        }

        rowStart = used;
    }

    /// <summary>SHA-256 of the batch's rows; the next use begins a new batch.</summary>
    public byte[] Digest()
    {
        hash.AppendData(buffer, 0, used);
        used = rowStart = 0;
        return hash.GetHashAndReset();
    }

    public void Dispose()
    {
        insert.Dispose();
        hash.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BindInteger(int index, long value)
    {
        // A parameter keeps its value over a reset, and most integers of a row are those of the row before.
        if (boundAsInteger[index] && boundInteger[index] == value)
        {
            return;
        }

        database.Check(SqliteNative.BindInt64(statement, index, value));
        boundAsInteger[index] = true;
        boundAsNull[index] = false;
        boundInteger[index] = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BindText(int at, int length)
    {
        database.Check(SqliteNative.BindText(statement, ++column, Marshal.UnsafeAddrOfPinnedArrayElement(buffer, at), length, 0));
        boundAsInteger[column] = boundAsNull[column] = false;
        used = at + length;
    }

    private void BindBlob(int at, int length)
    {
        database.Check(SqliteNative.BindBlob(statement, ++column, Marshal.UnsafeAddrOfPinnedArrayElement(buffer, at), length, 0));
        boundAsInteger[column] = boundAsNull[column] = false;
        used = at + length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Room(int bytes)
    {
        if (buffer.Length - used < bytes)
        {
            Grow(bytes);
        }

        return buffer.AsSpan(used);
    }

    private void Grow(int bytes)
    {
        if (rowStart > 0)
        {
            hash.AppendData(buffer, 0, rowStart);
        }

        // Cells of this row that SQLite was already shown stay in the old buffer until the row is inserted.
        byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(buffer.Length, checked((used - rowStart + bytes) * 2)), pinned: true);
        buffer.AsSpan(rowStart, used - rowStart).CopyTo(larger);
        outgrown.Add(buffer);
        buffer = larger;
        used -= rowStart;
        rowStart = 0;
    }
}
