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

    /// <summary>A lock of the operating system on a file, which ends with the process however it ends; null where another process has it.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (error.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021))
        {
            // EWOULDBLOCK of Linux and macOS; sharing and lock violation of Windows.
            return null;
        }
    }

    /// <summary>As <see cref="TryLock"/>, waiting for another process to let go; null where it does not.</summary>
    public static FileStream? AwaitLock(string path, TimeSpan most)
    {
        long began = TimeProvider.System.GetTimestamp();
        FileStream? held = TryLock(path);
        while (held is null && TimeProvider.System.GetElapsedTime(began) < most)
        {
            Thread.Sleep(20);
            held = TryLock(path);
        }

        return held;
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
