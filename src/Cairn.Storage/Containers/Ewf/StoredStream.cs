namespace Cairn.Storage.Containers.Ewf;

/// <summary>
/// Stored bytes for the zlib decoder, which takes the end of its input for the end of the stream and then leaves the checksum unread:
/// whether it ran out of input is kept here.
/// </summary>
internal sealed class StoredStream(byte[] bytes, int start, int length) : ForwardStream
{
    private int at;

    /// <summary>The decoder asked for more than there is: the stream inside is cut off.</summary>
    public bool RanOut { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, length - at);
        RanOut |= count == 0 && !buffer.IsEmpty;
        bytes.AsSpan(start + at, count).CopyTo(buffer);
        at += count;
        return count;
    }
}
