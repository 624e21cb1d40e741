using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>The second, third and fourth extended file systems of Linux.</summary>
public sealed class ExtFormat : IFileSystemFormat
{
    /// <inheritdoc/>
    public FormatDescription Description { get; } = new("ext", "ext2/ext3/ext4", "Linux kernel documentation, filesystems/ext4 (data structures and algorithms)");

    /// <inheritdoc/>
    public ProbeResult Probe(IByteSource volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        if (ExtVolume.FindSuperblock(volume, out MalformedDataException? primary) is not (ExtSuperblock super, long offset))
        {
            return ProbeResult.No(primary is null ? "no superblock" : $"no superblock: {primary.Message}");
        }

        return offset == ExtSuperblock.PrimaryOffset
            ? ProbeResult.Yes($"superblock at 1024: {(super.Has(ExtIncompat.JournalDevice) ? "a journal on its own" : super.TypeName)}")
            : ProbeResult.Maybe($"the superblock at 1024 does not hold, a copy at {offset} does");
    }

    /// <inheritdoc/>
    public IFileTree Open(IByteSource volume, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(problems);
        if (ExtVolume.FindSuperblock(volume, out MalformedDataException? primary) is not (ExtSuperblock super, long offset))
        {
            throw primary ?? new MalformedDataException("superblock", ExtSuperblock.PrimaryOffset, "a superblock", "none");
        }

        if (offset != ExtSuperblock.PrimaryOffset)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "superblock", $"it does not hold ({primary?.Message}); the copy at {offset} is used", ExtSuperblock.PrimaryOffset, ExtSuperblock.Size));
        }

        if (!super.ChecksumHolds)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "superblock", "its checksum is wrong; it is used all the same", offset + 0x3FC, 4));
        }

        if (super.UnknownFeatures != 0)
        {
            problems.Report(new Problem(ProblemKind.Unsupported, "superblock", $"incompatible features 0x{super.UnknownFeatures:X} are not known to this version; what they change may be read wrongly", offset + 0x60, 4));
        }

        return super.Has(ExtIncompat.JournalDevice) ? OpenJournal(super, problems) : OpenFiles(volume, super, problems);
    }

    private static ExtFileSystem OpenFiles(IByteSource volume, ExtSuperblock super, IProblemSink problems)
    {
        if (super.Has(ExtIncompat.Recover))
        {
            problems.Report(new Problem(ProblemKind.Notice, "journal", "the file system was not unmounted; its journal holds changes that are not replayed: files are shown as they lie on the volume"));
        }

        if ((super.State & 2) != 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, "superblock", "the file system is marked as having errors (s_state)"));
        }

        if (super.CreatorOs == 1)
        {
            problems.Report(new Problem(ProblemKind.Notice, "superblock", "made by GNU Hurd; translators and author ids are not read"));
        }

        long claimed = super.BlockCount * super.BlockSize;
        if (claimed > volume.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, "volume", $"the file system has {claimed} bytes, the volume {volume.Length}", volume.Length, claimed - volume.Length));
        }

        return new ExtFileSystem(ExtVolume.Open(volume, super, problems), problems);
    }

    private static ExtJournalDevice OpenJournal(ExtSuperblock super, IProblemSink problems)
    {
        problems.Report(new Problem(ProblemKind.Notice, "superblock", "a journal kept apart from its file system: it holds no files of its own"));
        return new ExtJournalDevice(super);
    }
}
