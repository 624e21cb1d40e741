using System.Diagnostics;
using Cairn.Core;
using Cairn.Core.Reading;

namespace Cairn.Web.Reading;

/// <summary>One running 'cairn reader'. Not for several threads at once.</summary>
internal sealed class ReaderProcess : IDisposable
{
    private readonly Process process;

    private ReaderProcess(Process process) => this.process = process;

    /// <summary>Starts one and hears its first word.</summary>
    public static async Task<ReaderProcess> StartAsync(IReadOnlyList<string> words, string caseFolder, string? passphraseFile, CancellationToken cancel)
    {
        if (words.Count == 0)
        {
            throw new IOException("the program that reads content is not known: start with 'cairn serve'");
        }

        var start = new ProcessStartInfo(words[0]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in (string[])[.. words.Skip(1), "reader", "--case", caseFolder, .. passphraseFile is null ? Array.Empty<string>() : ["--thumbnail-passphrase", passphraseFile]])
        {
            start.ArgumentList.Add(word);
        }

        Process process = Process.Start(start) ?? throw new IOException("the reader of content could not be started");
        ReaderProcess reader = new(process);
        try
        {
            // What it complains of is in its answers; a full pipe must not stop it.
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            await ReadingProtocol.ReadHelloAsync(process.StandardOutput.BaseStream, cancel).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Asks one question.</summary>
    public async Task<ReadingAnswer> AskAsync(ReadingRequest request, CancellationToken cancel)
    {
        await ReadingProtocol.WriteAsync(process.StandardInput.BaseStream, request, cancel).ConfigureAwait(false);
        return await ReadingProtocol.ReadAnswerAsync(process.StandardOutput.BaseStream, cancel).ConfigureAwait(false);
    }

    public void Dispose()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }

        process.Dispose();
    }
}

/// <summary>
/// The readers of one case: a few, started when they are first asked, begun anew when one dies or takes too long. A question that killed one is
/// asked once more of a fresh one and then answered with what happened.
/// </summary>
public sealed class ReaderPool(IReadOnlyList<string> words, string caseFolder, string? passphraseFile) : IDisposable
{
    private const int Most = 2;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim free = new(Most);
    private readonly Stack<ReaderProcess> idle = new();
    private readonly Lock gate = new();
    private bool disposed;
    private int started;

    /// <summary>Readers started so far; more than a few says that some died.</summary>
    public int Started => Volatile.Read(ref started);

    /// <summary>Asks one question. Throws for cancellation alone.</summary>
    public async Task<ReadingAnswer> AskAsync(ReadingRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        await free.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            string reason = "";
            for (int attempt = 0; attempt < 2; attempt++)
            {
                using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                time.CancelAfter(Longest);
                ReaderProcess? reader = null;
                try
                {
                    reader = Take();
                    if (reader is null)
                    {
                        reader = await ReaderProcess.StartAsync(words, caseFolder, passphraseFile, time.Token).ConfigureAwait(false);
                        Interlocked.Increment(ref started);
                    }

                    ReadingAnswer answer = await reader.AskAsync(request, time.Token).ConfigureAwait(false);
                    Return(reader);
                    return answer;
                }
                catch (OperationCanceledException)
                {
                    // Half an answer may be on its way: that reader is of no use any more.
                    reader?.Dispose();
                    cancel.ThrowIfCancellationRequested();
                    reason = $"it took longer than {Longest.TotalSeconds:N0} seconds and was stopped";
                    break;
                }
                catch (Exception error) when (error is IOException or MalformedDataException or InvalidOperationException or System.ComponentModel.Win32Exception)
                {
                    reader?.Dispose();
                    reason = $"the reader of content ended while at it ({error.Message})";
                }
            }

            return new ReadingAnswer { Status = ReadingStatus.Failed, Reason = reason };
        }
        finally
        {
            free.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            while (idle.TryPop(out ReaderProcess? reader))
            {
                reader.Dispose();
            }
        }
    }

    private ReaderProcess? Take()
    {
        lock (gate)
        {
            return idle.TryPop(out ReaderProcess? reader) ? reader : null;
        }
    }

    private void Return(ReaderProcess reader)
    {
        lock (gate)
        {
            if (!disposed)
            {
                idle.Push(reader);
                return;
            }
        }

        reader.Dispose();
    }
}
