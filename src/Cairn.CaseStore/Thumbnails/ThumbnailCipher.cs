using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cairn.Core;

namespace Cairn.CaseStore.Thumbnails;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits for each row, kept with it, and a tag of 128 bits at the end of the sealed bytes. What
/// says whose picture it is goes into the tag, so that a row cannot be put in another's place. Not for use by several threads at once.
/// </summary>
internal sealed class ThumbnailCipher : IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    private readonly AesGcm aes;
    private readonly byte[] caseId;

    public ThumbnailCipher(ThumbnailKey key, string caseId)
    {
        aes = new AesGcm(key.Data, TagBytes);
        this.caseId = Encoding.ASCII.GetBytes(caseId);
    }

    /// <summary>A new nonce, and the bytes with their tag.</summary>
    public (byte[] Nonce, byte[] Sealed) Seal(Thumbnail thumbnail)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        byte[] bytes = new byte[thumbnail.Jpeg.Length + TagBytes];
        aes.Encrypt(nonce, thumbnail.Jpeg.Span, bytes.AsSpan(0, thumbnail.Jpeg.Length), bytes.AsSpan(thumbnail.Jpeg.Length),
            AssociatedData(thumbnail.EntryId, thumbnail.Frame, (long)thumbnail.Kind, thumbnail.Width, thumbnail.Height));
        return (nonce, bytes);
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="MalformedDataException">They, their place or what is said of them was changed since they were sealed.</exception>
    public byte[] Open(long entryId, int frame, long kind, long width, long height, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> data)
    {
        if (nonce.Length != NonceBytes || data.Length <= TagBytes || data.Length > Thumbnail.MaxBytes + TagBytes)
        {
            throw new MalformedDataException(Place(entryId, frame), 0, $"a nonce of {NonceBytes} bytes and a picture of 1 to {Thumbnail.MaxBytes}", $"{nonce.Length} and {data.Length - TagBytes}");
        }

        byte[] jpeg = new byte[data.Length - TagBytes];
        try
        {
            aes.Decrypt(nonce, data[..jpeg.Length], data[jpeg.Length..], jpeg, AssociatedData(entryId, frame, kind, width, height));
            return jpeg;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new MalformedDataException(Place(entryId, frame), 0, "the bytes that were stored for it", "bytes that were altered, are another's, or were made with another key");
        }
    }

    public void Dispose() => aes.Dispose();

    private static string Place(long entryId, int frame) => $"thumbnail of entry {entryId}, frame {frame}";

    /// <summary>The case's id (32 digits), then each number in 64 bits, little-endian.</summary>
    private byte[] AssociatedData(params ReadOnlySpan<long> numbers)
    {
        byte[] bytes = new byte[caseId.Length + (numbers.Length * sizeof(long))];
        caseId.CopyTo(bytes, 0);
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(caseId.Length + (i * sizeof(long))), numbers[i]);
        }

        return bytes;
    }
}
