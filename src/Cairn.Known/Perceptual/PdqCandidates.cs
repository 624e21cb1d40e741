using System.Runtime.CompilerServices;

namespace Cairn.Known.Perceptual;

/// <summary>
/// Positions of a list that agree with a query in one slot: 32 bits the number of the query, 8 bits the distance so far, 24 bits the position.
/// Takes as many as it has room for and says when there were more.
/// </summary>
internal ref struct PdqCandidates(Span<ulong> room)
{
    private readonly Span<ulong> room = room;
    private ulong query;

    public int Count { get; private set; }

    public bool Overflowed { get; private set; }

    /// <summary>Of which query the next ones are.</summary>
    public int CurrentQuery
    {
        readonly get => Query(query);
        set => query = (ulong)(uint)value << 32;
    }

    public readonly int Room => room.Length - Count;

    public readonly Span<ulong> Items => room[..Count];

    public static int Query(ulong item) => (int)(item >> 32);

    public static int Distance(ulong item) => (int)((uint)item >> 24);

    public static int Position(ulong item) => (int)((uint)item & 0xFFFFFF);

    public static ulong Item(int query, int position, int distance) => ((ulong)(uint)query << 32) | ((uint)distance << 24) | (uint)position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int position, int distance)
    {
        if (Count < room.Length)
        {
            room[Count++] = query | ((uint)distance << 24) | (uint)position;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Clear() => Count = 0;
}
