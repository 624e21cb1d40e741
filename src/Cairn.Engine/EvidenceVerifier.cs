using System.Diagnostics;
using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>Reads all of an evidence file and holds its computed hashes against the stored ones.</summary>
public static class EvidenceVerifier
{
    /// <summary>
    /// Verifies the container at <paramref name="path"/>: every byte of the media is read, chunk checksums checked, the hashes that the
    /// container stores recomputed (all three with <paramref name="allHashes"/>, or where it stores none: SHA-256).
    /// </summary>
    /// <exception cref="EvidenceException">It cannot be opened.</exception>
    public static async Task<EvidenceVerification> RunAsync(string path, bool allHashes, IProgress<(long Done, long Total)>? progress, CancellationToken cancel)
    {
        Stopwatch clock = Stopwatch.StartNew();
        ProblemList problems = new();
        using OpenEvidence evidence = EvidenceOpener.Open(path, problems);
        if (evidence.Container is not IEvidenceContainer container)
        {
            throw new EvidenceException($"{path}: a {evidence.TypeName} has no media to verify; its files are hashed by 'cairn examine'");
        }

        IReadOnlyList<HashAlgorithmName> algorithms = MediaHashing.Algorithms(container, allHashes ? MediaHashChoice.All : MediaHashChoice.Auto, onlyStored: !allHashes);
        long done = 0;
        MediaSweep sweep = new(container.Media, algorithms, count => progress?.Report((done += count, container.Media.Length)), gate: null);
        IReadOnlyList<(string Algorithm, byte[] Value)> computed = await sweep.RunAsync(cancel).ConfigureAwait(false);
        IReadOnlyList<MediaHashRow> rows = MediaHashing.Compare(container, computed, sweep.Unreadable, problems);
        bool intact = problems.Items.All(p => p.Kind is ProblemKind.Notice || p.Place == MediaHashing.Place);
        return new EvidenceVerification(evidence.Path, container.TypeName, container.Media.Length, container.StoredHashes, rows,
            MediaHashing.Verified(container, rows), intact, problems.Items, clock.Elapsed.TotalSeconds);
    }
}

/// <summary>Which media hashes are computed and how they are held against the stored ones.</summary>
internal static class MediaHashing
{
    /// <summary>Place of a problem that concerns the media's hash, not the container around it.</summary>
    public const string Place = "media hash";

    private const long SmallMedia = 1L << 30;

    public static IReadOnlyList<HashAlgorithmName> Algorithms(IEvidenceContainer container, MediaHashChoice choice, bool onlyStored = false)
    {
        if (choice == MediaHashChoice.None)
        {
            return [];
        }

        HashAlgorithmName[] all = [HashAlgorithmName.MD5, HashAlgorithmName.SHA1, HashAlgorithmName.SHA256];
        if (choice == MediaHashChoice.All)
        {
            return all;
        }

        HashSet<string> stored = [.. container.StoredHashes.Select(h => h.Algorithm)];
        if (onlyStored && stored.Count > 0)
        {
            return [.. all.Where(a => stored.Contains(a.Name!))];
        }

        return container.Media.Length <= SmallMedia ? all : [.. all.Where(a => a == HashAlgorithmName.SHA256 || stored.Contains(a.Name!))];
    }

    /// <summary>Rows with the outcome; a difference or an unreadable range is reported.</summary>
    public static IReadOnlyList<MediaHashRow> Compare(IEvidenceContainer container, IReadOnlyList<(string Algorithm, byte[] Value)> computed,
        IReadOnlyList<(ByteRange Range, string Reason)> unreadable, IProblemSink problems)
    {
        foreach ((ByteRange range, string reason) in unreadable)
        {
            problems.Report(new Problem(ProblemKind.Unreadable, "media", reason, range.Offset, range.Length));
        }

        List<MediaHashRow> rows = [];
        foreach ((string algorithm, byte[] value) in computed)
        {
            bool? verified = null;
            foreach (StoredHash stored in container.StoredHashes.Where(s => s.Algorithm == algorithm))
            {
                bool equal = CryptographicOperations.FixedTimeEquals(stored.Value, value) && unreadable.Count == 0;
                verified = equal && verified != false;
                if (!equal)
                {
                    problems.Report(new Problem(ProblemKind.Mismatch, Place,
                        $"{algorithm} stored in {stored.Source} is {Convert.ToHexStringLower(stored.Value)}, computed is {Convert.ToHexStringLower(value)}"
                        + (unreadable.Count > 0 ? " with unreadable ranges taken as zeros" : "")));
                }
            }

            rows.Add(new MediaHashRow(algorithm, value, verified));
        }

        return rows;
    }

    /// <summary>True where every stored hash was computed and is equal, false where one differs, null where none is stored or computed.</summary>
    public static bool? Verified(IEvidenceContainer container, IReadOnlyList<MediaHashRow> rows) =>
        container.StoredHashes.Count == 0 || rows.Count == 0 ? null : rows.All(r => r.Verified != false) && rows.Any(r => r.Verified == true);
}
