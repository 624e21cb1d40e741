using System.Diagnostics;
using System.Globalization;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.TestKit;

namespace Cairn.Media.Worker.Tests;

/// <summary>The public corpus: pictures made to break decoders, and what the reference PDQ says of good ones.</summary>
public sealed class CorpusTests(Workers workers)
{
    [Fact]
    public async Task Every_malformed_picture_gives_an_answer_in_bounded_time()
    {
        string folder = TestFiles.Corpus("malformed/pictures");
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        Assert.True(files.Length > 300, $"only {files.Length} files are here");
        Stopwatch clock = Stopwatch.StartNew();
        await using PictureWorkerPool pool = await PictureWorkerPool.StartAsync(
            new PictureWorkerOptions { Workers = 2, Limits = new() { Time = TimeSpan.FromSeconds(3), Pixels = 40_000_000, Memory = 1 << 30 } }, TestContext.Current.CancellationToken);
        PictureResult[] results = new PictureResult[files.Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Length), new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = TestContext.Current.CancellationToken },
            async (i, cancel) => results[i] = await pool.AnalyseAsync(await File.ReadAllBytesAsync(files[i], cancel), "", Workers.WithThumbnail, cancel));
        for (int i = 0; i < files.Length; i++)
        {
            PictureResult result = results[i];
            Assert.True(result.Status == PictureStatus.Decoded || result.Reason.Length > 0, files[i]);
            Assert.True((result.Hash is not null) == (result.Status is PictureStatus.Decoded or PictureStatus.Partial), files[i]);
            // Some were made to take long; nothing here is known to crash these decoders.
            bool isExpected = result.Status != PictureStatus.Crashed && (result.Status != PictureStatus.TimedOut || files[i].Contains("timeout", StringComparison.Ordinal));
            Assert.True(isExpected, $"{files[i]}: {result.Status} {result.Reason}");
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 120);
        PictureResult next = await pool.AnalyseAsync(TestFiles.Fixture("pictures/baseline.jpg"), "", new PictureRequest(), TestContext.Current.CancellationToken);
        Assert.Equal(PictureStatus.Decoded, next.Status);
    }

    [Fact]
    public async Task Good_pictures_stay_within_ten_bits_of_the_reference()
    {
        string list = TestFiles.Corpus("ref/pictures/pdq/pdq_hashes.tsv");
        (string Path, PdqHash Hash, int Quality)[] expected = [.. File.ReadLines(list).Skip(1).Select(line => line.Split('\t'))
            .Where(f => f.Length >= 4 && f[1] == "CImg+libjpeg/libpng" && PdqHash.TryParse(f[2], out _))
            .Select(f => (TestFiles.Corpus(f[0]), PdqHash.TryParse(f[2], out PdqHash hash) ? hash : default, int.Parse(f[3], CultureInfo.InvariantCulture)))];
        Assert.True(expected.Length > 50, $"only {expected.Length} hashes are here");
        PictureResult[] results = await Task.WhenAll(expected.Select(async e =>
            await workers.Pool.AnalyseAsync(await File.ReadAllBytesAsync(e.Path), "", new PictureRequest(), TestContext.Current.CancellationToken)));
        List<string> far = [];
        for (int i = 0; i < expected.Length; i++)
        {
            int distance = results[i].Hash is PdqHash hash ? hash.Distance(expected[i].Hash) : 256;
            if (expected[i].Quality >= 80 && distance > 10)
            {
                far.Add($"{expected[i].Path}: {distance}, {results[i].Status} {results[i].Reason} {results[i].HashMethod}");
            }
        }

        Assert.Empty(far);
    }
}
