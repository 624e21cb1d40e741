using Cairn.Core;

namespace Cairn.Storage.Logical;

/// <summary>A range of a source as the stream that decoders ask for.</summary>
internal sealed class SourceStream(IByteSource source, long start, long length) : ForwardStream
{
    private long position;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted <= 0)
        {
            return 0;
        }

        int got = source.ReadAt(start + position, buffer[..wanted]);
        position += got;
        return got;
    }
}
