namespace Cairn.Core;

/// <summary>A source whose format stores a checksum of the content, computed as the content is read from start to end.</summary>
public interface ISelfChecking
{
    /// <summary>
    /// What the checksum says once every byte was read in order: null where it holds, or where the content was not yet read to its end.
    /// The bytes are delivered either way.
    /// </summary>
    Problem? Verdict { get; }
}
