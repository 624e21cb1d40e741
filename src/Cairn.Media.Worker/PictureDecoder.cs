using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;

namespace Cairn.Media.Worker;

/// <summary>Decodes one picture after the other: finds the format, asks the library for it, and puts the answer together.</summary>
internal sealed class PictureDecoder
{
    private readonly PictureSample sample = new();
    private readonly VipsPictures vips;
    private readonly MagickPictures magick;

    public PictureDecoder()
    {
        vips = new VipsPictures(sample);
        magick = new MagickPictures(sample);
    }

    /// <summary>Decodes <paramref name="content"/>; never throws on it.</summary>
    public PictureResult Analyse(ReadOnlySpan<byte> content, string mime, PictureRequest request, PictureLimits limits)
    {
        PictureFormat? format = PictureFormat.Find(content, mime, out string named);
        if (format is null)
        {
            return new PictureResult { Status = PictureStatus.Unsupported, Reason = named.Length == 0 ? "not a picture format that is known" : $"{named} is not decoded" };
        }

        try
        {
            return format.Library switch
            {
                PictureLibrary.Vips => AnalyseWithVips(content, format, request, limits),
                PictureLibrary.Raw => AnalyseRaw(content, format, request, limits),
                _ => Finish(magick.Read(content, format, limits), format, request),
            };
        }
        catch (DecodingException error)
        {
            return new PictureResult { Status = error.Status, Reason = error.Message, Format = format.Name, Width = error.Width, Height = error.Height };
        }
    }

    private PictureResult AnalyseWithVips(ReadOnlySpan<byte> content, PictureFormat format, PictureRequest request, PictureLimits limits)
    {
        DecodingException first;
        try
        {
            DecodedPicture picture = format.Name == "JPEG" ? vips.ReadJpeg(content, limits) : vips.Read(content, format, 0, limits);
            PictureResult result = Finish(picture, format, request);
            return request.Frames ? AddFrames(result, content, format, picture.FrameCount, limits) : result;
        }
        catch (DecodingException error) when (error.Status is PictureStatus.Malformed)
        {
            first = error;
        }

        try
        {
            // Old-style JPEG in TIFF, odd bit depths: the other library reads some of what the first refuses.
            return Finish(magick.Read(content, format, limits), format, request);
        }
        catch (DecodingException)
        {
            throw first;
        }
    }

    private PictureResult AnalyseRaw(ReadOnlySpan<byte> content, PictureFormat format, PictureRequest request, PictureLimits limits)
    {
        List<Range> previews = RawPreviews.Find(content);
        DecodedPicture? small = null;
        foreach (Range preview in previews)
        {
            try
            {
                DecodedPicture picture = vips.ReadJpeg(content[preview], limits) with { IsPreview = true };
                if (Math.Max(picture.Width, picture.Height) >= RawPreviews.LargeSide)
                {
                    return Finish(picture, format, request);
                }

                small = picture;
                break;
            }
            catch (DecodingException)
            {
                // Not a JPEG after all, or a damaged one: the next largest.
            }
        }

        try
        {
            return Finish(magick.Read(content, format, limits), format, request);
        }
        catch (DecodingException) when (small is not null)
        {
            foreach (Range preview in previews)
            {
                try
                {
                    return Finish(vips.ReadJpeg(content[preview], limits) with { IsPreview = true }, format, request);
                }
                catch (DecodingException)
                {
                    // As above.
                }
            }

            throw;
        }
    }

    /// <summary>Hash and thumbnail from what the sample holds now.</summary>
    private PictureResult Finish(DecodedPicture picture, PictureFormat format, PictureRequest request)
    {
        PdqResult hash = sample.Hash(out PdqOrientations orientations);
        string kind = picture.IsPreview ? $"embedded JPEG preview of {format.Name}" : format.Name;
        return new PictureResult
        {
            Status = picture.Damage is null ? PictureStatus.Decoded : PictureStatus.Partial,
            Reason = picture.Damage ?? picture.Remark ?? "",
            Format = format.Name,
            Width = picture.Width,
            Height = picture.Height,
            Orientation = picture.Orientation,
            FrameCount = picture.FrameCount,
            Hash = hash.Hash,
            Quality = hash.Quality,
            Orientations = orientations,
            HashMethod = $"{kind} decoded by {picture.Decoder}{(picture.IsHalved ? " at half scale" : "")}, {sample.Description}{(sample.Layout == PixelLayout.Rgba ? ", over white" : "")}",
            Thumbnail = request.Thumbnail ? Thumbnail.Make(sample, picture.Orientation, Math.Clamp(request.ThumbnailSide, 16, 1024)) : default,
        };
    }

    private PictureResult AddFrames(PictureResult result, ReadOnlySpan<byte> content, PictureFormat format, int count, PictureLimits limits)
    {
        if (format.Name == "PNG" && AnimatedPng.Find(content) is AnimatedPng animation)
        {
            return animation.AddFrames(result, content, limits);
        }

        if (count < 2)
        {
            return result;
        }

        long start = Environment.TickCount64;
        int reachable = Math.Min(count, limits.Frames);
        List<PictureFrame> frames = [];
        string? cut = reachable < count ? $"frames are sampled from the first {reachable} of {count}" : null;
        foreach (int index in SampledFrames(reachable, limits.SampledFrames))
        {
            if (index == 0)
            {
                frames.Add(new PictureFrame(0, result.Hash!.Value, result.Quality));
                continue;
            }

            if (Environment.TickCount64 - start > limits.Time.TotalMilliseconds / 3)
            {
                cut = $"frames after {frames[^1].Index} of {count} were not looked at: they take too long";
                break;
            }

            try
            {
                DecodedPicture frame = vips.Read(content, format, index, limits);
                PdqResult hash = sample.Hash(out _);
                frames.Add(new PictureFrame(index, hash.Hash, hash.Quality));
                cut ??= frame.Damage is null ? null : $"frame {index} of {count}: {frame.Damage}";
            }
            catch (DecodingException error)
            {
                cut ??= $"frame {index} of {count}: {error.Message}";
            }
        }

        return result with
        {
            Frames = frames,
            Status = cut is null ? result.Status : PictureStatus.Partial,
            Reason = result.Reason.Length == 0 ? cut ?? "" : result.Reason,
        };
    }

    /// <summary>At most <paramref name="most"/> of <paramref name="count"/> frames, evenly from the first to the last.</summary>
    internal static IEnumerable<int> SampledFrames(int count, int most) => count <= most
        ? Enumerable.Range(0, count)
        : Enumerable.Range(0, most).Select(i => (int)((long)i * (count - 1) / (most - 1)));
}
