using System.Runtime.ExceptionServices;

namespace Cairn.Core.Hashing;

/// <summary>One content to hash. Its members are called by one thread, in this order: <see cref="Read"/> until it gives 0, then <see cref="Complete"/>; or <see cref="Failed"/> once <see cref="Read"/> has thrown.</summary>
public interface ILaneContent
{
    /// <summary>
    /// Bytes to expect, or -1 where unknown. Only chooses the way: long contents are hashed on their own, the others side by side. What counts
    /// is what <see cref="Read"/> gives.
    /// </summary>
    long Length { get; }

    /// <summary>Puts the next bytes into <paramref name="buffer"/> (never empty) and returns how many; 0 at the end and only there.</summary>
    int Read(Span<byte> buffer);

    /// <summary>All of it was read; these are its hashes. The content is let go afterwards.</summary>
    void Complete(ContentHashes hashes);

    /// <summary>
    /// <see cref="Read"/> threw <paramref name="error"/>: there are no hashes. The content is let go afterwards. A content that does not say
    /// otherwise ends the run with it.
    /// </summary>
    void Failed(Exception error) => ExceptionDispatchInfo.Throw(error);
}
