using System.Buffers.Binary;

namespace Cairn.Core.Reading;

/// <summary>What a reader is asked to do; stable numbers, on the wire.</summary>
public enum ReadingAct
{
    /// <summary>Bytes of an entry from an offset.</summary>
    Bytes = 1,

    /// <summary>Bytes of an entry as text.</summary>
    Text = 2,

    /// <summary>The picture of an entry, decoded and encoded again.</summary>
    Picture = 3,

    /// <summary>A stored small picture, or a sheet of stills of a video.</summary>
    Thumbnail = 4,

    /// <summary>The same with all but its coarsest shapes taken away.</summary>
    Veil = 5,

    /// <summary>Where the bytes of an entry lie on its volume.</summary>
    Extents = 6,
}

/// <summary>How an act ended; stable numbers, on the wire.</summary>
public enum ReadingStatus
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Done, and something of it could not be read: the answer says what.</summary>
    DoneWithProblems = 1,

    /// <summary>There is no such thing: the entry has no small picture, is no picture.</summary>
    Nothing = 2,

    /// <summary>It could not be done: the answer says why.</summary>
    Failed = 3,
}

/// <summary>One question to a reader.</summary>
/// <param name="Act">What is asked.</param>
/// <param name="EntryId">Row id of the stream.</param>
/// <param name="Offset">First byte (bytes and text), number of the sheet (small pictures), 0 elsewhere.</param>
/// <param name="Count">Most bytes (bytes and text), longer side in pixels (picture), most extents.</param>
/// <param name="Detail">Name of an encoding (text), empty elsewhere.</param>
public sealed record ReadingRequest(ReadingAct Act, long EntryId, long Offset, int Count, string Detail = "");

/// <summary>The answer to one question.</summary>
public sealed record ReadingAnswer
{
    /// <summary>How it ended.</summary>
    public required ReadingStatus Status { get; init; }

    /// <summary>Why it could not be done, or what of it could not be read; sentences without a full stop, one a line.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Bytes of the whole stream (bytes, text), 0 elsewhere.</summary>
    public long Length { get; init; }

    /// <summary>Columns of the picture that is sent, 0 elsewhere.</summary>
    public int Width { get; init; }

    /// <summary>Rows of the picture that is sent, 0 elsewhere.</summary>
    public int Height { get; init; }

    /// <summary>Bytes of the stream that were gone through (text): the next part begins after them.</summary>
    public int Consumed { get; init; }

    /// <summary>Encoding (text), format (picture), "picture" or "stills" (small pictures).</summary>
    public string Detail { get; init; } = "";

    /// <summary>The bytes, the text in UTF-8, a JPEG, or extents of 25 bytes each (see <see cref="ReadingProtocol"/>).</summary>
    public ReadOnlyMemory<byte> Data { get; init; }
}

/// <summary>A run of bytes of a stream on its volume.</summary>
/// <param name="FileOffset">Bytes from the start of the stream.</param>
/// <param name="VolumeOffset">Bytes from the start of the volume.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsSparse">No bytes lie there; they read as zeros.</param>
public readonly record struct ReadingExtent(long FileOffset, long VolumeOffset, long Length, bool IsSparse);

/// <summary>
/// The bytes between the review application and a reader. First the reader says <see cref="Hello"/>; then questions and answers take turns, each
/// a block with its length (32 bits) before it. Numbers are little-endian, texts UTF-8 with their length before them. Both sides hold every length
/// against a limit: what a reader says is not trusted more than the evidence that it reads.
/// </summary>
public static class ReadingProtocol
{
    /// <summary>"CRD" and the version.</summary>
    public const uint Hello = 0x01445243;

    /// <summary>Longest question.</summary>
    public const int RequestLimit = 4_096;

    /// <summary>Longest answer.</summary>
    public const int AnswerLimit = 32 << 20;

    /// <summary>Most bytes that are sent at once.</summary>
    public const int DataLimit = 16 << 20;

    /// <summary>Bytes of one extent in an answer.</summary>
    public const int ExtentBytes = 25;

    private const int TextLimit = 4_000;

    /// <summary>Writes what a reader says first.</summary>
    public static async Task WriteHelloAsync(Stream stream, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] hello = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(hello, Hello);
        await stream.WriteAsync(hello, cancel).ConfigureAwait(false);
        await stream.FlushAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Reads what a reader says first.</summary>
    /// <exception cref="MalformedDataException">It is another program.</exception>
    /// <exception cref="EndOfStreamException">It ended.</exception>
    public static async Task ReadHelloAsync(Stream stream, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] hello = new byte[4];
        await stream.ReadExactlyAsync(hello, cancel).ConfigureAwait(false);
        uint said = BinaryPrimitives.ReadUInt32LittleEndian(hello);
        if (said != Hello)
        {
            throw new MalformedDataException("first word of a reader", 0, $"0x{Hello:X8}", $"0x{said:X8}");
        }
    }

    /// <summary>Writes a question.</summary>
    public static Task WriteAsync(Stream stream, ReadingRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        Writer writer = new(request.Detail.Length * 3 + 64);
        writer.Number((int)request.Act);
        writer.Number(request.EntryId);
        writer.Number(request.Offset);
        writer.Number(request.Count);
        writer.Text(request.Detail);
        return writer.SendAsync(stream, cancel);
    }

    /// <summary>Reads a question; null where whoever asks has gone.</summary>
    /// <exception cref="MalformedDataException">It is none.</exception>
    public static async Task<ReadingRequest?> ReadRequestAsync(Stream stream, CancellationToken cancel)
    {
        if (await BlockAsync(stream, "length of a question", RequestLimit, cancel).ConfigureAwait(false) is not byte[] block)
        {
            return null;
        }

        SpanReader r = new(block);
        ReadingRequest request = new((ReadingAct)r.I32Le("act"), r.I64Le("entry"), r.I64Le("offset"), r.I32Le("count"), Text(ref r, "detail"));
        return request.Offset < 0 || request.Count < 0 ? throw new MalformedDataException("offset and count of a question", 0, "0 or more", $"{request.Offset} and {request.Count}") : request;
    }

    /// <summary>Writes an answer.</summary>
    public static Task WriteAsync(Stream stream, ReadingAnswer answer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Writer writer = new(answer.Data.Length + 256);
        writer.Number((int)answer.Status);
        writer.Text(answer.Reason);
        writer.Number(answer.Length);
        writer.Number(answer.Width);
        writer.Number(answer.Height);
        writer.Number(answer.Consumed);
        writer.Text(answer.Detail);
        writer.Bytes(answer.Data.Span);
        return writer.SendAsync(stream, cancel);
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="MalformedDataException">It is none.</exception>
    /// <exception cref="EndOfStreamException">The reader ended.</exception>
    public static async Task<ReadingAnswer> ReadAnswerAsync(Stream stream, CancellationToken cancel)
    {
        byte[] block = await BlockAsync(stream, "length of an answer", AnswerLimit, cancel).ConfigureAwait(false) ?? throw new EndOfStreamException("the reader ended");
        SpanReader r = new(block);
        int status = r.I32Le("status");
        string reason = Text(ref r, "reason");
        long length = r.I64Le("length of the stream");
        int width = r.I32Le("width"), height = r.I32Le("height"), consumed = r.I32Le("bytes gone through");
        string detail = Text(ref r, "detail");
        int bytes = r.I32Le("length of the data");
        return bytes < 0 || bytes > DataLimit || bytes != r.Remaining || length < 0 || consumed < 0 || !Enum.IsDefined((ReadingStatus)status)
            ? throw new MalformedDataException("answer of a reader", 0, "lengths that hold", $"{bytes} bytes of data, {r.Remaining} left")
            : new ReadingAnswer
            {
                Status = (ReadingStatus)status,
                Reason = reason,
                Length = length,
                Width = width,
                Height = height,
                Consumed = consumed,
                Detail = detail,
                Data = block.AsMemory(block.Length - bytes),
            };
    }

    /// <summary>Extents as the data of an answer: three numbers of 64 bits and a byte, 1 where sparse.</summary>
    public static byte[] WriteExtents(IReadOnlyList<ReadingExtent> extents)
    {
        ArgumentNullException.ThrowIfNull(extents);
        byte[] data = new byte[extents.Count * ExtentBytes];
        for (int i = 0; i < extents.Count; i++)
        {
            Span<byte> at = data.AsSpan(i * ExtentBytes, ExtentBytes);
            BinaryPrimitives.WriteInt64LittleEndian(at, extents[i].FileOffset);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], extents[i].VolumeOffset);
            BinaryPrimitives.WriteInt64LittleEndian(at[16..], extents[i].Length);
            at[24] = extents[i].IsSparse ? (byte)1 : (byte)0;
        }

        return data;
    }

    /// <summary>Extents from the data of an answer.</summary>
    /// <exception cref="MalformedDataException">It does not hold whole extents.</exception>
    public static IReadOnlyList<ReadingExtent> ReadExtents(ReadOnlySpan<byte> data)
    {
        List<ReadingExtent> extents = new(data.Length / ExtentBytes);
        SpanReader r = new(data);
        while (r.Remaining > 0)
        {
            extents.Add(new ReadingExtent(r.I64Le("offset in the stream"), r.I64Le("offset on the volume"), r.I64Le("length"), r.U8("sparse") != 0));
        }

        return extents;
    }

    private static string Text(ref SpanReader r, string field)
    {
        int length = r.I32Le(field);
        return length is < 0 or > TextLimit * 3 ? throw new MalformedDataException(field, 0, $"at most {TextLimit * 3} bytes", $"{length}") : System.Text.Encoding.UTF8.GetString(r.Bytes(length, field));
    }

    private static async Task<byte[]?> BlockAsync(Stream stream, string field, int limit, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] head = new byte[4];
        int got = await stream.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        if (got < 4)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length < 0 || length > limit)
        {
            throw new MalformedDataException(field, 0, $"at most {limit}", $"{length}");
        }

        byte[] block = new byte[length];
        await stream.ReadExactlyAsync(block, cancel).ConfigureAwait(false);
        return block;
    }

    /// <summary>A block that grows; its length is filled in where it is sent.</summary>
    private sealed class Writer
    {
        private const int LengthBytes = 4;
        private byte[] block;
        private int length = LengthBytes;

        public Writer(int capacity) => block = new byte[capacity];

        public void Number(int value) => BinaryPrimitives.WriteInt32LittleEndian(Next(4), value);

        public void Number(long value) => BinaryPrimitives.WriteInt64LittleEndian(Next(8), value);

        public void Text(string value) => Bytes(System.Text.Encoding.UTF8.GetBytes(value.Length > TextLimit ? value[..TextLimit] : value));

        public void Bytes(ReadOnlySpan<byte> value)
        {
            Number(value.Length);
            value.CopyTo(Next(value.Length));
        }

        public async Task SendAsync(Stream stream, CancellationToken cancel)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block, length - LengthBytes);
            await stream.WriteAsync(block.AsMemory(0, length), cancel).ConfigureAwait(false);
            await stream.FlushAsync(cancel).ConfigureAwait(false);
        }

        private Span<byte> Next(int count)
        {
            if (block.Length - length < count)
            {
                Array.Resize(ref block, Math.Max(block.Length * 2, length + count));
            }

            length += count;
            return block.AsSpan(length - count, count);
        }
    }
}
