using System.Buffers.Binary;
using System.IO.Compression;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Cfb;

/// <summary>A picture in a stream of Word, Excel or PowerPoint.</summary>
/// <param name="Offset">First byte of the picture in the stream.</param>
/// <param name="Length">Bytes there.</param>
/// <param name="Inflated">Bytes when inflated, for metafiles; -1 where it lies as it is.</param>
/// <param name="Extension">By the record's type.</param>
internal readonly record struct OfficePicture(long Offset, long Length, long Inflated, string Extension);

/// <summary>
/// OfficeArtBlip records ([MS-ODRAW] 2.2.23) wherever they lie in a stream. The four bytes of instance and type are a signature good enough
/// to look for: so pictures that nothing refers to any more are found too.
/// </summary>
internal static class OfficePictures
{
    private const int Step = 64 << 10;
    private const int MostPictures = 100_000;

    public static IEnumerable<OfficePicture> Find(IByteSource stream, CancellationToken cancel)
    {
        byte[] buffer = new byte[Step + 64];
        long at = 0;
        for (int found = 0; at + 25 <= stream.Length && found < MostPictures;)
        {
            cancel.ThrowIfCancellationRequested();
            int got = stream.ReadAt(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, stream.Length - at)));
            int last = got == buffer.Length ? Step : got;
            long next = at + Math.Max(1, last);
            for (int i = 3; i < got; i++)
            {
                int ahead = buffer.AsSpan(i, got - i).IndexOf((byte)0xF0);
                if (ahead < 0)
                {
                    break;
                }

                i += ahead;
                if (i - 3 >= last)
                {
                    break;
                }

                if (Of(buffer.AsSpan(i - 3, got - i + 3), at + i - 3, stream.Length) is OfficePicture picture)
                {
                    found++;
                    yield return picture;
                    next = picture.Offset + picture.Length;
                    break;
                }
            }

            at = next;
        }
    }

    /// <summary>The picture itself; metafiles are inflated.</summary>
    public static Stream Open(IByteSource stream, OfficePicture picture)
    {
        ReadingStream raw = new(stream, picture.Offset, picture.Length);
        return picture.Inflated < 0 ? raw : new ZLibStream(raw, CompressionMode.Decompress);
    }

    private static OfficePicture? Of(ReadOnlySpan<byte> record, long at, long length)
    {
        if (record.Length < 25)
        {
            return null;
        }

        int first = BinaryPrimitives.ReadUInt16LittleEndian(record), type = BinaryPrimitives.ReadUInt16LittleEndian(record[2..]);
        int instance = first >> 4;
        if ((first & 15) != 0)
        {
            return null;
        }

        (string? extension, bool isMeta) = (type, instance & ~1) switch
        {
            (0xF01A, 0x3D4) => ("emf", true),
            (0xF01B, 0x216) => ("wmf", true),
            (0xF01C, 0x542) => ("pict", true),
            (0xF01D or 0xF02A, 0x46A or 0x6E2) => ("jpg", false),
            (0xF01E, 0x6E0) => ("png", false),
            (0xF01F, 0x7A8) => ("dib", false),
            (0xF029, 0x6E4) => ("tif", false),
            _ => (null, false),
        };
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);

        // One identity, or two where the instance is odd; then a byte, or the header of a metafile.
        int front = 16 + ((instance & 1) * 16) + (isMeta ? 34 : 1);
        if (extension is null || size <= front || size > length - at - 8)
        {
            return null;
        }

        if (!isMeta)
        {
            return new OfficePicture(at + 8 + front, size - front, -1, extension);
        }

        int header = 8 + front - 34;
        if (record.Length < header + 34)
        {
            return null;
        }

        uint inflated = BinaryPrimitives.ReadUInt32LittleEndian(record[header..]);
        bool isDeflated = record[header + 32] == 0;
        return new OfficePicture(at + 8 + front, size - front, isDeflated ? inflated : -1, extension);
    }

    /// <summary>
    /// The drawing data of an Excel workbook put together: bodies of MSODRAWINGGROUP (0x00EB) records and the CONTINUE (0x003C) records after
    /// them ([MS-XLS] 2.4.171), which cut pictures every 8,224 bytes.
    /// </summary>
    public static IByteSource Drawings(IByteSource workbook, CancellationToken cancel)
    {
        List<Extent> extents = [];
        byte[] buffer = new byte[Step];
        long start = 0, total = 0, at = 0;
        int held = 0;
        bool isDrawing = false;
        while (at + 4 <= workbook.Length && extents.Count < Limits.ExtentsPerStream)
        {
            cancel.ThrowIfCancellationRequested();
            if (at < start || at + 4 > start + held)
            {
                start = at;
                held = workbook.ReadAt(at, buffer);
                if (held < 4)
                {
                    break;
                }
            }

            ReadOnlySpan<byte> head = buffer.AsSpan((int)(at - start), 4);
            int type = BinaryPrimitives.ReadUInt16LittleEndian(head), length = BinaryPrimitives.ReadUInt16LittleEndian(head[2..]);
            isDrawing = type == 0x00EB || (type == 0x003C && isDrawing);
            long data = at + 4;
            int count = (int)Math.Min(length, workbook.Length - data);
            if (isDrawing && count > 0)
            {
                extents.Add(new Extent(total, data, count));
                total += count;
            }

            at = data + length;
        }

        return new ExtentSource(workbook, extents, total, total);
    }
}
