using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Media.Decoding;

/// <summary>One worker: a child process and the pipes to it. Not safe from several threads at once.</summary>
internal sealed class PictureWorkerProcess : IDisposable
{
    private const int Chunk = 1 << 20;
    private const int ErrorLimit = 2000;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly Stream input;
    private readonly Stream output;
    private readonly StringBuilder errors = new();
    private readonly Task listening;

    private PictureWorkerProcess(Process process)
    {
        this.process = process;
        input = process.StandardInput.BaseStream;
        output = process.StandardOutput.BaseStream;
        listening = Task.Run(ListenAsync);
    }

    /// <summary>The process, for tests that kill it.</summary>
    public int Id => process.Id;

    /// <summary>Whether it still runs.</summary>
    public bool IsAlive => !process.HasExited;

    /// <summary>Starts a worker and waits for its first word.</summary>
    /// <exception cref="PictureWorkerException">It did not start.</exception>
    public static async Task<PictureWorkerProcess> StartAsync(WorkerFence fence, string? bubblewrap, CancellationToken cancel)
    {
        List<string> command = fence.Command(bubblewrap);
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory) ?? "/",
        };
        start.Environment.Clear();
        foreach ((string name, string value) in fence.Variables())
        {
            start.Environment[name] = value;
        }

        PictureWorkerProcess worker;
        try
        {
            Process process = new() { StartInfo = start };
            process.Start();
            worker = new PictureWorkerProcess(process);
        }
        catch (Exception error) when (error is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw new PictureWorkerException($"a decoder could not be started: {error.Message}", error);
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(StartTime);
        try
        {
            byte[] hello = new byte[sizeof(uint)];
            await worker.output.ReadExactlyAsync(hello, patience.Token);
            if (BinaryPrimitives.ReadUInt32LittleEndian(hello) == PictureProtocol.Hello)
            {
                return worker;
            }

            worker.Dispose();
            throw new PictureWorkerException("a decoder could not be started: what was started is not Cairn.Media.Worker of this version");
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            string reason = await worker.EndAsync();
            worker.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw new PictureWorkerException($"a decoder could not be started: {(error is IOException ? reason : "no answer")}", error);
        }
    }

    /// <summary>Sends a picture.</summary>
    /// <exception cref="IOException">The worker is gone.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        await input.WriteAsync(header, cancel);
        for (int at = 0; at < content.Length; at += Chunk)
        {
            await input.WriteAsync(content.Slice(at, Math.Min(Chunk, content.Length - at)), cancel);
        }

        await input.FlushAsync(cancel);
    }

    /// <summary>Waits for the answer.</summary>
    /// <exception cref="IOException">The worker is gone.</exception>
    /// <exception cref="MalformedDataException">Something else came.</exception>
    public async Task<PictureResult> ReceiveAsync(CancellationToken cancel)
    {
        byte[] length = new byte[PictureProtocol.LengthBytes];
        await output.ReadExactlyAsync(length, cancel);
        int count = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (count is < 1 or > PictureProtocol.AnswerLimit)
        {
            throw new MalformedDataException("length of the answer", 0, $"1 to {PictureProtocol.AnswerLimit}", $"{count}");
        }

        byte[] answer = new byte[count];
        await output.ReadExactlyAsync(answer, cancel);
        return PictureProtocol.ReadAnswer(answer);
    }

    /// <summary>How a worker that closed its pipes ended, in words; it is killed where it has not ended.</summary>
    public async Task<string> EndAsync()
    {
        try
        {
            // A dump or the runtime's last words take a moment after the pipes are closed.
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(3));
            await process.WaitForExitAsync(patience.Token);
            await Task.WhenAny(listening, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None));
        }
        catch (OperationCanceledException)
        {
            Kill();
            return "it closed its pipes and was killed";
        }

        string last;
        lock (errors)
        {
            last = PictureProtocol.OneLine(errors.ToString());
        }

        // A shell and bubblewrap both give 128 and the signal for a child that died of one.
        string how = process.ExitCode is > 128 and < 160 ? $"signal {(process.ExitCode - 128).ToString(CultureInfo.InvariantCulture)}" : $"exit code {process.ExitCode.ToString(CultureInfo.InvariantCulture)}";
        return last.Length == 0 ? how : $"{how}: {(last.Length > 200 ? last[..200] : last)}";
    }

    /// <summary>Kills it with its children.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It ended by itself just now.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        process.Dispose();
    }

    private async Task ListenAsync()
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (await process.StandardError.BaseStream.ReadAsync(buffer) is int read and > 0)
            {
                lock (errors)
                {
                    if (errors.Length < ErrorLimit)
                    {
                        errors.Append(Encoding.ASCII.GetString(buffer, 0, read));
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The worker is gone.
        }
    }
}
