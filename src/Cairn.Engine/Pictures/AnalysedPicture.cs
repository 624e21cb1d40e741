using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.Engine.Pictures;

/// <summary>What looking at one picture or video gave: its row, and small pictures of it.</summary>
/// <param name="Row">The row.</param>
/// <param name="Thumbnails">None where nothing was decoded or none are wanted.</param>
internal sealed record AnalysedPicture(PictureRow Row, IReadOnlyList<Thumbnail> Thumbnails)
{
    /// <summary>The same under another name of the stream.</summary>
    public AnalysedPicture Of(long entryId) => new(Row with { EntryId = entryId }, [.. Thumbnails.Select(t => t with { EntryId = entryId })]);

    /// <summary>A picture that was not decoded, and why.</summary>
    public static AnalysedPicture Not(long entryId, PictureKind kind, PictureStatus status, Problem problem) =>
        new(new PictureRow { EntryId = entryId, Kind = kind, Status = status, Problems = [problem] }, []);
}

/// <summary>A picture or video on its way to the decoders.</summary>
/// <param name="Ids">Row ids of its stream, one for each name, ascending.</param>
/// <param name="Path">Path of the first.</param>
/// <param name="Mime">Type from the content.</param>
/// <param name="Content">Its bytes; a picture is read from it whole.</param>
/// <param name="Held">Bytes in memory while it is under way, where they are not those of the content.</param>
internal sealed record PictureJob(IReadOnlyList<long> Ids, string Path, string Mime, IByteSource Content, long? Held = null);
