using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Storage.FileSystems.Ntfs;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ntfs;

/// <summary>A fixture in memory that a test can damage before it is opened.</summary>
internal sealed class NtfsVolume
{
    private NtfsVolume(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public ProblemList Problems { get; } = new();

    public static NtfsVolume Of(string name) => new(TestFiles.Fixture($"ntfs/{name}.img.gz"));

    public IFileTree Open(IByteSource? source = null) => new NtfsFormat().Open(source ?? new MemoryByteSource(Bytes), Problems);

    public List<FileEntry> Walk(IByteSource? source = null)
    {
        using IFileTree tree = Open(source);
        return [.. tree.Walk(Problems, TestContext.Current.CancellationToken)];
    }

    public static string Md5(IFileTree tree, StreamInfo stream)
    {
        using IByteSource source = tree.OpenStream(stream.Ref);
        byte[] bytes = new byte[source.Length];
        Assert.Equal(bytes.Length, source.ReadAt(0, bytes));
#pragma warning disable CA5351
        return Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
    }

    /// <summary>Offset of an MFT record, found by its signature and the number that it states, so that no run list is needed.</summary>
    public int Record(long number)
    {
        int first = (int)(BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(0x30)) * Bytes[0x0D] * 512);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int at = pass == 0 ? first : 0; at + 1_024 <= Bytes.Length; at += 512)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(at)) == 0x454C_4946 && BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(at + 0x2C)) == number)
                {
                    return at;
                }
            }
        }

        Assert.Fail($"no record {number}");
        return 0;
    }

    /// <summary>Offset in the volume of the first attribute of a type in a record.</summary>
    public int Attribute(long number, uint type)
    {
        int record = Record(number);
        int at = record + BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(record + 0x14));
        while (BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(at)) is uint found && found != uint.MaxValue)
        {
            if (found == type)
            {
                return at;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(at + 4));
            Assert.InRange(length, 24, 1_024);
            at += length;
        }

        Assert.Fail($"record {number} has no attribute 0x{type:X}");
        return 0;
    }

    /// <summary>Overwrites bytes, none of which may be the last two of a sector: those belong to the fixups.</summary>
    public void Patch(int at, ReadOnlySpan<byte> value) => value.CopyTo(Bytes.AsSpan(at));
}
