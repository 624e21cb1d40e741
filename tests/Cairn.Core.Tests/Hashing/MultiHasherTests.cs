using System.Security.Cryptography;
using System.Text;
using Cairn.Core.Hashing;
using Cairn.TestKit;

namespace Cairn.Core.Tests.Hashing;

/// <summary>Held against the platform's cryptography (OpenSSL, CNG) and against the examples of RFC 1321, FIPS 180 and NIST.</summary>
public sealed class MultiHasherTests
{
    public static TheoryData<HashingPath> Paths => [HashingPath.Scalar, HashingPath.Avx2, HashingPath.Avx512];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_length_to_300_agrees_with_the_platform(HashingPath path) =>
        AssertAgree(path, [.. Enumerable.Range(0, 301).Select(length => new SeededBytes((ulong)length).Bytes(length))]);

    [Theory]
    [MemberData(nameof(Paths))]
    public void Lengths_around_the_piece_size_agree_with_the_platform(HashingPath path) =>
        AssertAgree(path, [.. Enumerable.Range(-70, 141).SelectMany(delta => (int[])[32_768 + delta, 65_536 + delta, 98_304 + delta]).Select(length => new SeededBytes((ulong)length).Bytes(length))]);

    [Theory]
    [MemberData(nameof(Paths))]
    public void Random_lengths_to_one_mebibyte_agree_with_the_platform(HashingPath path)
    {
        SeededBytes random = new(1);
        AssertAgree(path, [.. Enumerable.Range(0, 60).Select(_ => random.Bytes(random.Next(1 << random.Next(21))))]);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Any_number_of_contents_fills_the_lanes_in_any_way(HashingPath path)
    {
        SeededBytes random = new(2);
        for (int count = 0; count <= 40; count++)
        {
            AssertAgree(path, [.. Enumerable.Range(0, count).Select(_ => random.Bytes(random.Next(5_000)))]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Contents_that_come_in_small_pieces_agree_with_the_platform(HashingPath path)
    {
        SeededBytes random = new(3);
        AssertAgree(path, [.. Enumerable.Range(0, 40).Select(_ => random.Bytes(random.Next(40_000)))], piece: 777);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Long_contents_on_their_own_agree_with_the_platform(HashingPath path)
    {
        SeededBytes random = new(4);
        AssertAgree(path, [.. Enumerable.Range(0, 12).Select(i => random.Bytes(i % 3 == 0 ? (512 << 10) * (i / 3) : random.Next(3_000_000)))], aloneAbove: 100_000);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Published_examples_come_out(HashingPath path)
    {
        // RFC 1321 A.5, FIPS 180-4 examples (NIST CSRC "Secure Hash Standard" example values).
        (string Text, int Repeat, string Md5, string Sha1, string Sha256)[] examples =
        [
            ("", 1, "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "8215ef0796a20bcaaae116d3876c664a", "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            ("a", 1_000_000, "7707d6ae4e027c70eea2a935c2296f21", "34aa973cd4c4daa4f61eeb2bdbad27316534016f", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ];
        TestContent[] contents = [.. examples.Select(e => new TestContent(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(e.Text, e.Repeat))), int.MaxValue))];
        Run(path, MultiHasher.DefaultAloneAbove, contents);
        for (int i = 0; i < examples.Length; i++)
        {
            Assert.Equal(examples[i].Md5, Convert.ToHexStringLower(contents[i].Hashes!.Md5));
            Assert.Equal(examples[i].Sha1, Convert.ToHexStringLower(contents[i].Hashes!.Sha1));
            Assert.Equal(examples[i].Sha256, Convert.ToHexStringLower(contents[i].Hashes!.Sha256));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_content_that_fails_has_no_hashes_and_the_others_have_theirs(HashingPath path)
    {
        SeededBytes random = new(5);
        TestContent[] contents = [.. Enumerable.Range(0, 50).Select(i => new TestContent(random.Bytes(random.Next(100_000)), 10_000, failAt: i % 7 == 3 ? random.Next(3) * 20_000 : -1))];
        Run(path, 60_000, contents);
        foreach (TestContent content in contents)
        {
            if (content.FailAt >= 0 && content.FailAt <= content.Bytes.Length)
            {
                Assert.Null(content.Hashes);
                Assert.IsType<UnreadableDataException>(content.Error);
            }
            else
            {
                Assert.Null(content.Error);
                Assert.Equal(MD5.HashData(content.Bytes), content.Hashes!.Md5);
                Assert.Equal(SHA1.HashData(content.Bytes), content.Hashes.Sha1);
                Assert.Equal(SHA256.HashData(content.Bytes), content.Hashes.Sha256);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void After_cancellation_the_next_run_starts_from_nothing(HashingPath path)
    {
        Require(path);
        SeededBytes random = new(6);
        using MultiHasher hasher = new(path, 600_000);
        foreach (int length in (int[])[100, 100_000, 2_000_000])
        {
            TestContent cancelled = new(random.Bytes(length), 99, cancelAt: length / 2), good = new(random.Bytes(length), 50_000);
            TestContent[] both = [new(random.Bytes(5_000), 999), cancelled];
            int given = 0;
            Assert.Throws<OperationCanceledException>(() => hasher.Run(() => given < both.Length ? both[given++] : null));
            Assert.Null(cancelled.Hashes);
            TestContent? next = good;
            hasher.Run(() => (next, next = null).Item1);
            Assert.Equal(MD5.HashData(good.Bytes), good.Hashes!.Md5);
            Assert.Equal(SHA256.HashData(good.Bytes), good.Hashes.Sha256);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_content_that_claims_more_than_it_was_given_room_for_ends_the_run(HashingPath path)
    {
        Require(path);
        foreach (long expected in (long[])[10, 1_000])
        {
            using MultiHasher hasher = new(path, 100);
            Assert.Throws<InvalidOperationException>(() => hasher.Run(() => new Liar(expected)));
        }
    }

    [Fact]
    public void The_kernel_refuses_blocks_outside_its_data()
    {
        Require(HashingPath.Avx512);
        Avx512LaneKernel kernel = new();
        uint[] work = new uint[LaneKernel.WorkRows * 16];
        byte[] data = new byte[128];
        int[] offsets = new int[16];
        offsets[15] = 65;
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel.Compress(data, offsets, 1, work, new uint[16]));
        offsets[15] = 64;
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel.Compress(data, offsets, 2, work, new uint[16]));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel.Compress(data, offsets, 1, work.AsSpan(1), new uint[16]));
        kernel.Compress(data, offsets, 1, work, new uint[16]);
    }

    private static void AssertAgree(HashingPath path, byte[][] data, int piece = int.MaxValue, long aloneAbove = MultiHasher.DefaultAloneAbove)
    {
        TestContent[] contents = [.. data.Select(bytes => new TestContent(bytes, piece))];
        Run(path, aloneAbove, contents);
        foreach (TestContent content in contents)
        {
            Assert.True(content.Hashes is not null, $"{content.Bytes.Length} bytes were not hashed");
            Assert.True(MD5.HashData(content.Bytes).AsSpan().SequenceEqual(content.Hashes.Md5), $"MD5 of {content.Bytes.Length} bytes");
            Assert.True(SHA1.HashData(content.Bytes).AsSpan().SequenceEqual(content.Hashes.Sha1), $"SHA-1 of {content.Bytes.Length} bytes");
            Assert.True(SHA256.HashData(content.Bytes).AsSpan().SequenceEqual(content.Hashes.Sha256), $"SHA-256 of {content.Bytes.Length} bytes");
        }
    }

    private static void Run(HashingPath path, long aloneAbove, TestContent[] contents)
    {
        Require(path);
        using MultiHasher hasher = new(path, aloneAbove);
        int given = 0;
        hasher.Run(() => given < contents.Length ? contents[given++] : null);
        Assert.Equal(contents.Length, given);
        Assert.All(contents, content => Assert.Equal(1, content.Ends));
    }

    private static void Require(HashingPath path) =>
        Assert.SkipUnless(
            path switch
            {
                HashingPath.Avx512 => Avx512LaneKernel.IsSupported,
                HashingPath.Avx2 => Avx2LaneKernel.IsSupported,
                _ => true,
            },
            $"this processor has no {path}");

    private sealed class Liar(long expected) : ILaneContent
    {
        public long Length => expected;

        public int Read(Span<byte> buffer) => buffer.Length + 1;

        public void Complete(ContentHashes hashes)
        {
        }

        public void Failed(Exception error) => Assert.Fail("the run goes on");
    }

    private sealed class TestContent(byte[] bytes, int piece, int failAt = -1, int cancelAt = -1) : ILaneContent
    {
        private int done;

        public byte[] Bytes => bytes;

        public int FailAt => failAt;

        public ContentHashes? Hashes { get; private set; }

        public Exception? Error { get; private set; }

        public int Ends { get; private set; }

        public long Length => bytes.Length;

        public int Read(Span<byte> buffer)
        {
            Assert.NotEqual(0, buffer.Length);
            if (failAt >= 0 && done >= failAt)
            {
                throw new UnreadableDataException(done, 1, "a bad sector of the test");
            }

            if (cancelAt >= 0 && done >= cancelAt)
            {
                throw new OperationCanceledException();
            }

            int count = Math.Min(Math.Min(buffer.Length, piece), bytes.Length - done);
            bytes.AsSpan(done, count).CopyTo(buffer);
            done += count;
            return count;
        }

        public void Complete(ContentHashes hashes) => (Hashes, Ends) = (hashes, Ends + 1);

        public void Failed(Exception error) => (Error, Ends) = (error, Ends + 1);
    }
}
