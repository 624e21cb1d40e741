using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cairn.Known;
using Microsoft.Data.Sqlite;

namespace Cairn.Bench;

/// <summary>Import of a large list and look-ups in it.</summary>
internal static class KnownBenchmarks
{
    /// <summary>Arguments: a folder for the list and the set (both are removed), and how many hashes (20 million).</summary>
    public static int Run(string directory, int count)
    {
        Directory.CreateDirectory(directory);
        string list = Path.Combine(directory, "list.csv");
        using (StreamWriter writer = new(list, false, Encoding.ASCII, 1 << 20))
        {
            writer.WriteLine("md5,sha1,sha256");
            for (int i = 0; i < count; i++)
            {
                byte[] sha256 = Hash(i);
                writer.Write(Convert.ToHexString(sha256.AsSpan(0, 16)));
                writer.Write(',');
                writer.Write(Convert.ToHexString(sha256.AsSpan(8, 20)));
                writer.Write(',');
                writer.WriteLine(Convert.ToHexString(sha256));
            }
        }

        KnownLibrary library = KnownLibrary.Open(directory);
        Stopwatch clock = Stopwatch.StartNew();
        KnownSetInfo info = library.Import(list, new ImportOptions { Name = "bench", Version = "1" });
        Console.WriteLine($"import of {count:N0} entries with three hashes: {clock.Elapsed.TotalSeconds:F1} s, largest memory {Process.GetCurrentProcess().PeakWorkingSet64 >> 20:N0} MiB, file {new FileInfo(info.Path).Length >> 20:N0} MiB");
        clock.Restart();
        using (KnownSet set = library.Load("bench"))
        {
            Console.WriteLine($"load with its checksum: {clock.Elapsed.TotalSeconds:F2} s");
            byte[][] probes = [.. Enumerable.Range(0, 1 << 20).Select(i => Hash((int)((i * 2654435761L) % (2L * count))))];
            for (int round = 0; round < 3; round++)
            {
                Report(set, "by SHA-256, every second one a hit", probes, bySha256: true);
                Report(set, "by MD5 alone, every second one a hit", probes, bySha256: false);
            }
        }

        library.Remove("bench");
        File.Delete(list);
        return 0;
    }

    /// <summary>Import of a database in the shape of NSRL RDS 3, made here with invented hashes.</summary>
    public static int RunNsrl(string directory, int count)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "nsrl.db");
        File.Delete(path);
        using (SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                + "CREATE TABLE FILE(sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, crc32 VARCHAR, file_name VARCHAR, file_size INTEGER, package_id INTEGER); "
                + "CREATE TABLE PKG(package_id INTEGER, name VARCHAR, version VARCHAR); CREATE TABLE VERSION(version VARCHAR, description VARCHAR); INSERT INTO VERSION VALUES ('2024.03.1', 'made up'); BEGIN";
            command.ExecuteNonQuery();
            command.CommandText = "INSERT INTO FILE VALUES ($sha256, $sha1, $md5, '00000000', $name, 1, $package)";
            foreach (string name in (string[])["$sha256", "$sha1", "$md5", "$name", "$package"])
            {
                command.Parameters.AddWithValue(name, "");
            }

            command.Prepare();
            for (int i = 0; i < count; i++)
            {
                string hash = Convert.ToHexString(Hash(i));
                command.Parameters[0].Value = hash;
                command.Parameters[1].Value = hash[16..56];
                command.Parameters[2].Value = hash[..32];
                command.Parameters[3].Value = "file" + i;
                command.Parameters[4].Value = i / 100;
                command.ExecuteNonQuery();
            }

            command.Parameters.Clear();
            command.CommandText = $"WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < {count / 100}) INSERT INTO PKG SELECT i, 'Product ' || i, '1.' || i FROM n; COMMIT";
            command.ExecuteNonQuery();
        }

        KnownLibrary library = KnownLibrary.Open(directory);
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        library.Import(path, new ImportOptions { Name = "bench-nsrl", Version = "1" });
        double wall = clock.Elapsed.TotalSeconds, processor = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        Console.WriteLine($"import of {count:N0} rows ({new FileInfo(path).Length >> 20:N0} MiB): {wall:F1} s, {count / wall:N0} rows a second; {processor:F1} s of processor time; largest memory {Process.GetCurrentProcess().PeakWorkingSet64 >> 20:N0} MiB");
        library.Remove("bench-nsrl");
        File.Delete(path);
        return 0;
    }

    private static void Report(KnownSet set, string name, byte[][] probes, bool bySha256)
    {
        // Processor time as well: on a machine that others use the wall time says little.
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        int hits = 0;
        foreach (byte[] probe in probes)
        {
            hits += set.Lookup(probe.AsSpan(0, 16), bySha256 ? probe.AsSpan(8, 20) : default, bySha256 ? probe : default) is null ? 0 : 1;
        }

        double wall = clock.Elapsed.TotalSeconds, processor = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        Console.WriteLine($"{name}: {probes.Length / wall / 1e6:F2} million a second on one thread, {probes.Length / processor / 1e6:F2} million in a second of processor time ({hits:N0} hits)");
    }

    private static byte[] Hash(int i) => SHA256.HashData(BitConverter.GetBytes(i));
}
