using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Cairn.Core;
using Cairn.Fuzz;

long seconds = 60;
ulong seed = 1;
string? only = null;
string? input = null;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds":
            seconds = long.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = ulong.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--format":
            only = args[i + 1];
            break;
        case "--input":
            input = args[i + 1];
            break;
        default:
            return Usage();
    }
}

if (args.Length % 2 != 0 || (input is not null && only is null))
{
    return Usage();
}

return new FuzzRun(seconds, seed, only).Run(input);

static int Usage()
{
    Console.Error.WriteLine("usage: Cairn.Fuzz [--seconds N] [--format ID] [--seed N] [--input FILE, with --format: that one again]");
    return 2;
}

/// <summary>Gives changed seeds to every format until the time is over.</summary>
internal sealed class FuzzRun(long seconds, ulong seed, string? only)
{
    private const int LongestRunMilliseconds = 10_000;
    private const long MostLiveBytes = 512L << 20;
    private const int MostSeedBytes = 64 << 20;
    private const int MostKept = 256;

    private readonly string folder = Directory.CreateTempSubdirectory("cairn-fuzz-").FullName;
    private readonly HashSet<string> reported = [];
    private int findings;
    private long runs;
    private volatile string current = "";
    private volatile byte[] currentInput = [];
    private long startedAt;

    // What is in use when a run starts: the inputs kept so far are the runner's own.
    private long liveBefore;

    /// <summary>Runs until the time is over, or once on the file <paramref name="again"/>.</summary>
    public int Run(string? again)
    {
        List<Target> targets = Targets.All();
        targets.RemoveAll(t => only is not null && t.Id != only);
        if (targets.Count == 0)
        {
            Console.Error.WriteLine(only is null ? "no format is registered" : $"no format {only} is registered");
            return 2;
        }

        Stopwatch clock = Stopwatch.StartNew();
        using Timer watch = new(_ => Watch(), null, 500, 500);
        try
        {
            if (again is not null)
            {
                One(targets[0], File.ReadAllBytes(again));
                Console.WriteLine($"fuzz: {targets[0].Id}: {clock.Elapsed.TotalSeconds:F1} s, {Environment.CpuUsage.TotalTime.TotalSeconds:F1} s of processor time, {findings} findings");
                return findings == 0 ? 0 : 1;
            }

            List<(Target Target, Corpus Corpus)> all = [];
            foreach (Target target in targets)
            {
                List<byte[]> seeds = Seeds(target.Id);
                Console.WriteLine($"fuzz: {target.Id}: {seeds.Count} seeds");
                Corpus corpus = new(seeds);
                foreach (byte[] data in seeds)
                {
                    corpus.Shapes.Add(One(target, data) ?? 0);
                }

                all.Add((target, corpus));
            }

            // Formats take turns, so that a short pass touches all of them.
            Mutator mutator = new(seed);
            long slice = Math.Max(250, Math.Min(2_000, seconds * 1_000 / Math.Max(1, all.Count)));
            for (int turn = 0; clock.ElapsedMilliseconds < seconds * 1_000; turn++)
            {
                (Target target, Corpus corpus) = all[turn % all.Count];
                long until = Math.Min(clock.ElapsedMilliseconds + slice, seconds * 1_000);
                while (clock.ElapsedMilliseconds < until)
                {
                    byte[] input = mutator.Mutate(corpus.Pick(mutator), corpus.Pick(mutator));
                    if (One(target, input) is ulong shape && corpus.Shapes.Add(shape))
                    {
                        corpus.Keep(input, mutator, MostKept);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Console.WriteLine($"fuzz: {runs} runs in {clock.Elapsed.TotalSeconds:F0} s, {findings} findings");
        return findings == 0 ? 0 : 1;
    }

    private ulong? One(Target target, byte[] input, bool again = false)
    {
        runs++;
        (current, currentInput) = (target.Id, input);
        long began = Stopwatch.GetTimestamp();
        long before = GC.GetTotalMemory(false);
        Volatile.Write(ref liveBefore, before);
        Volatile.Write(ref startedAt, began);
        try
        {
            return target.Run(input, Path.Combine(folder, $"input.{Extension(target.Id)}"));
        }
        catch (MalformedDataException error)
        {
            return (ulong)error.Field.Length + 1_000;
        }
        catch (UnreadableDataException)
        {
            return 1;
        }
        catch (EvidenceException)
        {
            return 2;
        }
        catch (Exception error)
        {
            Found(target.Id, input, $"{error.GetType().Name}: {error.Message}", Where(error));
            return null;
        }
        finally
        {
            Volatile.Write(ref startedAt, 0);
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            if (took.TotalMilliseconds > LongestRunMilliseconds && !again)
            {
                // A machine that stalls is no finding; an input that is slow is slow twice.
                One(target, input, again: true);
            }
            else if (took.TotalMilliseconds > LongestRunMilliseconds)
            {
                Found(target.Id, input, $"took {took.TotalSeconds:F1} s", "time");
            }

            if (GC.GetTotalMemory(false) - before > MostLiveBytes && GC.GetTotalMemory(true) - before > MostLiveBytes)
            {
                Found(target.Id, input, "more than 512 MB stay in use", "memory");
            }
        }
    }

    /// <summary>A run that does not end, or fills memory, is reported from outside, and ends the process: it cannot be ended otherwise.</summary>
    private void Watch()
    {
        long began = Volatile.Read(ref startedAt);
        if (began == 0)
        {
            return;
        }

        bool hangs = Stopwatch.GetElapsedTime(began).TotalMilliseconds > 3 * LongestRunMilliseconds;
        long before = Volatile.Read(ref liveBefore);
        bool fills = GC.GetTotalMemory(false) - before > 3 * MostLiveBytes && GC.GetTotalMemory(true) - before > MostLiveBytes;
        if ((hangs || fills) && Volatile.Read(ref startedAt) == began)
        {
            Found(current, currentInput, hangs ? "does not end" : "fills memory", hangs ? "hang" : "memory");
            Console.WriteLine($"fuzz: {runs} runs, {findings} findings; stopped at the last one");
            Environment.Exit(1);
        }
    }

    private void Found(string id, byte[] input, string what, string where)
    {
        // One for each place in the code; the same bug is met thousands of times.
        lock (reported)
        {
            if (!reported.Add($"{id} {where}"))
            {
                return;
            }

            findings++;
        }

        string name = $"fuzz-{id}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input)).AsSpan(0, 12)}.bin";
        string folderOfFindings = Path.Combine(Root(), "artifacts", "fuzz");
        Directory.CreateDirectory(folderOfFindings);
        string path = Path.Combine(folderOfFindings, name);
        File.WriteAllBytes(path, input);
        Console.WriteLine($"fuzz: FOUND {id}: {what.ReplaceLineEndings(" ")} at {where}; input {path}");
    }

    private static string Where(Exception error)
    {
        foreach (string line in (error.StackTrace ?? "").Split('\n'))
        {
            string text = line.Trim();
            if (text.Contains("Cairn.Storage", StringComparison.Ordinal) || text.Contains("Cairn.Core", StringComparison.Ordinal))
            {
                return text;
            }
        }

        return error.GetType().Name;
    }

    private static string Extension(string id) => id switch
    {
        "ewf" => "E01",
        "zip" => "zip",
        "tar" => "tar",
        _ => "raw",
    };

    private static List<byte[]> Seeds(string id)
    {
        List<byte[]> seeds = [];
        bool isEmbedded = id.StartsWith("embedded-", StringComparison.Ordinal);
        bool isKnown = id.StartsWith("known-", StringComparison.Ordinal);
        string place = Path.Combine([Root(), "fixtures", .. isEmbedded ? (string[])["embedded", id["embedded-".Length..]] : isKnown ? ["known", id["known-".Length..]] : [id]]);
        if (Directory.Exists(place))
        {
            foreach (string file in Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                string ending = Path.GetExtension(file).ToLowerInvariant();
                if (ending is ".tsv" or ".txt" or ".md" or ".json" or ".xml" or ".sh" or ".body")
                {
                    continue;
                }

                byte[] data = File.ReadAllBytes(file);
                if (ending == ".gz" && !isEmbedded && !file.EndsWith(".tar.gz", StringComparison.Ordinal))
                {
                    using GZipStream gzip = new(new MemoryStream(data), CompressionMode.Decompress);
                    using MemoryStream bytes = new();
                    gzip.CopyTo(bytes);
                    data = bytes.ToArray();
                }

                if (data.Length <= MostSeedBytes)
                {
                    seeds.Add(data);
                }
            }
        }

        if (seeds.Count == 0)
        {
            seeds.Add(new byte[4_096]);
        }

        return seeds;
    }

    private static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Cairn.slnx")))
            {
                return at.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }

    /// <summary>Seeds and the inputs that reached something new. Small seeds are picked more often: they run faster.</summary>
    private sealed class Corpus(List<byte[]> seeds)
    {
        private readonly List<byte[]> inputs = [.. seeds];

        public HashSet<ulong> Shapes { get; } = [];

        public byte[] Pick(Mutator mutator)
        {
            byte[] first = inputs[mutator.Below(inputs.Count)], second = inputs[mutator.Below(inputs.Count)];
            return first.Length <= second.Length || mutator.Below(3) == 0 ? first : second;
        }

        public void Keep(byte[] input, Mutator mutator, int most)
        {
            // Inputs are held in memory: large ones make room only for few.
            int limit = Math.Clamp((int)((192L << 20) / Math.Max(1, input.Length)), seeds.Count + 4, most + seeds.Count);
            if (inputs.Count < limit)
            {
                inputs.Add(input);
            }
            else if (inputs.Count > seeds.Count)
            {
                inputs[seeds.Count + mutator.Below(inputs.Count - seeds.Count)] = input;
            }
        }
    }
}
