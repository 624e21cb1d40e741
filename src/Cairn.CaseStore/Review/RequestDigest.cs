using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore.Schema;

namespace Cairn.CaseStore.Review;

/// <summary>Everything that an act asks for, so that one whose id comes again can be told from another.</summary>
internal sealed class RequestDigest
{
    private readonly ArrayBufferWriter<byte> cells = new();

    public RequestDigest Add(params ReadOnlySpan<string?> parts)
    {
        foreach (string? part in parts)
        {
            if (part is null)
            {
                cells.Write([CanonicalEncoding.Null]);
                continue;
            }

            byte[] text = Encoding.UTF8.GetBytes(part);
            cells.Advance(CanonicalEncoding.WriteHead(cells.GetSpan(CanonicalEncoding.HeadBytes), CanonicalEncoding.Text, text.Length));
            cells.Write(text);
        }

        return this;
    }

    public RequestDigest Add(params ReadOnlySpan<long> parts)
    {
        foreach (long part in parts)
        {
            cells.Advance(CanonicalEncoding.WriteInteger(cells.GetSpan(CanonicalEncoding.HeadBytes), part));
        }

        return this;
    }

    /// <summary>SHA-256 of it all, with what kind of act it is and whose.</summary>
    public byte[] Of(string kind, string account) => SHA256.HashData(Add(kind, account).cells.WrittenSpan);
}
