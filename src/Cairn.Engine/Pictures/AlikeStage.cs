using Cairn.CaseStore;
using Cairn.Known.Alike;

namespace Cairn.Engine.Pictures;

/// <summary>
/// Groups the pictures of the whole case, over all its exhibits, at the end of a run. What was said before stays; only where the settings are others, or
/// pictures came in between, a new grouping is made.
/// </summary>
internal static class AlikeStage
{
    private const int RowsPerBatch = 4_000;

    /// <summary>Adds to the grouping of the case, or makes it anew.</summary>
    public static void Run(CaseRun run, CaseReader reader, ExamineOptions options, CancellationToken cancel)
    {
        AlikeSettings settings = new() { Distance = options.AlikeDistance, MinimumQuality = options.PictureQuality };
        string text = $"distance {settings.Distance}, quality {settings.MinimumQuality}";
        (long number, string before) = run.Grouping() ?? (0, "");
        (bool isOpen, bool isBetween) = Look(reader, cancel);
        bool goesOn = number > 0 && before == text && !isBetween;
        if (goesOn && !isOpen)
        {
            return;
        }

        number += goesOn ? 0 : 1;
        AlikeGrouping grouping = new(settings);
        List<AlikeRow> rows = [];
        foreach (AlikeMember member in grouping.Add(Fresh()))
        {
            rows.Add(new AlikeRow(member.EntryId, member.GroupId, (int)member.Kind, member.Distance, member.Orientation, member.CopyOf));
            if (rows.Count == RowsPerBatch)
            {
                run.AddAlike(number, text, rows);
                rows.Clear();
                cancel.ThrowIfCancellationRequested();
            }
        }

        if (rows.Count > 0)
        {
            run.AddAlike(number, text, rows);
        }

        IEnumerable<AlikePicture> Fresh()
        {
            foreach (StoredPictureHash picture in reader.PictureHashes())
            {
                ContentKey? content = picture.Sha256 is byte[] sha256 ? ContentKey.FromSha256(sha256) : null;
                if (goesOn && picture.Stored is AlikeRow stored)
                {
                    AlikeMember member = new(stored.EntryId, stored.GroupId, (AlikeKind)stored.Kind, stored.Distance, stored.Orientation, stored.CopyOf);
                    grouping.Restore(member, content, picture.Quality, picture.Orientations.Count > 0 ? picture.Orientations[0] : null);
                }
                else
                {
                    yield return new AlikePicture(picture.EntryId, content, picture.Quality, [.. picture.Orientations]);
                }
            }
        }
    }

    /// <summary>Whether there are pictures that are not grouped, and whether one of them lies before one that is.</summary>
    private static (bool IsOpen, bool IsBetween) Look(CaseReader reader, CancellationToken cancel)
    {
        bool open = false;
        foreach (StoredPictureHash picture in reader.PictureHashes())
        {
            cancel.ThrowIfCancellationRequested();
            if (picture.Stored is null)
            {
                open = true;
            }
            else if (open)
            {
                return (true, true);
            }
        }

        return (open, false);
    }
}
