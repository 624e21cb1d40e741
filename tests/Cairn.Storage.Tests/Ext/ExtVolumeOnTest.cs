using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Storage.FileSystems.Ext;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ext;

/// <summary>A fixture in memory that a test may damage, and what the parser makes of it.</summary>
internal sealed class ExtVolumeOnTest
{
    internal ExtVolumeOnTest(string fixture) => Bytes = TestFiles.Fixture($"ext/{fixture}.img.gz");

    internal byte[] Bytes { get; private set; }

    internal int BlockSize => 1024 << (int)U32(1024 + 0x18);

    internal uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan((int)at));

    internal void Put32(long at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)at), value);

    internal void Put16(long at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan((int)at), value);

    internal void Cut(int length) => Bytes = Bytes[..length];

    /// <summary>Offset of an inode of group 0.</summary>
    internal long Inode(uint number)
    {
        long table = U32(DescriptorOffset + 8);
        int size = U32(1024 + 0x4C) == 0 ? 128 : BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(1024 + 0x58));
        return (table * BlockSize) + ((number - 1) * (long)size);
    }

    internal long DescriptorOffset => BlockSize == 1024 ? 2048 : BlockSize;

    internal static ExtTreeOnTest Open(IByteSource source)
    {
        ProblemList problems = new();
        IFileTree tree = new ExtFormat().Open(source, problems);
        return new ExtTreeOnTest(tree, [.. tree.Walk(problems, TestContext.Current.CancellationToken)], problems.Items);
    }

    internal ExtTreeOnTest Open() => Open(new MemoryByteSource(Bytes));

    /// <summary>Offset of the record of a name in the directory whose block starts at <paramref name="block"/>.</summary>
    internal long Record(long block, string name)
    {
        byte[] wanted = System.Text.Encoding.UTF8.GetBytes(name);
        for (long at = block; at < block + BlockSize;)
        {
            if (Bytes[at + 6] == wanted.Length && Bytes.AsSpan((int)at + 8, wanted.Length).SequenceEqual(wanted))
            {
                return at;
            }

            at += BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan((int)at + 4));
        }

        throw new InvalidOperationException($"no record {name}");
    }
}

/// <summary>An opened tree with its entries and the problems met.</summary>
internal sealed record ExtTreeOnTest(IFileTree Tree, IReadOnlyList<FileEntry> Entries, IReadOnlyList<Problem> Problems)
{
    internal FileEntry Live(string path) => Entries.Single(e => e.Path == path && e.State == EntryState.Allocated);

    internal byte[] Content(FileEntry entry)
    {
        using IByteSource source = Tree.OpenStream(entry.Streams[0].Ref);
        byte[] bytes = new byte[source.Length];
        Assert.Equal(bytes.Length, source.ReadAt(0, bytes));
        return bytes;
    }

    internal string Md5(FileEntry entry) => Convert.ToHexStringLower(MD5.HashData(Content(entry)));

    internal long DirectoryBlock(string path) => Tree.GetExtents(Entries.Single(e => e.Path == path && e.Type == EntryType.Directory).Streams[0].Ref)[0].VolumeOffset;
}
