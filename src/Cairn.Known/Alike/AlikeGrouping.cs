using Cairn.Core.Pictures;

namespace Cairn.Known.Alike;

/// <summary>
/// Groups of alike pictures. Pictures come in ascending order of their ids; each joins the group of the same bytes, else the nearest leader
/// within the distance (of equally near ones the first), else leads a group of its own. So the groups depend on the pictures and the settings
/// alone, what comes later changes nothing that was said before, and no group grows along a chain: every member is near its leader.
/// Not for use by several threads at once.
/// </summary>
public sealed class AlikeGrouping
{
    private const int Block = 1_024;

    private readonly LeaderIndex leaders = new();
    private readonly List<long> leaderIds = [];
    private readonly Dictionary<ContentKey, First> firsts = [];
    private long last = long.MinValue;

    /// <summary>Nothing is grouped yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A distance below 0 or past <see cref="AlikeSettings.MaxDistance"/>.</exception>
    public AlikeGrouping(AlikeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegative(settings.Distance, nameof(settings));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.Distance, AlikeSettings.MaxDistance, nameof(settings));
        Settings = settings;
    }

    /// <summary>What was asked for.</summary>
    public AlikeSettings Settings { get; }

    /// <summary>Pictures added and restored.</summary>
    public long Count { get; private set; }

    /// <summary>Groups, those of one picture included.</summary>
    public long Groups { get; private set; }

    /// <summary>Adds pictures and says where each belongs, in their order, as they are asked for.</summary>
    /// <param name="pictures">In ascending order of their ids, all above what was added before; read a thousand at a time.</param>
    /// <exception cref="ArgumentException">An id that is not above the last.</exception>
    public IEnumerable<AlikeMember> Add(IEnumerable<AlikePicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        foreach (AlikePicture[] block in pictures.Chunk(Block))
        {
            foreach (AlikeMember member in AddBlock(block))
            {
                yield return member;
            }
        }
    }

    /// <summary>Puts back what <see cref="Add"/> said under the same settings, so that later pictures can be added without the work of the earlier ones.</summary>
    /// <param name="member">As it was said; ids ascend here too.</param>
    /// <param name="content">As it was given.</param>
    /// <param name="quality">As it was given.</param>
    /// <param name="hash">Its hash in <see cref="PdqOrientation.Original"/>, or null where it has none; of a leader alone it matters.</param>
    /// <exception cref="ArgumentException">An id that is not above the last, or a leader with a group other than its own.</exception>
    public void Restore(in AlikeMember member, ContentKey? content, int quality, PdqHash? hash)
    {
        if (member.GroupId > member.EntryId || member.Leads != (member.GroupId == member.EntryId))
        {
            throw new ArgumentException($"entry {member.EntryId} cannot be {member.Kind} of group {member.GroupId}", nameof(member));
        }

        Advance(member.EntryId);
        Keep(member, member.CopyOf is null ? content : null, quality >= Settings.MinimumQuality ? hash : null);
    }

    private AlikeMember[] AddBlock(AlikePicture[] block)
    {
        List<LeaderQuery> queries = [];
        HashSet<ContentKey> inBlock = [];
        for (int i = 0; i < block.Length; i++)
        {
            AlikePicture picture = block[i];
            bool copy = picture.Content is ContentKey bytes && (firsts.ContainsKey(bytes) || !inBlock.Add(bytes));
            for (int orientation = 0; orientation < picture.Orientations.Length && !copy && IsCompared(picture); orientation++)
            {
                queries.Add(new LeaderQuery(picture.Orientations[orientation], i, orientation));
            }
        }

        // First the leaders before this block; those in it are few and are held against each picture in turn.
        NearestLeader[] nearest = new NearestLeader[block.Length];
        Array.Fill(nearest, NearestLeader.None);
        leaders.Nearest(queries, Settings.Distance, nearest);
        int before = leaders.Count, next = 0;
        AlikeMember[] members = new AlikeMember[block.Length];
        for (int i = 0; i < block.Length; i++)
        {
            for (; next < queries.Count && queries[next].Picture == i; next++)
            {
                leaders.Scan(queries[next], before, Settings.Distance, ref nearest[i]);
            }

            members[i] = Decide(block[i], nearest[i]);
        }

        return members;
    }

    private AlikeMember Decide(AlikePicture picture, in NearestLeader nearest)
    {
        long id = picture.EntryId;
        Advance(id);
        if (picture.Content is ContentKey bytes && firsts.TryGetValue(bytes, out First first))
        {
            return new AlikeMember(id, first.GroupId, AlikeKind.SameBytes, first.Distance, (PdqOrientation)first.Orientation, first.EntryId);
        }

        AlikeMember member = nearest.Distance >= 0
            ? new AlikeMember(id, leaderIds[nearest.Leader], nearest.Distance == 0 ? AlikeKind.SameHash : AlikeKind.Near, nearest.Distance, (PdqOrientation)nearest.Orientation, null)
            : new AlikeMember(id, id, AlikeKind.Leader, 0, PdqOrientation.Original, null);
        Keep(member, picture.Content, IsCompared(picture) ? picture.Orientations[0] : null);
        return member;
    }

    private bool IsCompared(AlikePicture picture) => picture.Quality >= Settings.MinimumQuality && picture.Orientations.Length > 0;

    private void Advance(long entryId)
    {
        if (entryId <= last)
        {
            throw new ArgumentException($"entry {entryId} comes after entry {last}: pictures are grouped in ascending order", nameof(entryId));
        }

        last = entryId;
        Count++;
    }

    private void Keep(in AlikeMember member, ContentKey? content, PdqHash? hash)
    {
        if (content is ContentKey bytes)
        {
            firsts[bytes] = new First(member.EntryId, member.GroupId, (byte)member.Distance, (byte)member.Orientation);
        }

        if (!member.Leads)
        {
            return;
        }

        Groups++;
        if (hash is PdqHash own)
        {
            leaderIds.Add(member.EntryId);
            leaders.Add(own);
        }
    }

    private readonly record struct First(long EntryId, long GroupId, byte Distance, byte Orientation);
}
