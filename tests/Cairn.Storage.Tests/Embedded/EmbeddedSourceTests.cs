using System.IO.Compression;
using Cairn.Core;
using Cairn.Storage.Embedded;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Embedded;

/// <summary>A member that is read through its archive: passes, limits, damage, and that nobody waits for ever.</summary>
public sealed class EmbeddedSourceTests
{
    // Some blocks of a MiB and a part of one; each byte told from its neighbours, and compressible.
    private static readonly byte[] Content = [.. Enumerable.Range(0, (9 << 20) + 12_345).Select(i => (byte)((i >> 10) ^ i))];
    private static readonly byte[] Archive = Zipped(Content);

    [Fact]
    public void Reading_in_order_is_one_pass()
    {
        using EmbeddedSource member = Open(Archive, Content.Length);
        Assert.Equal(0, member.Passes);
        byte[] buffer = new byte[100_000];
        for (int at = 0; at < Content.Length; at += buffer.Length)
        {
            int got = member.ReadAt(at, buffer);
            Assert.Equal(Math.Min(buffer.Length, Content.Length - at), got);
            Assert.True(Content.AsSpan(at, got).SequenceEqual(buffer.AsSpan(0, got)));

            // A header is looked at, and then all from it on.
            Assert.Equal(got, member.ReadAt(at, buffer));
        }

        Assert.Equal(1, member.Passes);
    }

    [Fact]
    public void Reading_anywhere_gives_the_same_bytes()
    {
        using EmbeddedSource member = Open(Archive, Content.Length);
        SeededBytes random = new(7);
        byte[] buffer = new byte[3 << 20];
        for (int i = 0; i < 25; i++)
        {
            int at = random.Next(Content.Length), count = random.Next(buffer.Length);
            int got = member.ReadAt(at, buffer.AsSpan(0, count));
            Assert.Equal(Math.Min(count, Content.Length - at), got);
            Assert.True(Content.AsSpan(at, got).SequenceEqual(buffer.AsSpan(0, got)));
        }

        Assert.InRange(member.Passes, 2, 25);
    }

    [Fact]
    public void Who_steps_back_again_and_again_is_refused()
    {
        using EmbeddedSource member = Open(Archive, Content.Length);
        byte[] buffer = new byte[1];
        for (int i = 0; i < EmbeddedSource.MostPasses / 2; i++)
        {
            Assert.Equal(1, member.ReadAt(8 << 20, buffer));
            Assert.Equal(1, member.ReadAt(0, buffer));
        }

        // Forward is still good.
        Assert.Equal(1, member.ReadAt(8 << 20, buffer));
        Assert.Equal(1, member.ReadAt(0, buffer));
        while (member.Passes < EmbeddedSource.MostPasses)
        {
            member.ReadAt(8 << 20, buffer);
            member.ReadAt(0, buffer);
        }

        member.ReadAt(8 << 20, buffer);
        Assert.Equal(ProblemKind.LimitReached, Assert.Throws<UnreadableDataException>(() => member.ReadAt(0, buffer)).Kind);
    }

    [Fact]
    public void Damage_is_told_where_it_is_and_what_lies_before_is_given()
    {
        byte[] damaged = [.. Archive];
        damaged.AsSpan(damaged.Length / 2, 64).Fill(0xFF);
        using EmbeddedSource member = Open(damaged, Content.Length);
        byte[] buffer = new byte[Content.Length];
        int got = member.ReadAt(0, buffer);
        Assert.InRange(got, 1, Content.Length - 1);
        Assert.True(Content.AsSpan(0, got / 2).SequenceEqual(buffer.AsSpan(0, got / 2)));
        Assert.Throws<MalformedDataException>(() => member.ReadAt(got, buffer));
        Assert.Throws<MalformedDataException>(() => member.ReadAt(got, buffer));
        Assert.Equal(1, member.Passes);
    }

    [Fact]
    public void A_member_that_is_not_there_is_told()
    {
        using EmbeddedSource member = new(new MemoryByteSource(Archive), "application/zip", 7, 100, () => Taken.Limits());
        Assert.Equal(ProblemKind.Missing, Assert.Throws<UnreadableDataException>(() => member.ReadAt(0, new byte[1])).Kind);
    }

    [Fact]
    public void Limits_hold_in_every_pass()
    {
        using EmbeddedSource member = new(new MemoryByteSource(Archive), "application/zip", 0, Content.Length, () => Taken.Limits(bytes: 5 << 20));
        byte[] buffer = new byte[Content.Length];
        int got = member.ReadAt(0, buffer);
        Assert.InRange(got, 4 << 20, 5 << 20);
        Assert.Equal(ProblemKind.LimitReached, Assert.Throws<UnreadableDataException>(() => member.ReadAt(got, buffer)).Kind);
    }

    [Fact]
    public void It_is_let_go_in_the_middle_and_disposes_of_what_it_owns()
    {
        Watched parent = new(Archive);
        EmbeddedSource member = new(parent, "application/zip", 0, Content.Length, () => Taken.Limits(), owned: true);
        Assert.Equal(1, member.ReadAt(0, new byte[1]));
        member.Dispose();
        Assert.True(parent.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => member.ReadAt(0, new byte[1]));
    }

    private static EmbeddedSource Open(byte[] archive, long length) => new(new MemoryByteSource(archive), "application/zip", 0, length, () => Taken.Limits());

    private static byte[] Zipped(byte[] content)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry("large.bin", CompressionLevel.Fastest).Open();
            entry.Write(content);
        }

        return bytes.ToArray();
    }

    private sealed class Watched(byte[] data) : IByteSource
    {
        private readonly MemoryByteSource inner = new(data);

        public bool IsDisposed { get; private set; }

        public long Length => inner.Length;

        public int SectorSize => 512;

        public int ReadAt(long offset, Span<byte> buffer)
        {
            Assert.False(IsDisposed);
            return inner.ReadAt(offset, buffer);
        }

        public void Dispose() => IsDisposed = true;
    }
}
