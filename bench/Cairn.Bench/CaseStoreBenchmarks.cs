using System.Diagnostics;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Bench;

/// <summary>
/// case-write: stores an inventory like that of a system volume (150,000 entries, 220,000 streams) and 150,000 content rows, then reads and
/// verifies the case. Prints processor and wall seconds of each step.
/// </summary>
internal static class CaseStoreBenchmarks
{
    private const int Entries = 150_000;
    private const int BatchSize = 5_000;

    public static int Run(string directory)
    {
        for (int round = 1; round <= 3; round++)
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }

            List<List<FileEntry>> batches = Batches();
            long streams = batches.Sum(batch => batch.Sum(entry => entry.Streams.Count));
            Console.WriteLine($"round {round}: {Entries} entries, {streams} streams");
            using (CaseDatabase database = Measure("open", () => CaseDatabase.Open(directory, "bench", TimeProvider.System)))
            {
                using CaseRun run = database.BeginRun("bench", new Dictionary<string, string>());
                long evidence = run.AddEvidence(new EvidenceRow("/evidence/disk.E01", "AB/1", "raw", 1L << 38, 512, false, ["/evidence/disk.E01"], [], []));
                run.AddVolumes(evidence, [new VolumeRow(0, new Volume(VolumeKind.Partition, "none", 0, 1L << 38), new FileTreeInfo("NTFS", null, null, 4096, 1L << 38), null)], []);
                Measure("add entries", () =>
                {
                    foreach (List<FileEntry> batch in batches)
                    {
                        run.AddEntries(evidence, 0, batch, []);
                    }

                    return 0;
                });
                run.Complete(evidence, Stage.Inventory, 0);
                List<ContentRow[]> content = [.. Content(streams).Chunk(2_000)];
                Measure("add content", () =>
                {
                    foreach (ContentRow[] rows in content)
                    {
                        run.AddContent(evidence, rows);
                    }

                    return 0;
                });
                Measure("finish", () => run.Finish("done", new Dictionary<string, string>()));
            }

            Console.WriteLine($"  case.db {new FileInfo(Path.Combine(directory, "case.db")).Length:N0} bytes");
            using (CaseReader reader = CaseReader.Open(directory))
            {
                Console.WriteLine($"  {Measure("read streams", () => reader.Streams(1, 0).LongCount())} rows");
                Console.WriteLine($"  {Measure("read export rows", () => reader.Entries().LongCount())} rows");
            }

            CaseVerification verification = Measure("verify", () => CaseVerifier.Verify(directory, null, null, CancellationToken.None));
            Console.WriteLine($"  {verification.Rows} rows, intact: {verification.Intact}");
        }

        Directory.Delete(directory, recursive: true);
        return 0;
    }

    private static T Measure<T>(string what, Func<T> action)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        Stopwatch wall = Stopwatch.StartNew();
        T result = action();
        Console.WriteLine($"  {what}: {(Environment.CpuUsage.TotalTime - processor).TotalSeconds:F3} s processor, {wall.Elapsed.TotalSeconds:F3} s wall");
        return result;
    }

    private static List<List<FileEntry>> Batches()
    {
        List<List<FileEntry>> batches = [];
        long time = 132_000_000_000_000_000;
        for (int i = 0; i < Entries; i++)
        {
            if (i % BatchSize == 0)
            {
                batches.Add(new List<FileEntry>(BatchSize));
            }

            EvidenceTime Time(int salt) => new(time + ((long)i * 7_654_321) + salt, TimeKind.FileTime);
            long key = i + 24;
            bool directory = i % 9 == 0;
            List<StreamInfo> streams = [Stream(key, 128, "", i)];
            if (i % 15 < 7)
            {
                streams.Add(Stream(key, 144, i % 2 == 0 ? "$I30" : "Zone.Identifier", i));
            }

            batches[^1].Add(new FileEntry
            {
                Key = key,
                Path = $"Windows/WinSxS/amd64_microsoft-windows-component-{i % 3000:D5}_31bf3856ad364e35_10.0.19041.1_none/file{i:D6}.dll",
                ShortName = i % 4 == 0 ? $"FILE{i % 1000}~1.DLL" : null,
                Type = directory ? EntryType.Directory : EntryType.File,
                State = i % 20 == 0 ? EntryState.Deleted : EntryState.Allocated,
                Times = new EntryTimes(Time(1), Time(200), Time(3000), Time(40_000)),
                NameTimes = new EntryTimes(Time(1), Time(1), Time(1), Time(1)),
                DosAttributes = 32,
                LinkCount = 1,
                Streams = streams,
            });
        }

        return batches;
    }

    private static StreamInfo Stream(long key, int type, string name, int i) => new()
    {
        Ref = new StreamRef(key, (type << 16) | 3),
        Name = name,
        Address = $"{key}-{type}-3",
        Size = i * 37L,
        ValidLength = i * 37L,
        AllocatedSize = ((i * 37L) + 4095) / 4096 * 4096,
        FirstOffset = (i * 7919L % Entries) * 4096,
    };

    private static IEnumerable<ContentRow> Content(long streams)
    {
        // Media order: scattered over the ids.
        for (long i = 0; i < streams; i++)
        {
            long id = (i * 104_729 % streams) + 1;
            byte[] hash = new byte[32];
            BitConverter.TryWriteBytes(hash, id * 0x9E3779B97F4A7C15UL.GetHashCode());
            BitConverter.TryWriteBytes(hash.AsSpan(8), id);
            yield return new ContentRow { EntryId = id, Status = ContentStatus.Read, Md5 = hash[..16], Sha1 = hash[..20], Sha256 = hash, Mime = "application/octet-stream", BytesRead = id };
        }
    }
}
