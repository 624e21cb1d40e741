using Cairn.Core.Pictures;

namespace Cairn.Known.Alike;

/// <summary>Why a picture is in its group.</summary>
public enum AlikeKind
{
    /// <summary>It leads the group: nothing before it is alike.</summary>
    Leader = 0,

    /// <summary>An earlier picture has the same bytes.</summary>
    SameBytes = 1,

    /// <summary>Other bytes, the leader's PDQ hash in every bit: the same picture for the eye, as a rule. Pixels are not compared.</summary>
    SameHash = 2,

    /// <summary>A PDQ hash within the distance of the leader's.</summary>
    Near = 3,
}

/// <summary>Where a picture belongs.</summary>
/// <param name="EntryId">The picture.</param>
/// <param name="GroupId">Entry id of the group's leader, the lowest id in the group; a leader's own id.</param>
/// <param name="Kind">Why.</param>
/// <param name="Distance">Bits between the picture's PDQ hash and the leader's; of a copy those of the picture that it is a copy of.</param>
/// <param name="Orientation">How the picture is to be turned to be alike its leader.</param>
/// <param name="CopyOf">The first picture with the same bytes; null where this is the first, or its bytes are not known.</param>
public readonly record struct AlikeMember(long EntryId, long GroupId, AlikeKind Kind, int Distance, PdqOrientation Orientation, long? CopyOf)
{
    /// <summary>True where the picture leads its group.</summary>
    public bool Leads => Kind == AlikeKind.Leader;
}
