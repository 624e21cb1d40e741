using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Cairn.Storage.Tests.Containers.Ewf;

/// <summary>Writes EWF structures after the published specification, for what no tool here writes.</summary>
internal sealed class EwfCraft
{
    private readonly List<byte> file = [];

    public EwfCraft(int segment = 1)
    {
        file.AddRange("EVF\t\r\n"u8);
        file.AddRange([0xFF, 0x00, 0x01, (byte)segment, (byte)(segment >> 8), 0, 0]);
    }

    public long Position => file.Count;

    public byte[] Bytes => [.. file];

    /// <summary>Adler-32, straight from RFC 1950 and slow.</summary>
    public static uint Adler(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        foreach (byte value in data)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }

    public static byte[] WithAdler(byte[] data)
    {
        byte[] sealedData = new byte[data.Length + 4];
        data.CopyTo(sealedData, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(sealedData.AsSpan(data.Length), Adler(data));
        return sealedData;
    }

    public static byte[] Zlib(byte[] data)
    {
        using var stored = new MemoryStream();
        using (var zlib = new ZLibStream(stored, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(data);
        }

        return stored.ToArray();
    }

    public static byte[] Descriptor(string type, long next, long size)
    {
        byte[] descriptor = new byte[72];
        Encoding.ASCII.GetBytes(type).CopyTo(descriptor, 0);
        BinaryPrimitives.WriteInt64LittleEndian(descriptor.AsSpan(16), next);
        BinaryPrimitives.WriteInt64LittleEndian(descriptor.AsSpan(24), size);
        return WithAdler(descriptor);
    }

    /// <summary>Makes the checksum of the descriptor at <paramref name="offset"/> right again after an edit.</summary>
    public static void Reseal(byte[] image, int offset) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset + 72), Adler(image.AsSpan(offset, 72)));

    /// <summary>Offset of the first section of a type in a well-formed segment.</summary>
    public static int Find(byte[] image, string type)
    {
        for (int at = 13; at + 76 <= image.Length;)
        {
            string name = Encoding.ASCII.GetString(image, at, 16).TrimEnd('\0');
            if (name == type)
            {
                return at;
            }

            int next = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at + 16));
            if (next <= at)
            {
                break;
            }

            at = next;
        }

        throw new InvalidOperationException($"no section {type}");
    }

    public EwfCraft Section(string type, byte[] data)
    {
        long size = 76 + data.Length;
        file.AddRange(Descriptor(type, file.Count + size, size));
        file.AddRange(data);
        return this;
    }

    public EwfCraft Last(string type)
    {
        file.AddRange(Descriptor(type, file.Count, 76));
        return this;
    }

    public EwfCraft Raw(ReadOnlySpan<byte> bytes)
    {
        file.AddRange(bytes);
        return this;
    }

    public EwfCraft Volume(uint chunks, uint sectors, uint sectorsPerChunk = 64, uint bytesPerSector = 512, byte[]? set = null, string type = "volume")
    {
        byte[] data = new byte[1048];
        data[0] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), chunks);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(8), sectorsPerChunk);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(12), bytesPerSector);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(16), sectors);
        set?.CopyTo(data, 64);
        return Section(type, WithAdler(data));
    }

    /// <summary>Chunks in a sectors section, with their table and, where wished, its copy.</summary>
    public EwfCraft Chunks(IEnumerable<(byte[] Stored, bool Compressed)> chunks, bool second = true)
    {
        using var data = new MemoryStream();
        var entries = new List<uint>();
        foreach ((byte[] stored, bool compressed) in chunks)
        {
            entries.Add((uint)(file.Count + 76 + data.Length) | (compressed ? 0x8000_0000 : 0));
            data.Write(stored);
        }

        Section("sectors", data.ToArray());
        Section("table", Table([.. entries]));
        return second ? Section("table2", Table([.. entries])) : this;
    }

    public static byte[] Table(uint[] entries, long start = 0)
    {
        byte[] head = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(head, entries.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), start);
        byte[] body = new byte[entries.Length * 4];
        for (int i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(i * 4), entries[i]);
        }

        return [.. WithAdler(head), .. WithAdler(body)];
    }

    public static byte[] Errors(params (uint First, uint Count)[] ranges)
    {
        byte[] head = new byte[516];
        BinaryPrimitives.WriteInt32LittleEndian(head, ranges.Length);
        byte[] body = new byte[ranges.Length * 8];
        for (int i = 0; i < ranges.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(i * 8), ranges[i].First);
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan((i * 8) + 4), ranges[i].Count);
        }

        return [.. WithAdler(head), .. WithAdler(body)];
    }

    public static byte[] Hash(byte[] md5) => WithAdler([.. md5, .. new byte[16]]);
}
