using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Embedded;

namespace Cairn.Engine;

/// <summary>
/// The evidence of a case held open, for many of its entries one after the other: each evidence is opened once and each volume's file system once.
/// Not safe from many threads.
/// </summary>
public sealed class EvidenceSession : IDisposable
{
    private readonly CaseReader reader;
    private readonly IReadOnlyList<string> passwords;
    private readonly Dictionary<long, OpenEvidence> opened = [];
    private readonly Dictionary<long, string> failed = [];
    private readonly Dictionary<(long Evidence, int Volume), ExaminedVolume> volumes = [];
    private (long Id, IByteSource Bytes)? unfolded;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="reader">The case; the caller disposes it afterwards.</param>
    /// <param name="passwords">What to try on encrypted archives and documents.</param>
    public EvidenceSession(CaseReader reader, IReadOnlyList<string> passwords) => (this.reader, this.passwords) = (reader, passwords);

    /// <summary>The runs of a stream on its volume in file order; empty where it has none (resident, logical, within another file).</summary>
    /// <exception cref="EvidenceException">The evidence is not where it was, or no longer opens as it did.</exception>
    /// <exception cref="MalformedDataException">The entry's metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The entry's metadata cannot be read.</exception>
    public IReadOnlyList<Extent> Runs(ExportRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        OpenEvidence evidence = Evidence(row.EvidenceId);
        if (row.Flags.HasFlag(StreamFlags.Embedded) || evidence.Container is not IEvidenceContainer container)
        {
            return [];
        }

        ExaminedVolume volume = Volume(row, container);
        return SpaceEntries.Extents(row.Ref, volume.Tree!, volume.Bytes!) ?? volume.Tree!.GetExtents(row.Ref);
    }

    /// <summary>The content of a stream; the caller disposes it before the next call.</summary>
    /// <exception cref="EvidenceException">The evidence is not where it was, or no longer opens as it did.</exception>
    /// <exception cref="MalformedDataException">The entry's metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The entry's metadata cannot be read.</exception>
    public IByteSource Open(ExportRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Flags.HasFlag(StreamFlags.Embedded))
        {
            return OpenMember(row);
        }

        OpenEvidence evidence = Evidence(row.EvidenceId);
        if (evidence.Container is not IEvidenceContainer container)
        {
            return evidence.Logical!.OpenStream(row.Ref);
        }

        ExaminedVolume volume = Volume(row, container);
        return SpaceEntries.Extents(row.Ref, volume.Tree!, volume.Bytes!) is IReadOnlyList<Extent> space
            ? new ExtentSource(volume.Bytes!, space, row.Size, row.Size)
            : volume.Tree!.OpenStream(row.Ref);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        unfolded?.Bytes.Dispose();
        foreach (ExaminedVolume volume in volumes.Values)
        {
            volume.Dispose();
        }

        foreach (OpenEvidence evidence in opened.Values)
        {
            evidence.Dispose();
        }
    }

    /// <summary>The file that a member lies in is kept until one of another file is asked for: members come one after the other.</summary>
    private IByteSource OpenMember(ExportRow row)
    {
        (ExportRow parent, int ordinal) = Parent(row);
        if (unfolded is not { } kept || kept.Id != parent.Id)
        {
            unfolded?.Bytes.Dispose();
            unfolded = null;
            unfolded = (parent.Id, OpenApart(parent));
        }

        return Unfold(unfolded.Value.Bytes, parent, ordinal);
    }

    /// <summary>As <see cref="Open"/>, and what is kept stays.</summary>
    private IByteSource OpenApart(ExportRow row)
    {
        if (!row.Flags.HasFlag(StreamFlags.Embedded))
        {
            return Open(row);
        }

        (ExportRow parent, int ordinal) = Parent(row);
        using IByteSource bytes = OpenApart(parent);
        return Unfold(bytes, parent, ordinal);
    }

    private (ExportRow Parent, int Ordinal) Parent(ExportRow row)
    {
        StoredMember member = row.Member ?? throw new EvidenceException($"the case does not say where entry {row.Id} lies");
        return (reader.Entry(member.ParentId) ?? throw new EvidenceException($"the case has no entry {member.ParentId}, in which entry {row.Id} lies"), member.Ordinal);
    }

    private IByteSource Unfold(IByteSource bytes, ExportRow parent, int ordinal)
    {
        string mime = parent.Mime ?? throw new EvidenceException($"the case does not say what entry {parent.Id} is");
        return EmbeddedOpener.Open(bytes, mime, ordinal, new EmbeddedLimits(EmbeddedStage.BytesPerRoot, EmbeddedStage.Ratio, EmbeddedStage.MembersPerRoot, passwords));
    }

    private OpenEvidence Evidence(long id)
    {
        if (opened.TryGetValue(id, out OpenEvidence? evidence))
        {
            return evidence;
        }

        if (failed.TryGetValue(id, out string? why))
        {
            throw new EvidenceException(why);
        }

        EvidenceRow row = reader.Evidence().FirstOrDefault(e => e.Id == id)?.Row ?? throw new EvidenceException($"the case has no evidence {id}");
        try
        {
            evidence = EvidenceOpener.Open(row.Path, new ProblemList());
            if (evidence.Container is IEvidenceContainer container && container.Media.Length != row.Size)
            {
                evidence.Dispose();
                throw new EvidenceException($"{row.Path} holds {container.Media.Length:N0} bytes, the case was made from {row.Size:N0}; it is not the same evidence");
            }
        }
        catch (Exception error) when (error is EvidenceException or MalformedDataException or UnreadableDataException)
        {
            failed.Add(id, error.Message);
            throw error is EvidenceException ? error : new EvidenceException(error.Message);
        }

        opened.Add(id, evidence);
        return evidence;
    }

    private ExaminedVolume Volume(ExportRow row, IEvidenceContainer container)
    {
        int index = row.VolumeIndex ?? throw new EvidenceException($"the case does not say on which volume entry {row.Id} lies");
        if (!volumes.TryGetValue((row.EvidenceId, index), out ExaminedVolume? volume))
        {
            VolumeRow stored = reader.Volumes(row.EvidenceId).FirstOrDefault(v => v.Index == index) ?? throw new EvidenceException($"the case has no volume {index} of evidence {row.EvidenceId}");
            volume = VolumeDiscovery.Open(container.Media, stored.Volume, index, new ProblemList());
            volumes.Add((row.EvidenceId, index), volume);
        }

        return volume.Tree is null ? throw new EvidenceException($"volume {index} of evidence {row.EvidenceId} no longer opens") : volume;
    }
}
