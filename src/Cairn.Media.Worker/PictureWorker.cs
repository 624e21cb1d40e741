using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Channels;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;

namespace Cairn.Media.Worker;

/// <summary>
/// Takes pictures from a stream, one after the other, and answers each on another, until the first one ends. A thread of its own reads, so
/// that the end of the input is noticed in the middle of a picture too: a worker never outlives its pool.
/// </summary>
internal sealed class PictureWorker(Stream input, Stream output, bool testHooks)
{
    /// <summary>A buffer larger than this is given back after its picture.</summary>
    private const int KeptBuffer = 32 << 20;

    private readonly Channel<Job> jobs = Channel.CreateUnbounded<Job>(new() { SingleReader = true, SingleWriter = true });
    private byte[] content = [];
    private volatile bool isBusy;
    private volatile bool isBroken;

    private sealed record Job(string Mime, PictureRequest Request, PictureLimits Limits, int Length);

    /// <summary>Runs until the input ends; returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        PictureDecoder decoder = new();
        byte[] hello = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(hello, PictureProtocol.Hello);
        try
        {
            await output.WriteAsync(hello);
            await output.FlushAsync();
            new Thread(ReadJobs) { IsBackground = true }.Start();
            await foreach (Job job in jobs.Reader.ReadAllAsync())
            {
                byte[] answer = PictureProtocol.WriteAnswer(Analyse(decoder, job));
                if (content.Length > KeptBuffer)
                {
                    content = [];
                    GC.Collect();
                }

                // Before the answer: the next picture may come as soon as it is out.
                isBusy = false;
                await output.WriteAsync(answer);
                await output.FlushAsync();
            }

            return isBroken ? 2 : 0;
        }
        catch (IOException)
        {
            // Nobody reads the answer.
            return 2;
        }
    }

    private PictureResult Analyse(PictureDecoder decoder, Job job)
    {
        try
        {
            if (testHooks)
            {
                TestHooks.Obey(job.Mime);
            }

            return decoder.Analyse(content.AsSpan(0, job.Length), job.Mime, job.Request, job.Limits);
        }
        catch (OutOfMemoryException)
        {
            return new PictureResult { Status = PictureStatus.LimitReached, Reason = $"decoding takes more memory than the limit of {job.Limits.Memory} bytes" };
        }
    }

    private void ReadJobs()
    {
        try
        {
            while (ReadJob() is Job job)
            {
                isBusy = true;
                jobs.Writer.TryWrite(job);
            }
        }
        catch (Exception error) when (error is IOException or MalformedDataException)
        {
            isBroken = true;
        }

        if (isBusy)
        {
            Process.GetCurrentProcess().Kill();
        }

        jobs.Writer.Complete();
    }

    /// <summary>The next header and its content; null where the input ends.</summary>
    private Job? ReadJob()
    {
        Span<byte> word = stackalloc byte[PictureProtocol.LengthBytes];
        if (input.ReadAtLeast(word, word.Length, throwOnEndOfStream: false) < word.Length)
        {
            return null;
        }

        int headerLength = BinaryPrimitives.ReadInt32LittleEndian(word);
        if (headerLength is < 1 or > PictureProtocol.HeaderLimit)
        {
            throw new MalformedDataException("length of the header", 0, $"1 to {PictureProtocol.HeaderLimit}", $"{headerLength}");
        }

        byte[] header = new byte[headerLength];
        input.ReadExactly(header);
        (string mime, PictureRequest request, PictureLimits limits, long length) = PictureProtocol.ReadHeader(header);
        if (length is < 0 || length > Array.MaxLength)
        {
            throw new MalformedDataException("length of the content", 0, $"0 to {Array.MaxLength}", $"{length}");
        }

        if (content.Length < length)
        {
            content = GC.AllocateUninitializedArray<byte>((int)Math.Max(length, Math.Min(2L * content.Length, KeptBuffer)));
        }

        input.ReadExactly(content.AsSpan(0, (int)length));
        return new Job(mime, request, limits, (int)length);
    }
}
