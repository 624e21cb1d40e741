using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.CaseStore;

/// <summary>A file found within another, with what reading it gave.</summary>
public sealed record MemberRow
{
    /// <summary>Its row id; the next free one of the case and so on in sequence.</summary>
    public required long Id { get; init; }

    /// <summary>Row id of the stream it lies in.</summary>
    public required long ParentId { get; init; }

    /// <summary>Row id of the stream of the file system that the unfolding began with.</summary>
    public required long RootId { get; init; }

    /// <summary>Part of the media, that of the root.</summary>
    public required int? VolumeIndex { get; init; }

    /// <summary>Levels below the root, from 1.</summary>
    public required int Depth { get; init; }

    /// <summary>Place in the parent, times, name.</summary>
    public required EmbeddedMember Member { get; init; }

    /// <summary>Path from the root of the tree: the parent's path, "/", the path in the parent.</summary>
    public required string Path { get; init; }

    /// <summary>The parent's address, "/", the ordinal.</summary>
    public required string Address { get; init; }

    /// <summary>State of the root: what lies in a deleted file is deleted.</summary>
    public required EntryState State { get; init; }

    /// <summary>Bytes that were unfolded, or what the parent states where none were.</summary>
    public required long Size { get; init; }

    /// <summary>What reading it gave; its problems too.</summary>
    public required ContentRow Content { get; init; }
}

/// <summary>That a stream of a file system was unfolded to the end.</summary>
/// <param name="RootId">Row id of the stream.</param>
/// <param name="Format">Identity of the format that unfolded it.</param>
/// <param name="Members">Members at all depths.</param>
/// <param name="Bytes">Bytes unfolded.</param>
/// <param name="Problems">Problems of the unfolding that concern no single member.</param>
public sealed record ExpansionRow(long RootId, string Format, long Members, long Bytes, IReadOnlyList<Problem> Problems);

/// <summary>A member that an earlier run stored.</summary>
/// <param name="Id">Its row id.</param>
/// <param name="PathHash">Hash of its path, of this process alone.</param>
/// <param name="WasRead">Some of its content at least was read.</param>
public readonly record struct MemberPlace(long Id, int PathHash, bool WasRead);

/// <summary>A member of a type that is to be read once more.</summary>
/// <param name="Id">Its row id.</param>
/// <param name="Path">From the root of the tree.</param>
/// <param name="Mime">Type from the content.</param>
/// <param name="Size">Bytes that were read of it.</param>
/// <param name="ParentId">Row id of the stream it lies in.</param>
/// <param name="RootId">Row id of the stream of the file system.</param>
/// <param name="Ordinal">Place in the parent.</param>
public readonly record struct TypedMember(long Id, string Path, string Mime, long Size, long ParentId, long RootId, int Ordinal);

/// <summary>Where a member lies, as stored.</summary>
/// <param name="ParentId">Row id of the stream it lies in.</param>
/// <param name="RootId">Row id of the stream of the file system.</param>
/// <param name="Ordinal">Place in the parent.</param>
/// <param name="Kind">How it lies there.</param>
/// <param name="Depth">Levels below the root, from 1.</param>
/// <param name="Encrypted">Stored encrypted.</param>
public sealed record StoredMember(long ParentId, long RootId, int Ordinal, EmbeddedKind Kind, int Depth, bool Encrypted);

/// <summary>A stream with the type of its content.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="VolumeIndex">Part of the media.</param>
/// <param name="Address">Its address.</param>
/// <param name="Mime">Type from the content.</param>
public readonly record struct TypedStream(StreamRow Stream, int? VolumeIndex, string Address, string Mime);
