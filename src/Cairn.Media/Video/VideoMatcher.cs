using System.Globalization;
using Cairn.Core.Pictures;

namespace Cairn.Media.Video;

/// <summary>A frame of a known video.</summary>
/// <param name="Hash">PDQ of the frame.</param>
/// <param name="Quality">PDQ's quality, 0 to 100; 100 where a set does not say.</param>
/// <param name="Seconds">Time in the video, where the set says.</param>
public readonly record struct FrameFingerprint(PdqHash Hash, int Quality, double? Seconds);

/// <summary>When two videos count as the same or as parts of each other; settings of the case. The README says why the defaults are these.</summary>
public sealed record VideoMatchRule
{
    /// <summary>The rule used where nothing else is said.</summary>
    public static VideoMatchRule Default { get; } = new();

    /// <summary>Bits by which two frames may differ, included.</summary>
    public int Distance { get; init; } = 31;

    /// <summary>Frames of a lower quality are left out on both sides.</summary>
    public int MinimumQuality { get; init; } = 50;

    /// <summary>Percent of the query's frames that must be found in the reference.</summary>
    public double QueryShare { get; init; } = 80;

    /// <summary>Percent of the reference's frames that must be found in the query.</summary>
    public double ReferenceShare { get; init; } = 80;

    /// <summary>Whether both shares must be reached; else one is enough: an extract of a known video, or a known video within a longer one.</summary>
    public bool RequireBoth { get; init; }

    /// <summary>Whether the query is also tried turned and mirrored, all its frames the same way.</summary>
    public bool AnyOrientation { get; init; } = true;
}

/// <summary>How two videos compare: what a hit needs to explain itself.</summary>
/// <param name="IsMatch">Whether the rule is fulfilled.</param>
/// <param name="QueryFrames">Different frames of the query of sufficient quality.</param>
/// <param name="QueryMatched">Those found in the reference.</param>
/// <param name="ReferenceFrames">Different frames of the reference of sufficient quality.</param>
/// <param name="ReferenceMatched">Those found in the query.</param>
/// <param name="Orientation">How the query was turned for this.</param>
/// <param name="MedianDistance">The middle of the matched query frames' smallest distances, the lower of two; null where none matched.</param>
/// <param name="Rule">The rule it was judged by.</param>
public sealed record VideoMatch(
    bool IsMatch, int QueryFrames, int QueryMatched, int ReferenceFrames, int ReferenceMatched, PdqOrientation Orientation, int? MedianDistance, VideoMatchRule Rule)
{
    /// <summary>Percent of the query's frames found in the reference; 0 where it has none.</summary>
    public double QueryShare => QueryFrames == 0 ? 0 : 100.0 * QueryMatched / QueryFrames;

    /// <summary>Percent of the reference's frames found in the query; 0 where it has none.</summary>
    public double ReferenceShare => ReferenceFrames == 0 ? 0 : 100.0 * ReferenceMatched / ReferenceFrames;

    /// <summary>One sentence for a report.</summary>
    public string Explanation => QueryFrames == 0 || ReferenceFrames == 0
        ? $"{(QueryFrames == 0 ? "this video" : "the known video")} has no frame of quality {Rule.MinimumQuality} or more"
        : string.Create(CultureInfo.InvariantCulture,
            $"{QueryMatched} of {QueryFrames} frames ({QueryShare:F1} %) are within {Rule.Distance} bits of the known video, which has {ReferenceMatched} of its {ReferenceFrames} ({ReferenceShare:F1} %) here");
}

/// <summary>
/// Compares videos, and animated pictures, by share of frames. Every frame is compared with every frame: an index finds the few known
/// videos worth it.
/// </summary>
public static class VideoMatcher
{
    /// <summary>Compares the frames of a video with those of a known one.</summary>
    public static VideoMatch Compare(IReadOnlyList<VideoFrame> query, IReadOnlyList<FrameFingerprint> reference, VideoMatchRule rule)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(rule);
        PdqHash[] known = [.. reference.Where(f => f.Quality >= rule.MinimumQuality).Select(f => f.Hash).Distinct()];
        VideoFrame[] frames = [.. query.Where(f => f.Quality >= rule.MinimumQuality).DistinctBy(f => f.Hash)];
        VideoMatch best = Compare([.. frames.Select(f => f.Hash)], known, PdqOrientation.Original, rule);
        if (rule.AnyOrientation)
        {
            for (PdqOrientation orientation = PdqOrientation.Rotate90; orientation <= PdqOrientation.FlipMinus1; orientation++)
            {
                VideoMatch match = Compare([.. frames.Where(f => f.Orientations.Count > (int)orientation).Select(f => f.Orientations[(int)orientation])], known, orientation, rule);
                if (match.QueryMatched + match.ReferenceMatched > best.QueryMatched + best.ReferenceMatched)
                {
                    best = match;
                }
            }
        }

        return best;
    }

    private static VideoMatch Compare(PdqHash[] query, PdqHash[] reference, PdqOrientation orientation, VideoMatchRule rule)
    {
        bool[] found = new bool[reference.Length];
        List<int> distances = [];
        foreach (PdqHash frame in query)
        {
            int smallest = int.MaxValue;
            for (int i = 0; i < reference.Length; i++)
            {
                int distance = frame.Distance(reference[i]);
                smallest = Math.Min(smallest, distance);
                found[i] |= distance <= rule.Distance;
            }

            if (smallest <= rule.Distance)
            {
                distances.Add(smallest);
            }
        }

        distances.Sort();
        VideoMatch match = new(
            false, query.Length, distances.Count, reference.Length, found.Count(f => f), orientation, distances.Count == 0 ? null : distances[(distances.Count - 1) / 2], rule);
        bool byQuery = match.QueryShare >= rule.QueryShare, byReference = match.ReferenceShare >= rule.ReferenceShare;
        // Without one frame in common nothing matches, whatever the thresholds are.
        return match with { IsMatch = distances.Count > 0 && (rule.RequireBoth ? byQuery && byReference : byQuery || byReference) };
    }
}
