using System.Security.Cryptography;
using Cairn.Core.Pictures;
using Cairn.Known.Sets;

namespace Cairn.Known.Perceptual;

/// <summary>A hash of an entry; an entry may have several.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="Id">Number of the entry.</param>
public readonly record struct PdqEntry(PdqHash Hash, uint Id);

/// <summary>
/// An index of PDQ hashes in a folder: immutable segments and a manifest that names them. Opened at once, because nothing is loaded; changed
/// without a rebuild, because a change is a new segment or a new list of withdrawn records; a killed change leaves the state before or after
/// it. Searched from many threads; one process changes it at a time, and others see a change when they open it or <see cref="Refresh"/>.
/// </summary>
public sealed class PdqIndex : IDisposable
{
    private const string SegmentEnding = ".pdq";
    private const string WithdrawnEnding = ".gone";
    private const string LockName = "lock";

    /// <summary>Segments up to this many hashes together are merged whenever hashes are added.</summary>
    private const int MergedAtOnce = 1 << 20;

    private readonly string directory;
    private readonly Lock turn = new();
    private Snapshot current;
    private bool disposed;

    private PdqIndex(string directory, Snapshot current) => (this.directory, this.current) = (directory, current);

    /// <summary>Hashes that can be found.</summary>
    public long Count => current.Live.Sum(s => (long)s.Segment.Count - (s.Withdrawn?.Count ?? 0));

    /// <summary>Files that a query looks into.</summary>
    public int Segments => current.Live.Length;

    /// <summary>Vectors that searches use; for tests.</summary>
    internal VectorUse Use { get; set; } = VectorUses.Best;

    /// <summary>The index in a folder, which need not exist yet.</summary>
    /// <exception cref="KnownSetException">It is damaged or cannot be read.</exception>
    public static PdqIndex Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        return new PdqIndex(full, Snapshot.Open(full, null));
    }

    /// <summary>
    /// Adds the entries within <paramref name="maxDistance"/> bits of any of the hashes of a query, ascending by number, each once: at its
    /// nearest hash, in the first of equally near orientations. Exact: none is missed.
    /// </summary>
    /// <param name="orientations">1 to 8 hashes of one picture.</param>
    /// <param name="maxDistance">0 to 63.</param>
    /// <param name="into">Where matches are added.</param>
    public void Search(ReadOnlySpan<PdqHash> orientations, int maxDistance, List<PdqMatch> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        int before = into.Count;
        while (true)
        {
            try
            {
                PdqSearch.One(current.Live, orientations, maxDistance, Use, into);
                return;
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // The segments were merged meanwhile.
                into.RemoveRange(before, into.Count - before);
            }
        }
    }

    /// <summary>
    /// The same for many queries: <paramref name="hashes"/> holds <paramref name="orientations"/> hashes for each. Ascending by query, then
    /// number. Much faster than one by one from some thousand on.
    /// </summary>
    public void SearchMany(ReadOnlySpan<PdqHash> hashes, int orientations, int maxDistance, List<PdqBatchMatch> into, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(into);
        int before = into.Count;
        while (true)
        {
            try
            {
                PdqSearch.Many(current.Live, hashes, orientations, maxDistance, Use, into, cancel);
                return;
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                into.RemoveRange(before, into.Count - before);
            }
        }
    }

    /// <summary>Adds entries, all or none. Small segments are merged; larger ones by <see cref="Merge(CancellationToken)"/>.</summary>
    /// <exception cref="KnownSetException">Another process changes the index, or it is damaged.</exception>
    public void Append(IEnumerable<PdqEntry> entries, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Change((manifest, _) =>
        {
            PdqSegmentWriter writer = new();
            List<PdqSegmentEntry> added = [];
            foreach (PdqEntry entry in entries)
            {
                writer.Add(entry.Hash, entry.Id);
                if (writer.IsFull)
                {
                    added.Add(WriteSegment(writer, manifest.Generation + 1, added.Count, cancel));
                }
            }

            if (writer.Count > 0)
            {
                added.Add(WriteSegment(writer, manifest.Generation + 1, added.Count, cancel));
            }

            return added.Count == 0 ? manifest : manifest with { Segments = [.. manifest.Segments, .. added] };
        });
        Merge(MergedAtOnce, cancel);
    }

    /// <summary>Withdraws every hash of these entries; returns how many hashes that were. An entry added later under the same number is found again.</summary>
    /// <exception cref="KnownSetException">Another process changes the index, or it is damaged.</exception>
    public long Withdraw(IEnumerable<uint> ids, CancellationToken cancel = default)
    {
        HashSet<uint> doomed = [.. ids];
        long count = 0;
        Change((manifest, live) =>
        {
            List<PdqSegmentEntry> segments = [];
            for (int i = 0; i < live.Length; i++)
            {
                cancel.ThrowIfCancellationRequested();
                PdqWithdrawn? withdrawn = Withdraw(live[i], doomed);
                if (withdrawn is null)
                {
                    segments.Add(manifest.Segments[i]);
                    continue;
                }

                count += withdrawn.Count - (live[i].Withdrawn?.Count ?? 0);
                if (withdrawn.Count < live[i].Segment.Count)
                {
                    (string name, string digest) = WriteWithdrawn(withdrawn, manifest.Generation + 1, i);
                    segments.Add(manifest.Segments[i] with { Withdrawn = name, WithdrawnDigest = digest });
                }
            }

            return count == 0 ? manifest : manifest with { Segments = [.. segments] };
        });
        return count;
    }

    /// <summary>
    /// Merges segments of like size, and those of which more than half is withdrawn, and lets withdrawn hashes go. Searches go on meanwhile.
    /// </summary>
    /// <exception cref="KnownSetException">Another process changes the index, or it is damaged.</exception>
    public void Merge(CancellationToken cancel = default) => Merge(PdqSegmentLayout.MaxHashes, cancel);

    /// <summary>Takes over what another process changed.</summary>
    public void Refresh()
    {
        lock (turn)
        {
            Replace(Snapshot.Open(directory, current));
        }
    }

    /// <summary>Reads every file and holds it against its checksum.</summary>
    /// <returns>What is damaged; nothing where all is well.</returns>
    public IReadOnlyList<string> Verify(CancellationToken cancel = default)
    {
        Snapshot snapshot = current;
        return [.. snapshot.Live.Select((live, i) => live.Segment.Verify(cancel) ? null : $"{Path.Combine(directory, snapshot.Manifest.Segments[i].File)}: its checksum does not fit").OfType<string>()];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (turn)
        {
            disposed = true;
            foreach (MappedFile file in current.Files)
            {
                file.Dispose();
            }
        }
    }

    private static PdqWithdrawn? Withdraw(LivePdqSegment live, HashSet<uint> doomed)
    {
        using MappedFile.Hold hold = live.Segment.Enter();
        byte[]? bits = null;
        int count = live.Withdrawn?.Count ?? 0;
        for (int record = 0; record < live.Segment.Count; record++)
        {
            if (doomed.Contains(live.Segment.Id(record)) && (live.Withdrawn is null || !live.Withdrawn.Contains(record)))
            {
                bits ??= live.Withdrawn is null ? new byte[(live.Segment.Count + 7) / 8] : [.. live.Withdrawn.Bits];
                bits[record >> 3] |= (byte)(1 << (record & 7));
                count++;
            }
        }

        return bits is null ? null : new PdqWithdrawn(bits, count);
    }

    /// <summary>From the newest on: a segment no longer than twice those after it together is merged with them.</summary>
    private static int MergeFrom(PdqSegmentEntry[] segments, LivePdqSegment[] live, int largest)
    {
        long total = 0;
        int from = segments.Length;
        while (from > 0)
        {
            long next = live[from - 1].Segment.Count - (live[from - 1].Withdrawn?.Count ?? 0);
            if (total + next > largest || (from < segments.Length && next > 2 * total))
            {
                break;
            }

            total += next;
            from--;
        }

        return from;
    }

    private void Merge(int largest, CancellationToken cancel) => Change((manifest, live) =>
    {
        int from = MergeFrom(manifest.Segments, live, largest);
        List<PdqSegmentEntry> segments = [];
        PdqSegmentWriter writer = new();
        for (int i = 0; i < live.Length; i++)
        {
            bool merged = (i >= from && live.Length - from > 1) || (live[i].Withdrawn is PdqWithdrawn gone && gone.Count > live[i].Segment.Count / 2 && live[i].Segment.Count <= largest);
            if (!merged)
            {
                segments.Add(manifest.Segments[i]);
                continue;
            }

            using MappedFile.Hold hold = live[i].Segment.Enter();
            for (int record = 0; record < live[i].Segment.Count; record++)
            {
                if (live[i].Withdrawn is null || !live[i].Withdrawn!.Contains(record))
                {
                    (PdqHash hash, uint id) = live[i].Segment.Record(record);
                    writer.Add(hash, id);
                    if (writer.IsFull)
                    {
                        segments.Add(WriteSegment(writer, manifest.Generation + 1, i, cancel));
                    }
                }
            }
        }

        if (segments.Count == live.Length)
        {
            return manifest;
        }

        if (writer.Count > 0)
        {
            segments.Add(WriteSegment(writer, manifest.Generation + 1, live.Length, cancel));
        }

        return manifest with { Segments = [.. segments] };
    });

    private void Change(Func<PdqIndexManifest, LivePdqSegment[], PdqIndexManifest> change)
    {
        lock (turn)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                Directory.CreateDirectory(directory);
                using FileStream held = Hold();

                // Another process may have changed it since.
                Replace(Snapshot.Open(directory, current));
                Snapshot before = current;
                RemoveStrays(before.Manifest);
                PdqIndexManifest manifest = change(before.Manifest, before.Live);
                if (ReferenceEquals(manifest, before.Manifest))
                {
                    return;
                }

                (manifest with { Generation = before.Manifest.Generation + 1 }).Write(directory);
                Replace(Snapshot.Open(directory, before));
                RemoveStrays(current.Manifest);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new KnownSetException($"the PDQ index {directory} cannot be changed: {error.Message}", error);
            }
        }
    }

    private FileStream Hold()
    {
        try
        {
            return new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new KnownSetException($"the PDQ index {directory} is being changed by another process; try again when it is done", error);
        }
    }

    private void Replace(Snapshot next)
    {
        Snapshot before = current;
        current = next;
        foreach (MappedFile file in before.Files.Except(next.Files))
        {
            file.Dispose();
        }
    }

    /// <summary>What a killed change left, and what a change replaced. A file that is mapped elsewhere stays there until it is let go.</summary>
    private void RemoveStrays(PdqIndexManifest manifest)
    {
        HashSet<string> kept = [.. manifest.Segments.Select(s => s.File), .. manifest.Segments.Select(s => s.Withdrawn).OfType<string>()];
        foreach (string path in Directory.EnumerateFiles(directory).Where(p => Path.GetExtension(p) is SegmentEnding or WithdrawnEnding && !kept.Contains(Path.GetFileName(p))))
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // In use: the next change removes it.
            }
        }
    }

    private PdqSegmentEntry WriteSegment(PdqSegmentWriter writer, long generation, int number, CancellationToken cancel)
    {
        string name = $"{generation:D12}-{number:D4}{SegmentEnding}";
        int count = writer.Count;
        using FileStream file = new(Path.Combine(directory, name), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 0);
        writer.Write(file, cancel);
        file.Flush(flushToDisk: true);
        byte[] header = new byte[PdqSegmentLayout.HeaderBytes];
        file.Position = 0;
        file.ReadExactly(header);
        writer.Clear();
        return new PdqSegmentEntry(name, count, Convert.ToHexStringLower(header.AsSpan(0x20, 32)), null, null);
    }

    private (string Name, string Digest) WriteWithdrawn(PdqWithdrawn withdrawn, long generation, int number)
    {
        string name = $"{generation:D12}-{number:D4}{WithdrawnEnding}";
        using FileStream file = new(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(withdrawn.Bits);
        file.Flush(flushToDisk: true);
        return (name, Convert.ToHexStringLower(SHA256.HashData(withdrawn.Bits)));
    }

    /// <summary>A state of the index.</summary>
    private sealed record Snapshot(PdqIndexManifest Manifest, LivePdqSegment[] Live, MappedFile[] Files)
    {
        private const int Attempts = 5;

        /// <summary>The state that the manifest names; files that an earlier one has open are used again.</summary>
        public static Snapshot Open(string directory, Snapshot? before)
        {
            for (int attempt = 1; ; attempt++)
            {
                PdqIndexManifest manifest = Read(directory);
                if (before is not null && before.Manifest.Generation == manifest.Generation)
                {
                    return before;
                }

                try
                {
                    return Open(directory, manifest, before);
                }
                catch (FileNotFoundException error)
                {
                    // Replaced between the manifest and the file, unless it is the same manifest again.
                    if (attempt == Attempts || Read(directory).Generation == manifest.Generation)
                    {
                        throw new KnownSetException($"{error.FileName}: a segment of this PDQ index is missing; delete the folder and make the index again", error);
                    }
                }
            }
        }

        private static PdqIndexManifest Read(string directory)
        {
            try
            {
                return PdqIndexManifest.Read(directory);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new KnownSetException($"the PDQ index {directory} cannot be read: {error.Message}", error);
            }
        }

        private static Snapshot Open(string directory, PdqIndexManifest manifest, Snapshot? before)
        {
            List<LivePdqSegment> live = [];
            List<MappedFile> files = [], opened = [];
            try
            {
                foreach (PdqSegmentEntry entry in manifest.Segments)
                {
                    int old = before is null ? -1 : Array.FindIndex(before.Manifest.Segments, s => s.File == entry.File && s.Digest == entry.Digest);
                    if (old < 0)
                    {
                        FileStream stream = new(Path.Combine(directory, entry.File), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
                        opened.Add(stream.Length < PdqSegmentLayout.HeaderBytes ? throw Short(stream) : MappedFile.Map(stream, stream.Length));
                        files.Add(opened[^1]);
                    }
                    else
                    {
                        files.Add(before!.Files[old]);
                    }

                    PdqSegment segment = old < 0 ? PdqSegment.Open(files[^1], 0) : before!.Live[old].Segment;
                    using (files[^1].Enter())
                    {
                        if (segment.Count != entry.Hashes || !Convert.ToHexStringLower(files[^1].Part(0x20, 32)).Equals(entry.Digest, StringComparison.Ordinal))
                        {
                            throw SetFile.Damaged(files[^1].Path, "it is not the segment that the index names");
                        }
                    }

                    live.Add(new LivePdqSegment(segment, ReadWithdrawn(directory, entry)));
                }

                return new Snapshot(manifest, [.. live], [.. files]);
            }
            catch
            {
                foreach (MappedFile file in opened)
                {
                    file.Dispose();
                }

                throw;
            }
        }

        private static KnownSetException Short(FileStream stream)
        {
            stream.Dispose();
            return SetFile.Damaged(stream.Name, "it is cut short");
        }

        private static PdqWithdrawn? ReadWithdrawn(string directory, PdqSegmentEntry entry)
        {
            if (entry.Withdrawn is null)
            {
                return null;
            }

            string path = Path.Combine(directory, entry.Withdrawn);
            byte[] bits = new FileInfo(path).Length == (entry.Hashes + 7) / 8 ? File.ReadAllBytes(path) : [];
            return Convert.ToHexStringLower(SHA256.HashData(bits)) == entry.WithdrawnDigest
                ? new PdqWithdrawn(bits, bits.Sum(b => System.Numerics.BitOperations.PopCount(b)))
                : throw SetFile.Damaged(path, "its checksum does not fit");
        }
    }
}
