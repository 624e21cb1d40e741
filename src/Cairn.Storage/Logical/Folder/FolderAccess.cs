using Cairn.Core;

namespace Cairn.Storage.Logical.Folder;

/// <summary>What the operating system says about one name.</summary>
internal sealed record Found
{
    public required EntryType Type { get; init; }

    public long Size { get; init; }

    public EntryTimes Times { get; init; }

    public int? Mode { get; init; }

    public long? Uid { get; init; }

    public long? Gid { get; init; }

    public int? LinkCount { get; init; }

    public int? DosAttributes { get; init; }

    public long Inode { get; init; }

    public long Device { get; init; }

    public long AllocatedSize { get; init; }

    public string? LinkTarget { get; init; }

    /// <summary>What tells one state of a file from another.</summary>
    public int Fingerprint => HashCode.Combine(Size, Times.Modified.Raw, Times.Changed.Raw, Inode, Device, (int)Type);
}

/// <summary>
/// How names and files of a folder are reached. Names are bytes: as the kernel gives them on Linux, UTF-16 elsewhere. Everything is opened
/// for reading only and no link is followed.
/// </summary>
internal interface IFolderAccess
{
    /// <summary>Names in a directory in no order, "." and ".." left out.</summary>
    /// <exception cref="UnreadableDataException">It cannot be listed, or not to its end.</exception>
    void List(byte[] directory, List<byte[]> names);

    /// <exception cref="UnreadableDataException">The name is gone or may not be looked at.</exception>
    Found Look(byte[] path);

    /// <summary>An ordinary file's content.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="fingerprint">Of the file when it was listed, null where it was not.</param>
    /// <exception cref="UnreadableDataException">It cannot be opened, or is no ordinary file any more.</exception>
    IByteSource Open(byte[] path, int? fingerprint);

    byte[] Join(byte[] directory, ReadOnlySpan<byte> name);

    byte[] FromText(string path);

    /// <summary>The name as text, and true where the text does not give the bytes back.</summary>
    (string Text, bool Lossy) ToText(ReadOnlySpan<byte> name);
}
