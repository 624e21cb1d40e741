namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// A list of values that is used again for each record. The framework's own list of a type of this project is compiled when it first
/// runs, slowly and without inlining, and an inventory is over before that gets better; this one is compiled with the project.
/// </summary>
internal sealed class Rows<T>
{
    private T[] items = new T[16];

    public int Count { get; private set; }

    public Span<T> All => items.AsSpan(0, Count);

    public ref T this[int index] => ref All[index];

    public void Add(in T item)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, Count * 2);
        }

        items[Count++] = item;
    }

    /// <summary>Empties it; a list that one record made very long does not stay so.</summary>
    public void Clear()
    {
        if (items.Length > 4_096)
        {
            items = new T[16];
        }

        Count = 0;
    }

    /// <summary>Cuts it to the first <paramref name="count"/>.</summary>
    public void Cut(int count) => Count = Math.Min(Count, count);
}
