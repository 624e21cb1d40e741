using System.Buffers.Binary;
using Cairn.Core;
using SharpCompress.Compressors.LZMA;

namespace Cairn.Storage.Embedded.SevenZip;

/// <summary>What the headers of a 7z archive ask for, read before any of it is given to the decoder.</summary>
/// <param name="Refused">Why it is not decoded, or null.</param>
/// <param name="IsHeaderEncrypted">The header is encrypted: names and sizes cannot be read without the password.</param>
/// <param name="HasFiles">Whether there is a header with anything in it.</param>
internal readonly record struct SevenZipNeeds(string? Refused, bool IsHeaderEncrypted, bool HasFiles);

/// <summary>
/// Reads the headers of 7z (7zFormat.txt of the LZMA SDK) as far as needed to learn how much memory decoding asks for, and that no count in
/// them is larger than the header could hold.
/// </summary>
internal ref struct SevenZipLimits
{
    private const long LargestDictionary = 256L << 20;
    private const int MostKeyRounds = 24;
    private const int LongestHeader = 64 << 20;

    private ReadOnlySpan<byte> data;
    private string? refused;
    private bool isEncrypted;
    private long packPosition;
    private long packSize;
    private long unpackSize;
    private byte[]? lzma;

    /// <exception cref="MalformedDataException">A header does not hold.</exception>
    public static SevenZipNeeds Of(IByteSource content)
    {
        byte[] start = new byte[32];
        content.ReadExactly(0, start, "signature header");
        SpanReader reader = new(start);
        reader.Skip(12, "signature, version, CRC");
        long offset = reader.I64Le("next header offset"), size = reader.I64Le("next header size");
        if (size == 0)
        {
            return new SevenZipNeeds(null, false, false);
        }

        if (offset < 0 || size < 0 || offset > content.Length - 32 || size > content.Length - 32 - offset)
        {
            throw new MalformedDataException("next header", 12, $"a range within {content.Length} bytes", $"{size} bytes at {offset}");
        }

        if (size > LongestHeader)
        {
            return new SevenZipNeeds($"a header of {size:N0} bytes, more than {LongestHeader:N0}", false, true);
        }

        byte[] header = new byte[(int)size];
        content.ReadExactly(32 + offset, header, "header");

        // A header may be packed again and again; 7-Zip itself writes one layer.
        for (int layer = 0; layer < 4; layer++)
        {
            SevenZipLimits limits = new() { data = header };
            int kind = limits.Byte();
            if (kind == 0x01)
            {
                limits.Header(header.Length);
                return new SevenZipNeeds(limits.refused, false, true);
            }

            if (kind != 0x17)
            {
                throw new MalformedDataException("header", 32 + offset, "kind 1 or 17h", $"{kind:X}h");
            }

            limits.Streams(header.Length);
            if (limits.refused is not null || limits.isEncrypted)
            {
                return new SevenZipNeeds(limits.refused, limits.isEncrypted, true);
            }

            if (limits.unpackSize is <= 0 or > LongestHeader)
            {
                return new SevenZipNeeds($"a packed header of {limits.unpackSize:N0} bytes", false, true);
            }

            if (limits.lzma is null)
            {
                // Stored, or packed by something else than LZMA, which no writer does.
                return new SevenZipNeeds(null, false, true);
            }

            byte[] plain = new byte[(int)limits.unpackSize];
            try
            {
                using LzmaStream decoder = LzmaStream.Create(limits.lzma, new ReadingStream(content, 32 + limits.packPosition, limits.packSize), limits.packSize, plain.Length, false);
                decoder.ReadExactly(plain);
            }
            catch (Exception error) when (error is not (MalformedDataException or UnreadableDataException))
            {
                throw new MalformedDataException("packed header", 32 + limits.packPosition, "data that decode", error.Message);
            }

            header = plain;
        }

        return new SevenZipNeeds("a header packed more than four times", false, true);
    }

    private void Header(int most)
    {
        int id = Byte();
        if (id == 0x02)
        {
            while (Byte() != 0)
            {
                Skip(Number());
            }

            id = Byte();
        }

        if (id == 0x03)
        {
            Streams(most);
            id = Byte();
        }

        if (id == 0x04)
        {
            Streams(most);
            id = Byte();
        }

        if (id == 0x05)
        {
            Count(most, "files");
        }
    }

    private void Streams(int most)
    {
        bool[] folders = [];
        for (int id = Byte(); id != 0; id = Byte())
        {
            switch (id)
            {
                case 0x06:
                    Pack(most);
                    break;
                case 0x07:
                    folders = Folders(most);
                    break;
                case 0x08:
                    Substreams(folders, most);
                    break;
                default:
                    throw new MalformedDataException("streams info", 0, "6, 7, 8 or 0", $"{id:X}h");
            }

            if (refused is not null)
            {
                return;
            }
        }
    }

    private void Substreams(bool[] folders, int most)
    {
        long[] counts = new long[folders.Length];
        Array.Fill(counts, 1);
        int id = Byte();
        if (id == 0x0D)
        {
            for (int i = 0; i < counts.Length; i++)
            {
                counts[i] = Count(most, "streams of a folder");
            }

            id = Byte();
        }

        if (id == 0x09)
        {
            foreach (long count in counts)
            {
                for (long i = 1; i < count; i++)
                {
                    Number();
                }
            }

            id = Byte();
        }

        if (id == 0x0A)
        {
            long unknown = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                unknown += counts[i] == 1 && folders[i] ? 0 : counts[i];
            }

            Digests(unknown);
            id = Byte();
        }

        if (id != 0)
        {
            throw new MalformedDataException("substreams", 0, "D, 9, A or 0", $"{id:X}h");
        }
    }

    private void Pack(int most)
    {
        packPosition = Number();
        long count = Count(most, "pack streams");
        for (int id = Byte(); id != 0; id = Byte())
        {
            if (id == 0x09)
            {
                for (long i = 0; i < count; i++)
                {
                    long size = Number();
                    packSize = i == 0 ? size : packSize;
                }
            }
            else if (id == 0x0A)
            {
                Digests(count);
            }
            else
            {
                throw new MalformedDataException("pack info", 0, "9, A or 0", $"{id:X}h");
            }
        }
    }

    /// <summary>A flag for each where not all are defined, highest bit first; then the digests that are.</summary>
    private void Digests(long count, bool[]? which = null)
    {
        bool all = Byte() != 0;
        long defined = 0;
        int bits = 0;
        for (long i = 0; i < count; i++)
        {
            bits = all ? 0x80 : i % 8 == 0 ? Byte() : bits << 1;
            if ((bits & 0x80) != 0)
            {
                defined++;
                _ = which is null || (which[i] = true);
            }
        }

        Skip(4 * defined);
    }

    /// <summary>The folders: for each whether the archive has a digest of the whole.</summary>
    private bool[] Folders(int most)
    {
        if (Byte() != 0x0B)
        {
            throw new MalformedDataException("folders", 0, "Bh", "something else");
        }

        long count = Count(most, "folders");
        if (Byte() != 0)
        {
            refused = "its folders lie in another stream";
            return [];
        }

        long[] outputs = new long[count];
        for (long i = 0; i < count; i++)
        {
            outputs[i] = Folder();
        }

        if (Byte() != 0x0C)
        {
            throw new MalformedDataException("unpack sizes", 0, "Ch", "something else");
        }

        bool isFirst = true;
        foreach (long output in outputs)
        {
            for (long i = 0; i < output; i++)
            {
                long size = Number();
                unpackSize = isFirst ? size : unpackSize;
                isFirst = false;
            }
        }

        bool[] whole = new bool[count];
        for (int id = Byte(); id != 0; id = Byte())
        {
            Digests(count, whole);
        }

        return whole;
    }

    /// <summary>The coders of a folder; returns the number of its output streams.</summary>
    private long Folder()
    {
        long coders = Number(), inputs = 0, outputs = 0;
        if (coders is < 1 or > 32)
        {
            throw new MalformedDataException("coders of a folder", 0, "1 to 32", $"{coders}");
        }

        for (long i = 0; i < coders; i++)
        {
            int flags = Byte();
            ReadOnlySpan<byte> id = Bytes(flags & 15);
            ulong method = 0;
            foreach (byte b in id)
            {
                method = (method << 8) | b;
            }

            (long ins, long outs) = (flags & 0x10) != 0 ? (Number(), Number()) : (1, 1);
            if (ins is < 0 or > 32 || outs is < 0 or > 32)
            {
                throw new MalformedDataException("streams of a coder", 0, "at most 32", $"{ins}, {outs}");
            }

            (inputs, outputs) = (inputs + ins, outputs + outs);
            ReadOnlySpan<byte> properties = (flags & 0x20) != 0 ? Bytes(Number()) : [];
            Coder(method, properties);
        }

        for (long i = 0; i < 2 * (outputs - 1); i++)
        {
            Number();
        }

        long packed = inputs - (outputs - 1);
        for (long i = 0; packed > 1 && i < packed; i++)
        {
            Number();
        }

        return outputs;
    }

    private void Coder(ulong method, ReadOnlySpan<byte> properties)
    {
        long memory = 0;
        switch (method)
        {
            case 0x030101 when properties.Length >= 5:
                memory = BinaryPrimitives.ReadUInt32LittleEndian(properties[1..]);
                lzma = properties[..5].ToArray();
                break;
            case 0x21 when properties.Length >= 1:
                memory = properties[0] >= 40 ? uint.MaxValue : (2L | (properties[0] & 1u)) << ((properties[0] / 2) + 11);
                break;
            case 0x030401 when properties.Length >= 5:
                memory = BinaryPrimitives.ReadUInt32LittleEndian(properties[1..]);
                break;
            case 0x06F10701:
                isEncrypted = true;
                int rounds = properties.Length > 0 ? properties[0] & 0x3F : 0;
                if (rounds is > MostKeyRounds and not 0x3F)
                {
                    refused = $"2^{rounds} rounds to make a key, more than 2^{MostKeyRounds}";
                }

                break;
            default:
                break;
        }

        if (memory > LargestDictionary)
        {
            refused = $"decoding asks for a dictionary of {memory:N0} bytes, more than {LargestDictionary:N0}";
        }
    }

    private long Count(int most, string what)
    {
        long count = Number();
        return count >= 0 && count <= most ? count : throw new MalformedDataException(what, 0, $"no more than the header has bytes ({most})", $"{count}");
    }

    private int Byte() => Bytes(1)[0];

    private ReadOnlySpan<byte> Bytes(long count)
    {
        if (count < 0 || count > data.Length)
        {
            throw new MalformedDataException("header", 0, $"{count} more bytes", $"{data.Length}");
        }

        ReadOnlySpan<byte> taken = data[..(int)count];
        data = data[(int)count..];
        return taken;
    }

    private void Skip(long count) => Bytes(count);

    /// <summary>As many bytes follow the first as it has ones in front; they come lowest first.</summary>
    private long Number()
    {
        int first = Byte(), mask = 0x80;
        ulong value = 0;
        for (int i = 0; i < 8; i++)
        {
            if ((first & mask) == 0)
            {
                return (long)(value + ((ulong)(first & (mask - 1)) << (8 * i)));
            }

            value |= (ulong)Byte() << (8 * i);
            mask >>= 1;
        }

        return (long)value;
    }
}
