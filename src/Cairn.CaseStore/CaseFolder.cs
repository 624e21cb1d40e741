using System.Globalization;

namespace Cairn.CaseStore;

/// <summary>The files of a case.</summary>
internal static class CaseFolder
{
    public static string Database(string directory) => Path.Combine(directory, "case.db");

    public static string WriteAheadLog(string database) => database + "-wal";

    public static string Lock(string directory) => Path.Combine(directory, "case.lock");

    public static string Checkpoints(string directory) => Path.Combine(directory, "checkpoints");

    /// <summary>A checkpoint file of a folder of checkpoints.</summary>
    public static string Checkpoint(string folder, long number) => Path.Combine(folder, $"{number.ToString("D4", CultureInfo.InvariantCulture)}.txt");

    /// <summary>Null where case.db is there and is SQLite's (or empty: a first run that did not get further); else why not.</summary>
    public static string? NotADatabase(string directory)
    {
        string path = Database(directory);
        byte[] head = new byte[16];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        int got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return got == 0 || head.AsSpan().SequenceEqual("SQLite format 3\0"u8) ? null : $"'{directory}' is not a case: case.db is not a SQLite database; name another folder";
    }

    /// <summary>Writes a checkpoint file whole or not at all.</summary>
    public static void WriteCheckpoint(string folder, long number, string text)
    {
        System.IO.Directory.CreateDirectory(folder);
        string path = Checkpoint(folder, number);
        string fresh = path + ".new";
        using (FileStream file = new(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
