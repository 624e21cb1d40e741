using System.Diagnostics;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;
using Cairn.Media.Worker;

namespace Cairn.Bench;

/// <summary>
/// Pictures a second, and a second of processor time: through the pool with one worker and with two, the decoder alone in this process, and PDQ alone.
/// </summary>
internal static class PictureBenchmarks
{
    /// <summary>Arguments: a folder of pictures, and for how many seconds each part is measured.</summary>
    public static async Task<int> RunAsync(string directory, double seconds)
    {
        (string Path, byte[] Content)[] pictures = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(p => (p, File.ReadAllBytes(p)))];
        if (pictures.Length == 0)
        {
            await Console.Error.WriteLineAsync($"no files in {directory}");
            return 2;
        }

        Console.WriteLine($"{pictures.Length} files, {pictures.Average(p => p.Content.Length) / 1e6:F2} MB each");
        PictureResult[] results = new PictureResult[pictures.Length];
        foreach ((string name, PictureRequest request, int workers) in new[]
        {
            ("end to end, hash alone", new PictureRequest(), 1),
            ("end to end, with thumbnails", new PictureRequest { Thumbnail = true }, 1),
            ("end to end, with thumbnails, two workers", new PictureRequest { Thumbnail = true }, 2),
        })
        {
            await using PictureWorkerPool pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = workers });
            await MeasureAsync($"{name} ({(pool.IsSandboxed ? "in bubblewrap" : "no sandbox")})", pictures.Length, seconds, async i =>
                results[i] = await pool.AnalyseAsync(pictures[i].Content, "", request), workers);
        }

        PictureSample sample = new();
        VipsPictures vips = new(sample);
        MagickPictures magick = new(sample);
        PictureLimits limits = new();
        await MeasureAsync("decoder alone, in this process", pictures.Length, seconds, i =>
        {
            try
            {
                if (PictureFormat.Find(pictures[i].Content, "", out _) is PictureFormat format)
                {
                    _ = format.Name == "JPEG" ? vips.ReadJpeg(pictures[i].Content, limits) : format.Library == PictureLibrary.Vips ? vips.Read(pictures[i].Content, format, 0, limits) : magick.Read(pictures[i].Content, format, limits);
                }
            }
            catch (DecodingException)
            {
                // Counted as it is: a picture that cannot be decoded costs time too.
            }

            return Task.CompletedTask;
        });
        byte[] pixels = new byte[512 * 512 * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((i * 2654435761L) >> 24);
        }

        await MeasureAsync("PDQ alone, 512x512, all eight orientations", 1000, seconds, _ =>
        {
            PdqHasher.Hash(pixels, 512, 512, 512 * 3, PixelLayout.Rgb, out PdqOrientations _);
            return Task.CompletedTask;
        });
        foreach (IGrouping<(PictureStatus, string), PictureResult> group in results.GroupBy(r => (r.Status, r.Format)).OrderBy(g => g.Key))
        {
            Console.WriteLine($"{group.Key.Item1} {group.Key.Item2}: {group.Count()}");
        }

        if (Environment.GetEnvironmentVariable("CAIRN_BENCH_LIST") is not null)
        {
            for (int i = 0; i < results.Length; i++)
            {
                PictureResult r = results[i];
                Console.WriteLine(string.Join('\t', pictures[i].Path, r.Status, r.Format, $"{r.Width}x{r.Height}", $"f{r.FrameCount}", r.Hash?.ToString() ?? "-", r.Quality, r.Thumbnail.Length, r.HashMethod, r.Reason));
            }
        }

        return 0;
    }

    /// <summary>
    /// The decoder's own limit: JPEG files through libvips on one thread of this process, at half scale where both sides are 2048 or more, rows
    /// decoded and dropped. No pipe, no hash, no thumbnail.
    /// </summary>
    public static int RunLimit(string directory, double seconds)
    {
        byte[][] pictures = [.. Directory.EnumerateFiles(directory, "*.jp*g", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        if (pictures.Length == 0)
        {
            Console.Error.WriteLine($"no JPEG files in {directory}");
            return 2;
        }

        NetVips.NetVips.Concurrency = 1;
        NetVips.Cache.Max = 0;
        foreach (byte[] picture in pictures)
        {
            Decode(picture);
        }

        double processor = ProcessorSeconds();
        Stopwatch clock = Stopwatch.StartNew();
        int done = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            Decode(pictures[done++ % pictures.Length]);
        }

        processor = ProcessorSeconds() - processor;
        Console.WriteLine($"the decoder alone: {done / clock.Elapsed.TotalSeconds:F1} a second on one core" + (processor > 0 ? $", {done / processor:F1} a second of processor time" : ""));
        return 0;
    }

    private static void Decode(byte[] picture)
    {
        using NetVips.Image whole = NetVips.Image.JpegloadBuffer(picture);
        using NetVips.Image scaled = NetVips.Image.JpegloadBuffer(picture, shrink: Math.Min(whole.Width, whole.Height) < 2048 ? 1 : 2, access: NetVips.Enums.Access.Sequential);
        using NetVips.Region region = NetVips.Region.New(scaled);
        for (int row = 0; row < scaled.Height; row += 8)
        {
            region.Fetch(0, row, scaled.Width, 1);
        }

        region.Fetch(0, scaled.Height - 1, scaled.Width, 1);
    }

    private static async Task MeasureAsync(string name, int count, double seconds, Func<int, Task> work, int atOnce = 1)
    {
        // Once for all files so that code is compiled and files are known, then for as long as it takes.
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async first =>
        {
            for (int i = first; i < count; i += atOnce)
            {
                await work(i);
            }
        }));

        double processor = ProcessorSeconds();
        Stopwatch clock = Stopwatch.StartNew();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                await work(Interlocked.Increment(ref next) % count);
            }
        }));
        int done = next + 1;
        processor = ProcessorSeconds() - processor;
        Console.WriteLine($"{name}: {done / clock.Elapsed.TotalSeconds:F1} a second" + (processor > 0 ? $", {done / processor:F1} a second of processor time" : ""));
    }

    /// <summary>Processor time of this process and all below it, workers in bubblewrap too; 0 where there is no /proc.</summary>
    private static double ProcessorSeconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        List<string> processes = [Environment.ProcessId.ToString()];
        long ticks = 0;
        for (int i = 0; i < processes.Count; i++)
        {
            string stat = File.ReadAllText($"/proc/{processes[i]}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            ticks += long.Parse(fields[11]) + long.Parse(fields[12]);
            foreach (string task in Directory.EnumerateDirectories($"/proc/{processes[i]}/task"))
            {
                processes.AddRange(File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return ticks / 100.0;
    }
}
