using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Engine.Pictures;
using Cairn.Storage.Embedded;

namespace Cairn.Engine;

/// <summary>
/// Pictures and videos within other files that are read once more: those of archives that were unfolded by a run that did not come to decode them, and
/// those too large to be held while it was. Every root is gone through once, however many of its members are read, and nothing is written anywhere.
/// </summary>
internal sealed class LeftMembers
{
    private readonly IReadOnlyList<ExaminedVolume> volumes;
    private readonly IReadOnlyList<string> passwords;
    private readonly Dictionary<long, TypedStream> roots;
    private readonly IReadOnlyDictionary<long, TypedMember> holders;
    private readonly Action<PictureJob> take;
    private readonly Action<TypedMember, Exception> failed;

    /// <param name="reader">The case.</param>
    /// <param name="evidenceId">The evidence.</param>
    /// <param name="volumes">Its volumes.</param>
    /// <param name="passwords">To open what is encrypted.</param>
    /// <param name="take">Takes each member with its bytes.</param>
    /// <param name="failed">Told of each that cannot be had.</param>
    public LeftMembers(CaseReader reader, long evidenceId, IReadOnlyList<ExaminedVolume> volumes, IReadOnlyList<string> passwords, Action<PictureJob> take,
        Action<TypedMember, Exception> failed)
    {
        (this.volumes, this.passwords, this.take, this.failed) = (volumes, passwords, take, failed);
        roots = reader.OfType(evidenceId, [.. EmbeddedStage.Types]).ToDictionary(root => root.Stream.Id);
        holders = reader.MembersWithMembers(evidenceId);
    }

    /// <summary>Reads <paramref name="members"/>, root by root in the order of their rows.</summary>
    public void Read(IEnumerable<TypedMember> members, CancellationToken cancel)
    {
        foreach (IGrouping<long, TypedMember> of in members.GroupBy(member => member.RootId))
        {
            cancel.ThrowIfCancellationRequested();
            Branches wanted = new(of.Key, of, holders);
            try
            {
                TypedStream root = roots[of.Key];
                using IByteSource source = Open(root);
                Walk(wanted, root.Stream.Id, root.Mime, source, () => Open(root), EmbeddedStage.LimitsOf(passwords), cancel);
            }
            catch (Exception error) when (error is MalformedDataException or UnreadableDataException)
            {
                Fail(wanted, of.Key, error);
            }
        }
    }

    /// <summary>Whether a member is read through its archive as it is decoded: a video is read from front to back, a picture that is too large not at all.</summary>
    private static bool IsApart(TypedMember member) => member.Size > (PictureAnalysis.IsPicture(member.Mime) ? PictureAnalysis.MostPictureBytes : EmbeddedStage.MostHeld);

    private IByteSource Open(TypedStream root) => volumes.First(v => v.Row.Index == (root.VolumeIndex ?? 0)).Tree!.OpenStream(root.Stream.Ref);

    private void Walk(Branches wanted, long parentId, string mime, IByteSource source, Func<IByteSource> again, EmbeddedLimits limits, CancellationToken cancel)
    {
        Dictionary<int, TypedMember> here = wanted.Of(parentId);
        EmbeddedOpener.ReadEach(source, mime, here.Where(m => !IsApart(m.Value)).Select(m => m.Key).ToHashSet(), limits, Take, (ordinal, error) => Fail(wanted, here[ordinal], error), null, cancel);
        foreach (TypedMember member in here.Values.Where(IsApart).OrderBy(member => member.Ordinal))
        {
            // A source of its own: the video is decoded while this goes on to the next root.
            IByteSource parent = again();
            take(new PictureJob([member.Id], member.Path, member.Mime, new EmbeddedSource(parent, mime, member.Ordinal, member.Size, () => EmbeddedStage.LimitsOf(passwords), owned: true),
                parent is MemoryByteSource ? parent.Length : 0));
        }

        void Take(EmbeddedMember at, Stream content)
        {
            TypedMember member = here[at.Ordinal];
            byte[] bytes = Held(content, member.Size);
            if (wanted.IsWanted(member.Id))
            {
                take(new PictureJob([member.Id], member.Path, member.Mime, new MemoryByteSource(bytes)));
            }

            if (wanted.Of(member.Id).Count > 0)
            {
                Walk(wanted, member.Id, member.Mime, new MemoryByteSource(bytes), () => new MemoryByteSource(bytes), limits, cancel);
            }
        }
    }

    /// <summary>As many bytes as were read when the member was stored, or those before the damage.</summary>
    private static byte[] Held(Stream content, long size)
    {
        byte[] bytes = new byte[size];
        int count = 0;
        try
        {
            int got;
            while (count < bytes.Length && (got = content.Read(bytes, count, bytes.Length - count)) > 0)
            {
                count += got;
            }
        }
        catch (Exception error) when (count > 0 && error is (MalformedDataException or UnreadableDataException))
        {
            // The member's own row says so.
        }

        return count == bytes.Length ? bytes : bytes[..count];
    }

    private void Fail(Branches wanted, TypedMember member, Exception error)
    {
        if (wanted.IsWanted(member.Id))
        {
            failed(member, error);
        }

        Fail(wanted, member.Id, error);
    }

    private void Fail(Branches wanted, long parentId, Exception error)
    {
        foreach (TypedMember member in wanted.Of(parentId).Values.OrderBy(member => member.Ordinal))
        {
            Fail(wanted, member, error);
        }
    }

    /// <summary>The members of one root that are wanted, and those on the way to them.</summary>
    private sealed class Branches
    {
        private static readonly Dictionary<int, TypedMember> None = [];

        private readonly Dictionary<long, Dictionary<int, TypedMember>> members = [];
        private readonly HashSet<long> wanted = [];

        public Branches(long rootId, IEnumerable<TypedMember> ends, IReadOnlyDictionary<long, TypedMember> holders)
        {
            foreach (TypedMember end in ends)
            {
                wanted.Add(end.Id);
                TypedMember member = end;
                while (Add(member) && member.ParentId != rootId)
                {
                    member = holders[member.ParentId];
                }
            }
        }

        public bool IsWanted(long id) => wanted.Contains(id);

        public Dictionary<int, TypedMember> Of(long parentId) => members.GetValueOrDefault(parentId, None);

        /// <summary>False where it is there, and with it all that it lies in.</summary>
        private bool Add(TypedMember member)
        {
            if (!members.TryGetValue(member.ParentId, out Dictionary<int, TypedMember>? of))
            {
                members.Add(member.ParentId, of = []);
            }

            // Wanted and on the way to others: with its path.
            if (of.TryGetValue(member.Ordinal, out TypedMember known))
            {
                of[member.Ordinal] = known.Path.Length > 0 ? known : member;
                return false;
            }

            of.Add(member.Ordinal, member);
            return true;
        }
    }
}
