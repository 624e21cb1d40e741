using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Cairn.Core;

namespace Cairn.Media.Video;

/// <summary>How a child process ended.</summary>
/// <param name="ExitCode">Its code; null where it was killed or did not start.</param>
/// <param name="Stopped">Which limit ended it, or why it did not start; null where it ended by itself.</param>
/// <param name="Messages">The first different lines that it wrote to standard error, without addresses and control characters.</param>
/// <param name="MessageCount">All such lines.</param>
/// <param name="Problems">Ranges of the evidence that could not be read; zeros were given in their place.</param>
internal sealed record ToolOutcome(int? ExitCode, string? Stopped, IReadOnlyList<string> Messages, long MessageCount, IReadOnlyList<Problem> Problems);

/// <summary>
/// One run of a child process: bytes of evidence into its standard input, its standard output to a reader, its standard error kept in
/// part. It is killed with its children when it takes too long, stands still or takes too much memory. Nothing goes through a file.
/// </summary>
internal static partial class ToolRun
{
    private const int Chunk = 256 << 10;
    private const int MessagesKept = 10;
    private const int MessageLength = 300;
    private const int ReadProblems = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="program"/>; only <paramref name="cancel"/> makes it throw.</summary>
    public static async Task<ToolOutcome> RunAsync(
        VideoTools tools, string program, IEnumerable<string> arguments, IByteSource? content, IReadOnlyList<InputPart> input, VideoLimits limits,
        TimeSpan time, bool asFile, Func<Stream, CancellationToken, Task> readOutput, CancellationToken cancel)
    {
        List<string> command = tools.Command(program, arguments, limits, time, asFile);
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/",
        };
        start.Environment.Clear();
        foreach (string name in new[] { "PATH", "SystemRoot", "LD_LIBRARY_PATH" })
        {
            if (Environment.GetEnvironmentVariable(name) is string value)
            {
                start.Environment[name] = value;
            }
        }

        using Process process = new() { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception error) when (error is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return new ToolOutcome(null, $"could not be started: {error.Message}", [], 0, []);
        }

        Activity activity = new();
        MessageTail messages = new();
        List<Problem> problems = [];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task feeding = Task.Run(() => FeedAsync(process.StandardInput.BaseStream, content, input, activity, problems, stop.Token), CancellationToken.None);
        Task reading = Task.Run(() => ReadAsync(process.StandardOutput.BaseStream, readOutput, activity, stop.Token), CancellationToken.None);
        Task listening = Task.Run(() => messages.ReadAsync(process.StandardError.BaseStream, stop.Token), CancellationToken.None);
        string? stopped = null;
        try
        {
            stopped = await WatchAsync(process, reading, activity, limits, time, cancel);
            Task all = Task.WhenAll(feeding, reading, listening);
            if (stopped is null)
            {
                // It ended by itself: what it wrote is still to be read, unless a grandchild holds the pipes open.
                await Task.WhenAny(all, Task.Delay(LastWait, cancel));
            }
        }
        finally
        {
            await EndAsync(process, stop, Task.WhenAll(feeding, reading, listening));
        }

        cancel.ThrowIfCancellationRequested();
        if (reading.IsFaulted)
        {
            await reading; // an error of ours, not of the child: let it be seen
        }

        int? code = stopped is null && process.HasExited ? process.ExitCode : null;
        (IReadOnlyList<string> lines, long count) = messages.Take();
        lock (problems)
        {
            return new ToolOutcome(code, stopped, lines, count, [.. problems]);
        }
    }

    /// <summary>Copies at most <paramref name="limit"/> bytes of <paramref name="from"/>; the rest is read and dropped.</summary>
    public static async Task CopyAsync(Stream from, MemoryStream to, int limit, CancellationToken cancel)
    {
        byte[] buffer = new byte[16 << 10];
        while (await from.ReadAsync(buffer, cancel) is int read and > 0)
        {
            to.Write(buffer, 0, (int)Math.Min(read, Math.Max(0, limit - to.Length)));
        }
    }

    private static async Task<string?> WatchAsync(Process process, Task reading, Activity activity, VideoLimits limits, TimeSpan time, CancellationToken cancel)
    {
        Task exit = process.WaitForExitAsync(cancel);
        Stopwatch clock = Stopwatch.StartNew();
        while (await Task.WhenAny(exit, Task.Delay(Tick, cancel)) != exit)
        {
            cancel.ThrowIfCancellationRequested();
            if (reading.IsFaulted)
            {
                return "its output could not be taken";
            }

            if (clock.Elapsed > time)
            {
                return $"stopped after {time.TotalSeconds:F0} seconds";
            }

            if (activity.Idle > limits.Stall)
            {
                return $"stopped: nothing happened for {limits.Stall.TotalSeconds:F0} seconds";
            }

            if (MemoryInUse(process) > limits.Memory)
            {
                return $"stopped: more than {limits.Memory >> 20} MiB of memory";
            }
        }

        cancel.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>Memory of the process itself; within a sandbox the system's own limit counts instead.</summary>
    private static long MemoryInUse(Process process)
    {
        try
        {
            process.Refresh();
            return process.HasExited ? 0 : process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // it ended between the two questions
        }
    }

    private static async Task EndAsync(Process process, CancellationTokenSource stop, Task all)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It ended by itself just now.
        }

        await stop.CancelAsync();
        await Task.WhenAny(all, Task.Delay(LastWait));
        if (!all.IsCompleted)
        {
            // A task that still waits on a pipe sees it closed when the process object is disposed; its error is looked at by nobody.
            _ = all.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
        }

        try
        {
            using CancellationTokenSource patience = new(LastWait);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Killed and not yet gone: the system has it.
        }
    }

    private static async Task ReadAsync(Stream output, Func<Stream, CancellationToken, Task> readOutput, Activity activity, CancellationToken stop)
    {
        try
        {
            using WatchedStream watched = new(output, activity);
            await readOutput(watched, stop);
            // A reader that has had enough must not block the child.
            byte[] rest = new byte[64 << 10];
            while (await watched.ReadAsync(rest, stop) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException || (error is OperationCanceledException && stop.IsCancellationRequested))
        {
            // The child is gone, or was told to go.
        }
    }

    private static async Task FeedAsync(Stream target, IByteSource? content, IReadOnlyList<InputPart> input, Activity activity, List<Problem> problems, CancellationToken stop)
    {
        try
        {
            byte[] buffer = new byte[Chunk];
            await using (target)
            {
                foreach (InputPart part in input)
                {
                    if (part.Bytes is ReadOnlyMemory<byte> bytes)
                    {
                        for (int at = 0; at < bytes.Length; at += Chunk)
                        {
                            await target.WriteAsync(bytes.Slice(at, Math.Min(Chunk, bytes.Length - at)), stop);
                            activity.Mark();
                        }

                        continue;
                    }

                    for (long at = 0; at < part.Length; at += Chunk)
                    {
                        int count = (int)Math.Min(Chunk, part.Length - at);
                        int have = Read(content!, part.Offset + at, buffer.AsSpan(0, count), problems);
                        activity.Mark();
                        await target.WriteAsync(buffer.AsMemory(0, have), stop);
                        activity.Mark();
                        if (have < count)
                        {
                            return; // the evidence is shorter than it says
                        }
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException || (error is OperationCanceledException && stop.IsCancellationRequested))
        {
            // The child takes no more: it has what it needs, or it is gone.
        }
    }

    /// <summary>Reads a chunk; ranges that cannot be read become zeros, so that one bad sector costs no more than itself.</summary>
    private static int Read(IByteSource content, long offset, Span<byte> buffer, List<Problem> problems)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            try
            {
                int read = content.ReadAt(offset + done, buffer[done..]);
                return done + read;
            }
            catch (UnreadableDataException bad)
            {
                lock (problems)
                {
                    if (problems.Count < ReadProblems)
                    {
                        problems.Add(Problem.From(bad, "content of the video"));
                    }
                }

                // What lies before the bad range is read again without it.
                int before = (int)Math.Clamp(bad.Offset - offset - done, 0, buffer.Length - done);
                if (before > 0)
                {
                    try
                    {
                        int read = content.ReadAt(offset + done, buffer.Slice(done, before));
                        if (read < before)
                        {
                            return done + read;
                        }
                    }
                    catch (UnreadableDataException)
                    {
                        buffer.Slice(done, before).Clear();
                    }

                    done += before;
                }

                long end = bad.Length > long.MaxValue - bad.Offset ? long.MaxValue : bad.Offset + bad.Length;
                int zeros = (int)Math.Clamp(end - offset - done, Math.Min(512, buffer.Length - done), buffer.Length - done);
                buffer.Slice(done, zeros).Clear();
                done += zeros;
            }
        }

        return done;
    }

    /// <summary>When something last happened.</summary>
    private sealed class Activity
    {
        private long last = Stopwatch.GetTimestamp();

        public TimeSpan Idle => Stopwatch.GetElapsedTime(Interlocked.Read(ref last));

        public void Mark() => Interlocked.Exchange(ref last, Stopwatch.GetTimestamp());
    }

    /// <summary>The child's output; every read counts as activity.</summary>
    private sealed class WatchedStream(Stream inner, Activity activity) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = inner.Read(buffer, offset, count);
            activity.Mark();
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer, cancellationToken);
            activity.Mark();
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>The first lines of standard error and how many there were, in bounded memory.</summary>
    private sealed partial class MessageTail
    {
        private readonly List<string> kept = [];
        private readonly StringBuilder line = new();
        private readonly Lock gate = new();
        private long count;

        public async Task ReadAsync(Stream stream, CancellationToken stop)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (await stream.ReadAsync(buffer, stop) is int read and > 0)
                {
                    foreach (byte each in buffer.AsSpan(0, read))
                    {
                        if (each is (byte)'\n' or (byte)'\r')
                        {
                            EndLine();
                        }
                        else if (line.Length < MessageLength)
                        {
                            // Names and tags of the evidence come through here: plain characters only.
                            line.Append(each is >= 0x20 and < 0x7F ? (char)each : '?');
                        }
                    }
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException || (error is OperationCanceledException && stop.IsCancellationRequested))
            {
                // The child is gone.
            }

            EndLine();
        }

        public (IReadOnlyList<string> Lines, long Count) Take()
        {
            lock (gate)
            {
                return ([.. kept], count);
            }
        }

        private void EndLine()
        {
            if (line.Length == 0)
            {
                return;
            }

            string text = Address().Replace(line.ToString(), "").Trim();
            line.Clear();
            lock (gate)
            {
                count++;
                if (kept.Count < MessagesKept && !kept.Contains(text, StringComparer.Ordinal))
                {
                    kept.Add(text);
                }
            }
        }

        [GeneratedRegex(@" @ 0x[0-9a-fA-F]+")]
        private static partial Regex Address();
    }
}
