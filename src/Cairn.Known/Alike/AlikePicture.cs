using Cairn.Core.Pictures;

namespace Cairn.Known.Alike;

/// <summary>A picture to be grouped.</summary>
/// <param name="EntryId">Id of its stream in the case.</param>
/// <param name="Content">SHA-256 of its bytes, or null where they are not all known.</param>
/// <param name="Quality">PDQ quality, 0 to 100.</param>
/// <param name="Orientations">
/// Its PDQ hashes, indexed by <see cref="PdqOrientation"/>: all eight, or the first alone where the picture is not to be turned; empty where it has none.
/// </param>
public sealed record AlikePicture(long EntryId, ContentKey? Content, int Quality, PdqHash[] Orientations);
