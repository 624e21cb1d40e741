using System.Threading.Channels;
using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.Media.Decoding;

/// <summary>
/// Decodes pictures in child processes, so that a file made to crash, hang or take over a decoder costs itself and nothing else. A worker
/// that hangs is killed, one that dies is replaced, and the picture is reported with the reason. Safe from many threads; each call waits
/// for a worker that is free.
/// </summary>
public sealed class PictureWorkerPool : IAsyncDisposable
{
    private readonly PictureWorkerOptions options;
    private readonly WorkerFence fence;
    private readonly string? bubblewrap;
    private readonly Channel<PictureWorkerProcess?> free;
    private readonly CancellationTokenSource stop = new();
    private int replaced;
    private int disposed;

    private PictureWorkerPool(PictureWorkerOptions options, WorkerFence fence, string? bubblewrap, PictureWorkerProcess first, string? notice)
    {
        (this.options, this.fence, this.bubblewrap, Notice) = (options, fence, bubblewrap, notice);
        int workers = Math.Max(1, options.Workers);
        free = Channel.CreateBounded<PictureWorkerProcess?>(workers);
        free.Writer.TryWrite(first);
        for (int i = 1; i < workers; i++)
        {
            // Started when it is first needed.
            free.Writer.TryWrite(null);
        }
    }

    /// <summary>How workers are fenced in, in words for a report.</summary>
    public string Isolation => bubblewrap is not null
        ? "bubblewrap: no network, no access to files, memory limited by the system"
        : OperatingSystem.IsWindows() ? "child process only" : "child process: no bytes into files, memory limited by the system";

    /// <summary>Whether workers run in bubblewrap.</summary>
    public bool IsSandboxed => bubblewrap is not null;

    /// <summary>What the user should know of it; null where workers are fenced in as well as can be.</summary>
    public string? Notice { get; }

    /// <summary>Workers that died or were killed and were replaced.</summary>
    public int Replaced => Volatile.Read(ref replaced);

    /// <summary>Starts the first worker and finds out how it can be fenced in.</summary>
    /// <exception cref="PictureWorkerException">No worker can be started.</exception>
    public static async Task<PictureWorkerPool> StartAsync(PictureWorkerOptions options, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        WorkerFence fence = new(options);
        string? bubblewrap = WorkerFence.FindBubblewrap(options);
        string? notice = OperatingSystem.IsLinux() && options.Sandbox ? "picture decoders run without a sandbox: bubblewrap is not installed (apt install bubblewrap)" : null;
        if (bubblewrap is not null)
        {
            try
            {
                // A sandbox that the kernel or a container forbids is found out here, once.
                return new PictureWorkerPool(options, fence, bubblewrap, await PictureWorkerProcess.StartAsync(fence, bubblewrap, cancel), null);
            }
            catch (PictureWorkerException error)
            {
                notice = $"picture decoders run without a sandbox: bubblewrap does not work here ({PictureProtocol.OneLine(error.Message)})";
            }
        }

        return new PictureWorkerPool(options, fence, null, await PictureWorkerProcess.StartAsync(fence, null, cancel), notice);
    }

    /// <summary>
    /// Decodes one picture. <paramref name="mime"/> is what the content was taken for; the content itself has the last word. Never throws on
    /// the content; <paramref name="cancel"/> kills the worker at its work.
    /// </summary>
    public async Task<PictureResult> AnalyseAsync(ReadOnlyMemory<byte> content, string mime, PictureRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(mime);
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        if (content.Length > options.Limits.InputBytes)
        {
            return new PictureResult { Status = PictureStatus.LimitReached, Reason = $"{content.Length} bytes are more than the limit of {options.Limits.InputBytes}" };
        }

        if (content.IsEmpty)
        {
            return new PictureResult { Status = PictureStatus.Malformed, Reason = "the file is empty" };
        }

        byte[] header = PictureProtocol.WriteHeader(mime, request, options.Limits, content.Length);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancel, stop.Token);
        PictureWorkerProcess? worker = await free.Reader.ReadAsync(linked.Token);
        try
        {
            // A second attempt only where the worker was gone before it had the picture: it is not the picture's fault then.
            for (int attempt = 0; ; attempt++)
            {
                if (worker is { IsAlive: false })
                {
                    Discard(ref worker);
                }

                try
                {
                    worker ??= await PictureWorkerProcess.StartAsync(fence, bubblewrap, linked.Token);
                }
                catch (PictureWorkerException error)
                {
                    return new PictureResult { Status = PictureStatus.Crashed, Reason = error.Message };
                }

                (PictureResult? result, bool isUsable) = await AskAsync(worker, header, content, mayRepeat: attempt == 0, linked.Token);
                if (!isUsable)
                {
                    Discard(ref worker);
                }

                if (result is not null)
                {
                    return result;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It may be in the middle of the picture: a worker that is asked nothing answers nothing.
            Discard(ref worker);
            throw;
        }
        finally
        {
            if (!free.Writer.TryWrite(worker))
            {
                worker?.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        await stop.CancelAsync();
        for (int i = 0; i < Math.Max(1, options.Workers); i++)
        {
            // Each call that still runs is cancelled by now and gives its worker back.
            (await free.Reader.ReadAsync())?.Dispose();
        }

        free.Writer.Complete();
        stop.Dispose();
    }

    /// <summary>The processes that wait for work, for tests that kill them.</summary>
    internal async Task<int> TakeProcessIdAsync()
    {
        PictureWorkerProcess? worker = await free.Reader.ReadAsync() ?? await PictureWorkerProcess.StartAsync(fence, bubblewrap, default);
        free.Writer.TryWrite(worker);
        return worker.Id;
    }

    private async Task<(PictureResult? Result, bool IsUsable)> AskAsync(PictureWorkerProcess worker, byte[] header, ReadOnlyMemory<byte> content, bool mayRepeat, CancellationToken cancel)
    {
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        time.CancelAfter(options.Limits.Time);
        bool sent = false;
        try
        {
            await worker.SendAsync(header, content, time.Token);
            sent = true;
            return (await worker.ReceiveAsync(time.Token), true);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (new PictureResult { Status = PictureStatus.TimedOut, Reason = $"decoding took more than {options.Limits.Time.TotalSeconds:0.###} seconds and was stopped" }, false);
        }
        catch (IOException)
        {
            string how = await worker.EndAsync();
            return sent || !mayRepeat ? (new PictureResult { Status = PictureStatus.Crashed, Reason = $"the decoder crashed ({how})" }, false) : (null, false);
        }
        catch (MalformedDataException error)
        {
            return (new PictureResult { Status = PictureStatus.Crashed, Reason = $"the decoder gave no sensible answer ({error.Field})" }, false);
        }
    }

    private void Discard(ref PictureWorkerProcess? worker)
    {
        if (worker is not null)
        {
            worker.Dispose();
            worker = null;
            Interlocked.Increment(ref replaced);
        }
    }
}
