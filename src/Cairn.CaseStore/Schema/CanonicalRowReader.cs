using System.Buffers.Binary;
using Cairn.CaseStore.Sqlite;
using SQLitePCL;

namespace Cairn.CaseStore.Schema;

/// <summary>Turns the cells of rows that are read back into the bytes that <see cref="TableWriter"/> made of them.</summary>
internal sealed class CanonicalRowReader
{
    private byte[] buffer = new byte[64 << 10];
    private int used;
    private int rowStart;

    /// <summary>Rows not yet taken.</summary>
    public ReadOnlySpan<byte> Pending => buffer.AsSpan(0, used);

    /// <summary>The last row.</summary>
    public ReadOnlySpan<byte> LastRow => buffer.AsSpan(rowStart, used - rowStart);

    public void Clear() => used = rowStart = 0;

    /// <summary>Appends the first <paramref name="columns"/> cells of the row that <paramref name="row"/> stands on.</summary>
    public void Append(SqliteStatement row, int columns)
    {
        rowStart = used;
        for (int column = 0; column < columns; column++)
        {
            if (buffer.Length - used < 16)
            {
                Grow(16);
            }

            switch (row.Type(column))
            {
                case raw.SQLITE_INTEGER:
                    used += CanonicalEncoding.WriteInteger(buffer.AsSpan(used), row.Int64(column));
                    break;
                case raw.SQLITE_NULL:
                    buffer[used++] = CanonicalEncoding.Null;
                    break;
                case raw.SQLITE_TEXT:
                    Bytes(CanonicalEncoding.Text, row.Bytes(column));
                    break;
                case raw.SQLITE_BLOB:
                    Bytes(CanonicalEncoding.Blob, row.Bytes(column));
                    break;
                default:
                    // No column holds floating point; that one is there is what the digest then shows.
                    buffer[used++] = CanonicalEncoding.Real;
                    BinaryPrimitives.WriteDoubleLittleEndian(buffer.AsSpan(used), row.Real(column));
                    used += 8;
                    break;
            }
        }
    }

    private void Bytes(byte tag, ReadOnlySpan<byte> value)
    {
        if (buffer.Length - used < value.Length + CanonicalEncoding.HeadBytes)
        {
            Grow(value.Length + CanonicalEncoding.HeadBytes);
        }

        used += CanonicalEncoding.WriteHead(buffer.AsSpan(used), tag, value.Length);
        value.CopyTo(buffer.AsSpan(used));
        used += value.Length;
    }

    private void Grow(int bytes) => Array.Resize(ref buffer, checked(Math.Max(buffer.Length * 2, used + bytes + 16)));
}
