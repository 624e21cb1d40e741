namespace Cairn.Core.Embedded;

/// <summary>How a file lies in another.</summary>
public enum EmbeddedKind
{
    /// <summary>A member of an archive or a part of a document's package.</summary>
    Member = 0,

    /// <summary>A message of a mailbox, or an attachment of a message.</summary>
    Attachment = 1,

    /// <summary>A picture, video or object shown within a document.</summary>
    Object = 2,

    /// <summary>A small version of a picture: EXIF thumbnail, Thumbs.db, thumbcache.</summary>
    Thumbnail = 3,

    /// <summary>A larger version that a camera stores beside its own format.</summary>
    Preview = 4,

    /// <summary>The moving part of a motion photo.</summary>
    MotionVideo = 5,
}

/// <summary>A file found within another: a member of an archive, an attachment, a picture in a picture.</summary>
public sealed record EmbeddedMember
{
    /// <summary>Place in the parent's own order, from 0; the same bytes always give the same order, and the member is opened again by it.</summary>
    public required int Ordinal { get; init; }

    /// <summary>
    /// Path within the parent, "/" between names, none in front; never empty, not always unique. Given names are kept as they are but for
    /// what would lead out of the parent ("/" in front, ".."): the attribute "stored name" then has the whole. Made names are plain ("thumbnail.jpg").
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The name's bytes as stored, where the text does not give them back exactly; else null.</summary>
    public byte[]? NameBytes { get; init; }

    /// <summary>How it lies in the parent.</summary>
    public EmbeddedKind Kind { get; init; }

    /// <summary>File, directory or link.</summary>
    public EntryType Type { get; init; }

    /// <summary>Bytes as the parent states them, null where it does not.</summary>
    public long? StatedSize { get; init; }

    /// <summary>Times that the parent stores.</summary>
    public EntryTimes Times { get; init; }

    /// <summary>Whether the parent stores it encrypted (whether or not a password fitted).</summary>
    public bool Encrypted { get; init; }

    /// <summary>Anything more the parent says: comment, message id, subject, link target; null where nothing.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}

/// <summary>Takes the members of a file one after the other.</summary>
public interface IEmbeddedReceiver : IProblemSink
{
    /// <summary>
    /// Takes one member. <paramref name="content"/> is forward-only, opened at its first read and valid during the call alone; it may be left
    /// unread. Null for a directory, a link, or where the content cannot be had; the reason was reported then. Reading throws what parsers
    /// throw: what came before is good, and <see cref="UnreadableDataException.Kind"/> tells a limit, a missing key and a method that is not
    /// read from damage. Whoever lets it out of here has it reported for the member. What a checksum says is reported after the call.
    /// </summary>
    void Take(EmbeddedMember member, Stream? content);
}

/// <summary>A kind of file that holds other files.</summary>
public interface IEmbeddedFormat
{
    /// <summary>What it is.</summary>
    FormatDescription Description { get; }

    /// <summary>Content types, as <see cref="ContentTypes.ContentType"/> names them, that are worth a <see cref="Probe"/>.</summary>
    IReadOnlyList<string> ContentTypes { get; }

    /// <summary>Never throws, reads little.</summary>
    ProbeResult Probe(IByteSource content);

    /// <summary>
    /// Hands every member to <paramref name="receiver"/> in a fixed order. Damage costs one member where the format allows; what could not
    /// be read is reported. Content streams count what they produce against <paramref name="limits"/>.
    /// </summary>
    /// <exception cref="MalformedDataException">Nothing can be read at all.</exception>
    /// <exception cref="UnreadableDataException">The parent's bytes cannot be read.</exception>
    void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel);
}
