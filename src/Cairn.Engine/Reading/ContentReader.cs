using System.Text;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Core.Reading;
using Cairn.Media.Decoding;

namespace Cairn.Engine.Reading;

/// <summary>
/// Reads the content of a case's entries for the review application, in a process of its own: one question after another over a pair of pipes.
/// Pictures go through the decoding workers and come out as JPEG files that those have made; no byte of a picture in the evidence is passed on.
/// </summary>
public sealed class ContentReader : IAsyncDisposable
{
    private const int OpenEntries = 8;
    private const int KeptVeils = 20_000;
    private const int VeilSide = 20;
    private const int SmallSide = 256;
    private const int LargestSide = 4_096;
    private const int BytesAtOnce = 1 << 20;
    private const int TextAtOnce = 256 << 10;
    private const int ExtentsAtOnce = 100_000;
    private const int FirstBytes = 4_096;
    private const long PictureBytes = 256L << 20;

    private readonly CaseReader reader;
    private readonly string? passphrase;
    private readonly List<(long Id, OpenedEntry Entry)> open = [];
    private readonly Dictionary<(long, int), ReadingAnswer> veils = [];
    private ThumbnailReader? thumbnails;
    private bool triedThumbnails;
    private PictureWorkerPool? pool;

    /// <summary>Reads from <paramref name="reader"/>, which stays the caller's.</summary>
    /// <param name="reader">The case.</param>
    /// <param name="passphrase">Of the small pictures' key, where it has one.</param>
    public ContentReader(CaseReader reader, string? passphrase) => (this.reader, this.passphrase) = (reader, passphrase);

    /// <summary>Encodings that text may be asked for in.</summary>
    public static IReadOnlyList<string> Encodings => TextDecoding.Names;

    /// <summary>Answers questions until there are no more.</summary>
    public async Task ServeAsync(Stream questions, Stream answers, CancellationToken cancel)
    {
        await ReadingProtocol.WriteHelloAsync(answers, cancel).ConfigureAwait(false);
        while (await ReadingProtocol.ReadRequestAsync(questions, cancel).ConfigureAwait(false) is ReadingRequest request)
        {
            await ReadingProtocol.WriteAsync(answers, await AnswerAsync(request, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The answer to one question. Throws for cancellation alone, and for errors of the program itself.</summary>
    public async Task<ReadingAnswer> AnswerAsync(ReadingRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return request.Act switch
            {
                ReadingAct.Bytes => Bytes(request),
                ReadingAct.Text => Text(request),
                ReadingAct.Picture => await PictureAsync(request.EntryId, Math.Clamp(request.Count, 16, LargestSide), cancel).ConfigureAwait(false),
                ReadingAct.Thumbnail => await ThumbnailAsync(request, cancel).ConfigureAwait(false),
                ReadingAct.Veil => await VeilAsync(request, cancel).ConfigureAwait(false),
                ReadingAct.Extents => Extents(request),
                _ => Failed($"act {(int)request.Act} is not known"),
            };
        }
        catch (Exception error) when (error is EvidenceException or CaseException or MalformedDataException or UnreadableDataException or IOException or UnauthorizedAccessException or PictureWorkerException)
        {
            return Failed(error.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((_, OpenedEntry entry) in open)
        {
            entry.Dispose();
        }

        thumbnails?.Dispose();
        if (pool is not null)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static ReadingAnswer Failed(string reason) => new() { Status = ReadingStatus.Failed, Reason = reason };

    private static ReadingAnswer Nothing(string reason) => new() { Status = ReadingStatus.Nothing, Reason = reason };

    private ReadingAnswer Bytes(ReadingRequest request)
    {
        IByteSource source = Open(request.EntryId).Bytes;
        (byte[] data, string problems) = Read(source, request.Offset, Math.Min(request.Count, BytesAtOnce));
        return new ReadingAnswer { Status = problems.Length > 0 ? ReadingStatus.DoneWithProblems : ReadingStatus.Done, Reason = problems, Length = source.Length, Data = data, Consumed = data.Length };
    }

    private ReadingAnswer Text(ReadingRequest request)
    {
        IByteSource source = Open(request.EntryId).Bytes;
        Encoding encoding = TextDecoding.Named(request.Detail) ?? TextDecoding.Guess(Read(source, 0, FirstBytes).Data);
        (byte[] data, string problems) = Read(source, request.Offset, Math.Clamp(request.Count, 16, TextAtOnce));
        bool isLast = request.Offset + data.Length >= source.Length;
        int whole = isLast ? data.Length : TextDecoding.WholeCharacters(encoding, data);
        string text = encoding.GetString(data, 0, whole);
        return new ReadingAnswer
        {
            Status = problems.Length > 0 ? ReadingStatus.DoneWithProblems : ReadingStatus.Done,
            Reason = problems,
            Length = source.Length,
            Consumed = whole,
            Detail = encoding.WebName,
            Data = Encoding.UTF8.GetBytes(text.StartsWith('\uFEFF') && request.Offset == 0 ? text[1..] : text),
        };
    }

    private ReadingAnswer Extents(ReadingRequest request)
    {
        OpenedEntry entry = Open(request.EntryId);
        ReadingExtent[] extents = [.. entry.Extents.Take(Math.Clamp(request.Count, 1, ExtentsAtOnce)).Select(e => new ReadingExtent(e.FileOffset, e.VolumeOffset, e.Length, e.IsSparse))];
        return new ReadingAnswer { Status = ReadingStatus.Done, Length = entry.Extents.Count, Data = ReadingProtocol.WriteExtents(extents) };
    }

    private async Task<ReadingAnswer> PictureAsync(long id, int side, CancellationToken cancel)
    {
        string? mime = reader.Entry(id)?.Mime;
        if (mime is null || !mime.StartsWith("image/", StringComparison.Ordinal) || mime == "image/svg+xml")
        {
            return Nothing("it is no picture that is decoded");
        }

        IByteSource source = Open(id).Bytes;
        if (source.Length > PictureBytes)
        {
            return Failed($"the picture has {source.Length:N0} bytes; up to {PictureBytes:N0} are shown");
        }

        (byte[] data, string problems) = Read(source, 0, (int)source.Length);
        return await DecodeAsync(data, mime, side, problems, cancel).ConfigureAwait(false);
    }

    private async Task<ReadingAnswer> ThumbnailAsync(ReadingRequest request, CancellationToken cancel)
    {
        int frame = (int)Math.Min(request.Offset, int.MaxValue);
        if (Thumbnails() is ThumbnailReader stored && stored.Read(request.EntryId, frame) is Thumbnail small)
        {
            return new ReadingAnswer
            {
                Status = ReadingStatus.Done,
                Width = small.Width,
                Height = small.Height,
                Length = stored.Frames(request.EntryId).Count,
                Detail = small.Kind == ThumbnailKind.ContactSheet ? "stills" : "picture",
                Data = small.Jpeg,
            };
        }

        // None was kept, or its key is gone: the evidence still has the picture.
        return frame == 0 ? await PictureAsync(request.EntryId, SmallSide, cancel).ConfigureAwait(false) : Nothing("there is no such sheet");
    }

    /// <summary>A handful of pixels: what is sent cannot be sharpened again by whoever receives it.</summary>
    private async Task<ReadingAnswer> VeilAsync(ReadingRequest request, CancellationToken cancel)
    {
        (long, int) key = (request.EntryId, (int)Math.Min(request.Offset, int.MaxValue));
        if (veils.TryGetValue(key, out ReadingAnswer? kept))
        {
            return kept;
        }

        ReadingAnswer clear = await ThumbnailAsync(request, cancel).ConfigureAwait(false);
        if (clear.Data.IsEmpty)
        {
            return clear;
        }

        ReadingAnswer veil = await DecodeAsync(clear.Data, "image/jpeg", VeilSide, "", cancel).ConfigureAwait(false);
        veil = veil with { Detail = clear.Detail };
        if (veil.Status == ReadingStatus.Done)
        {
            if (veils.Count >= KeptVeils)
            {
                veils.Clear();
            }

            veils[key] = veil;
        }

        return veil;
    }

    private async Task<ReadingAnswer> DecodeAsync(ReadOnlyMemory<byte> data, string mime, int side, string problems, CancellationToken cancel)
    {
        pool ??= await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1 }, cancel).ConfigureAwait(false);
        PictureResult result = await pool.AnalyseAsync(data, mime, new PictureRequest { Thumbnail = true, ThumbnailSide = side, Frames = false }, cancel).ConfigureAwait(false);
        if (result.Thumbnail.IsEmpty)
        {
            return Failed(result.Reason.Length > 0 ? result.Reason : "nothing of it could be decoded");
        }

        string reason = string.Join('\n', new[] { problems, result.Reason }.Where(r => r.Length > 0));
        return new ReadingAnswer
        {
            Status = result.Status == PictureStatus.Decoded && problems.Length == 0 ? ReadingStatus.Done : ReadingStatus.DoneWithProblems,
            Reason = reason,
            Width = result.Width,
            Height = result.Height,
            Detail = result.Format,
            Data = result.Thumbnail,
        };
    }

    private ThumbnailReader? Thumbnails()
    {
        if (!triedThumbnails)
        {
            triedThumbnails = true;
            ThumbnailState state = ThumbnailReader.State(reader.Directory);
            if (state == ThumbnailState.Readable || (state == ThumbnailState.NeedsPassphrase && passphrase is not null))
            {
                thumbnails = ThumbnailReader.Open(reader.Directory, passphrase);
            }
        }

        return thumbnails;
    }

    private OpenedEntry Open(long id)
    {
        int at = open.FindIndex(o => o.Id == id);
        if (at >= 0)
        {
            (long, OpenedEntry) found = open[at];
            open.RemoveAt(at);
            open.Add(found);
            return found.Item2;
        }

        OpenedEntry entry = EntryReader.Open(reader, id, slack: false);
        if (open.Count == OpenEntries)
        {
            open[0].Entry.Dispose();
            open.RemoveAt(0);
        }

        open.Add((id, entry));
        return entry;
    }

    private static (byte[] Data, string Problems) Read(IByteSource source, long offset, int count)
    {
        int most = (int)Math.Clamp(source.Length - offset, 0, count);
        byte[] data = new byte[most];
        StringBuilder problems = new();
        int got = most == 0 ? 0 : source.ReadAvailable(offset, data, (range, reason) =>
        {
            if (problems.Length < 2_000)
            {
                problems.Append(problems.Length > 0 ? "\n" : "").Append($"{range.Length:N0} bytes at offset {range.Offset:N0} cannot be read and are shown as zeros: {reason}");
            }
        });
        return (got == most ? data : data[..got], problems.ToString());
    }
}
