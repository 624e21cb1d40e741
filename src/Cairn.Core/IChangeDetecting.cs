namespace Cairn.Core;

/// <summary>A source over something live, such as a file of a mounted folder, that can tell whether it was changed while it was read.</summary>
public interface IChangeDetecting
{
    /// <summary>
    /// True where size, modification time or change time differ now from what they were when the source was opened. Asked after the last
    /// read; the hashes of a changed file are those of no state it ever had.
    /// </summary>
    bool HasChanged { get; }
}
