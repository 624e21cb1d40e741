using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Storage.Embedded;

namespace Cairn.Engine;

/// <summary>The bytes of one entry of a case, with the evidence open behind them.</summary>
public sealed class OpenedEntry : IDisposable
{
    private readonly IDisposable[] owned;

    internal OpenedEntry(IByteSource bytes, params IDisposable[] owned) => (Bytes, this.owned) = (bytes, owned);

    /// <summary>The content, or the slack.</summary>
    public IByteSource Bytes { get; }

    /// <summary>Where the content lies on its volume; empty where it lies on none by itself (a file within a file, logical evidence) or is kept with the metadata.</summary>
    public IReadOnlyList<Extent> Extents { get; internal init; } = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        Bytes.Dispose();
        foreach (IDisposable item in owned)
        {
            item.Dispose();
        }
    }
}

/// <summary>Opens an entry of a case again, from the evidence where it lies.</summary>
public static class EntryReader
{
    /// <summary>
    /// The content of row <paramref name="entryId"/>; with <paramref name="slack"/> the bytes between the end of the content and the end
    /// of its last cluster.
    /// </summary>
    /// <exception cref="EvidenceException">No such entry, or the evidence is not where it was.</exception>
    /// <exception cref="MalformedDataException">The entry's metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The entry's metadata cannot be read.</exception>
    public static OpenedEntry Open(CaseReader reader, long entryId, bool slack) => Open(reader, entryId, slack, []);

    /// <summary>The same, with passwords to try on encrypted archives and documents that it lies in.</summary>
    public static OpenedEntry Open(CaseReader reader, long entryId, bool slack, IReadOnlyList<string> passwords)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ExportRow row = reader.Entry(entryId) ?? throw new EvidenceException($"the case has no entry {entryId}; list them with 'cairn export jsonl'");
        if (row.Flags.HasFlag(StreamFlags.Embedded))
        {
            return slack ? throw new EvidenceException("a file within a file has no slack") : OpenMember(reader, row, passwords);
        }

        EvidenceRow evidenceRow = reader.Evidence().First(e => e.Id == row.EvidenceId).Row;
        ProblemList problems = new();
        OpenEvidence evidence = EvidenceOpener.Open(evidenceRow.Path, problems);
        if (evidence.Container is not IEvidenceContainer container)
        {
            if (slack)
            {
                evidence.Dispose();
                throw new EvidenceException("an entry of logical evidence has no slack");
            }

            return new OpenedEntry(evidence.Logical!.OpenStream(row.Ref), evidence);
        }

        if (container.Media.Length != evidenceRow.Size)
        {
            evidence.Dispose();
            throw new EvidenceException($"{evidenceRow.Path} holds {container.Media.Length:N0} bytes, the case was made from {evidenceRow.Size:N0}; it is not the same evidence");
        }

        VolumeRow stored = reader.Volumes(row.EvidenceId).First(v => v.Index == row.VolumeIndex);
        ExaminedVolume volume = VolumeDiscovery.Open(container.Media, stored.Volume, stored.Index, problems);
        try
        {
            IFileTree tree = volume.Tree ?? throw new EvidenceException($"volume {stored.Index} of {evidenceRow.Path} no longer opens");
            IReadOnlyList<Extent>? space = SpaceEntries.Extents(row.Ref, tree, volume.Bytes!);
            IByteSource bytes =
                space is not null ? new ExtentSource(volume.Bytes!, space, row.Size, row.Size)
                : slack ? Slack(tree, volume.Bytes!, row)
                : tree.OpenStream(row.Ref);
            return new OpenedEntry(bytes, volume, evidence) { Extents = space ?? (slack ? [] : tree.GetExtents(row.Ref)) };
        }
        catch
        {
            volume.Dispose();
            evidence.Dispose();
            throw;
        }
    }

    /// <summary>A file within a file is unfolded again from the file that it lies in, down from the stream of the file system.</summary>
    private static OpenedEntry OpenMember(CaseReader reader, ExportRow row, IReadOnlyList<string> passwords)
    {
        StoredMember member = row.Member ?? throw new EvidenceException($"the case does not say where entry {row.Id} lies");
        string mime = reader.Entry(member.ParentId)?.Mime ?? throw new EvidenceException($"the case does not say what entry {member.ParentId} is");
        OpenedEntry parent = Open(reader, member.ParentId, slack: false, passwords);
        if (row.Size > EmbeddedOpener.MostHeld)
        {
            return new OpenedEntry(new EmbeddedSource(parent.Bytes, mime, member.Ordinal, row.Size, () => EmbeddedStage.LimitsOf(passwords)), parent);
        }

        using (parent)
        {
            return new OpenedEntry(EmbeddedOpener.Open(parent.Bytes, mime, member.Ordinal, EmbeddedStage.LimitsOf(passwords)));
        }
    }

    /// <summary>All of a part of the media, for space that no file system claims.</summary>
    /// <exception cref="EvidenceException">No such part, or the evidence is not where it was.</exception>
    public static OpenedEntry OpenVolume(CaseReader reader, long evidenceId, int volumeIndex)
    {
        ArgumentNullException.ThrowIfNull(reader);
        StoredEvidence stored = reader.Evidence().FirstOrDefault(e => e.Id == evidenceId) ?? throw new EvidenceException($"the case has no evidence {evidenceId}");
        VolumeRow volume = reader.Volumes(evidenceId).FirstOrDefault(v => v.Index == volumeIndex) ?? throw new EvidenceException($"evidence {evidenceId} has no volume {volumeIndex}");
        OpenEvidence evidence = EvidenceOpener.Open(stored.Row.Path, new ProblemList());
        if (evidence.Container is null)
        {
            evidence.Dispose();
            throw new EvidenceException("logical evidence has no volumes");
        }

        return new OpenedEntry(new SubSource(evidence.Container.Media, volume.Volume.Offset, volume.Volume.Length), evidence);
    }

    private static ExtentSource Slack(IFileTree tree, IByteSource volume, ExportRow row)
    {
        List<Extent> tail = [];
        long at = 0;
        foreach (Extent extent in tree.GetExtents(row.Ref))
        {
            long end = extent.FileOffset + extent.Length;
            if (end <= row.Size || extent.IsSparse)
            {
                continue;
            }

            long skip = Math.Max(0, row.Size - extent.FileOffset);
            tail.Add(new Extent(at, extent.VolumeOffset + skip, extent.Length - skip));
            at += extent.Length - skip;
        }

        return new ExtentSource(volume, tail, at, at);
    }
}
