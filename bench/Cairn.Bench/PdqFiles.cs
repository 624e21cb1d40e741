using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;

namespace Cairn.Bench;

/// <summary>
/// pdq-files: reads paths, one a line, from standard input and prints for each its quality, its hashes in all eight orientations and its path, decoded
/// as `cairn examine` decodes it; "-" and the reason where there is no hash. Answers come in the order of the paths, each as soon as it is there.
/// </summary>
internal static class PdqFiles
{
    public static async Task<int> RunAsync()
    {
        await using PictureWorkerPool pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1 });
        while (await Console.In.ReadLineAsync() is string path)
        {
            PictureResult result = await pool.AnalyseAsync(await File.ReadAllBytesAsync(path), "", new PictureRequest());
            string answer = result.Hash is null
                ? $"-,{result.Status} {result.Reason}"
                : $"{result.Quality},{string.Join(',', Enumerable.Range(0, PdqOrientations.Count).Select(i => result.Orientations.For((PdqOrientation)i)))}";
            await Console.Out.WriteLineAsync($"{answer},{path}");
            await Console.Out.FlushAsync();
        }

        return 0;
    }
}
