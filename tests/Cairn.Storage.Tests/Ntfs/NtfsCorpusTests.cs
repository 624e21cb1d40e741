using System.Globalization;
using System.IO.Compression;
using Cairn.Core;
using Cairn.Storage.FileSystems.Ntfs;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ntfs;

/// <summary>Volumes of the public corpus, where it is present.</summary>
public sealed class NtfsCorpusTests
{
    /// <summary>
    /// 52,166,656,000 bytes of $MFT whose run list lies in extension records, some of which are reached only through runs of others. The size
    /// is that of the attribute's header.
    /// </summary>
    [Fact]
    public void A_run_list_of_the_MFT_that_lies_in_the_MFT_itself_is_followed_to_its_end()
    {
        using FileStream file = File.OpenRead(TestFiles.Corpus("images/filesystems/dissect/ntfs_fragmented_mft.csv.gz"));
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        using StreamReader lines = new(gzip);
        List<(long Offset, byte[] Bytes)> pieces = [];
        while (lines.ReadLine() is string line)
        {
            string[] parts = line.Split(',');
            pieces.Add((long.Parse(parts[0], CultureInfo.InvariantCulture), Convert.FromHexString(parts[1])));
        }

        ProblemList problems = new();
        using IFileTree tree = new NtfsFormat().Open(new Pieces(pieces), problems);
        IReadOnlyList<Extent> extents = tree.GetExtents(NtfsStreamRef.Of(0, AttributeType.Data, 6));
        Assert.Equal(52_166_656_000, extents.Sum(e => e.Length));
        Assert.DoesNotContain(problems.Items, p => p.Place is "$MFT" or "MFT record 0");
    }

    private sealed class Pieces(List<(long Offset, byte[] Bytes)> pieces) : IByteSource
    {
        public long Length => 256L << 30;

        public int SectorSize => 512;

        public int ReadAt(long offset, Span<byte> buffer)
        {
            buffer.Clear();
            foreach ((long at, byte[] bytes) in pieces)
            {
                long from = Math.Max(at, offset), to = Math.Min(at + bytes.Length, offset + buffer.Length);
                if (from < to)
                {
                    bytes.AsSpan((int)(from - at), (int)(to - from)).CopyTo(buffer[(int)(from - offset)..]);
                }
            }

            return buffer.Length;
        }

        public void Dispose()
        {
        }
    }
}
