using System.Text;
using Cairn.CaseStore.Schema;

namespace Cairn.CaseStore.Audit;

/// <summary>An audit entry with everything that its leaf hash covers.</summary>
internal sealed record AuditRow(long Sequence, string Utc, long RunId, string Who, string Host, string Tool, int Schema, string Action, string Detail, string Rows, byte[] Checks)
{
    /// <summary>The columns of table audit in the order of <see cref="Leaf"/>, then leaf and root.</summary>
    public const string Columns = "seq, utc, run_id, who, host, tool, schema, action, detail, rows, checks, leaf, root";

    /// <summary>Format of <see cref="Utc"/>.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>SHA-256(0x00 ‖ cells in canonical encoding).</summary>
    public byte[] Leaf()
    {
        using MemoryStream bytes = new();
        Integer(bytes, Sequence);
        Text(bytes, Utc);
        Integer(bytes, RunId);
        Text(bytes, Who);
        Text(bytes, Host);
        Text(bytes, Tool);
        Integer(bytes, Schema);
        Text(bytes, Action);
        Text(bytes, Detail);
        Text(bytes, Rows);
        Bytes(bytes, CanonicalEncoding.Blob, Checks);
        return MerkleFrontier.Leaf(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static void Integer(MemoryStream target, long value)
    {
        Span<byte> cell = stackalloc byte[CanonicalEncoding.HeadBytes];
        target.Write(cell[..CanonicalEncoding.WriteInteger(cell, value)]);
    }

    private static void Text(MemoryStream target, string value) => Bytes(target, CanonicalEncoding.Text, Encoding.UTF8.GetBytes(value));

    private static void Bytes(MemoryStream target, byte tag, ReadOnlySpan<byte> value)
    {
        Span<byte> head = stackalloc byte[CanonicalEncoding.HeadBytes];
        target.Write(head[..CanonicalEncoding.WriteHead(head, tag, value.Length)]);
        target.Write(value);
    }
}
