namespace Cairn.Storage.Containers.Ewf;

/// <summary>
/// Decoded chunks, bounded in memory. The chunks are spread over shards, each with its lock; a chunk is decoded under the lock of its
/// shard, so that two readers of one chunk cost one decoding.
/// </summary>
internal sealed class ChunkCache
{
    // Bounds the bookkeeping where chunks are tiny.
    private const int MostChunks = 16_384;

    private readonly Shard[] shards;

    /// <summary>Keeps up to <paramref name="budget"/> bytes, at least two chunks.</summary>
    public ChunkCache(int chunkSize, long budget)
    {
        long slots = Math.Clamp(budget / chunkSize, 2, MostChunks);
        int count = (int)Math.Min(64, slots / 2);
        shards = new Shard[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count + 1) / 2];
        for (int i = 0; i < shards.Length; i++)
        {
            shards[i] = new Shard((int)(slots / shards.Length));
        }
    }

    /// <summary>The shard of a chunk; hold its lock while using it.</summary>
    public Shard ShardOf(long chunk)
    {
        // Spread by a hash: readers that go side by side at a fixed distance must not meet in one shard again and again.
        ulong hash = (ulong)chunk * 0x9E37_79B9_7F4A_7C15;
        return shards[(int)((hash >> 32) & (uint)(shards.Length - 1))];
    }

    /// <summary>A part of the cache.</summary>
    internal sealed class Shard(int capacity)
    {
        private readonly Dictionary<long, int> places = new(capacity);
        private readonly List<byte[]> data = new(capacity);
        private readonly List<long> chunks = new(capacity);
        private int oldest;

        /// <summary>To be held for every other member.</summary>
        public Lock Gate { get; } = new();

        /// <summary>The decoded chunk, or null.</summary>
        public byte[]? Find(long chunk) => places.TryGetValue(chunk, out int place) ? data[place] : null;

        /// <summary>A buffer of <paramref name="chunkSize"/> to decode into, taken from the chunk that came first where the shard is full.</summary>
        public byte[] Take(int chunkSize, out int place)
        {
            if (data.Count < capacity)
            {
                data.Add(GC.AllocateUninitializedArray<byte>(chunkSize));
                chunks.Add(-1);
                place = data.Count - 1;
            }
            else
            {
                place = oldest;
                oldest = (oldest + 1) % capacity;
                places.Remove(chunks[place]);
                chunks[place] = -1;
            }

            return data[place];
        }

        /// <summary>Says that the buffer at <paramref name="place"/> now holds <paramref name="chunk"/>.</summary>
        public void Keep(int place, long chunk)
        {
            chunks[place] = chunk;
            places[chunk] = place;
        }
    }
}
