namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>What a run list says in all, without its runs.</summary>
internal struct RunSummary
{
    /// <summary>Virtual clusters mapped.</summary>
    public long Clusters;

    /// <summary>Clusters on the volume.</summary>
    public long Allocated;

    /// <summary>The first of them, or -1.</summary>
    public long FirstCluster;

    /// <summary>Why the list ended early, or null.</summary>
    public string? Damage;
}

/// <summary>Decodes run lists: a byte with two lengths, then the run's length and its signed distance from the run before.</summary>
internal ref struct RunList
{
    private readonly ReadOnlySpan<byte> runs;
    private readonly long clusterLimit;
    private int position;
    private long previous;
    private long total;

    public RunList(ReadOnlySpan<byte> runs, int clusterSize)
    {
        this.runs = runs;

        // Offsets in bytes stay below 2^62, so that sums of two of them cannot overflow.
        clusterLimit = (1L << 62) / clusterSize;
        position = 0;
        previous = 0;
        total = 0;
        Damage = null;
        Cluster = -1;
        Count = 0;
    }

    /// <summary>First cluster of the run, -1 for a hole.</summary>
    public long Cluster { get; private set; }

    /// <summary>Clusters of the run.</summary>
    public long Count { get; private set; }

    /// <summary>Why it ended early, or null.</summary>
    public string? Damage { get; private set; }

    public static RunSummary Summarise(in AttributeView attribute, int clusterSize)
    {
        RunSummary summary = new() { FirstCluster = -1 };
        RunList runs = new(attribute.Runs, clusterSize);
        while (runs.MoveNext())
        {
            summary.Clusters += runs.Count;
            if (runs.Cluster >= 0)
            {
                summary.Allocated += runs.Count;
                if (summary.FirstCluster < 0)
                {
                    summary.FirstCluster = runs.Cluster;
                }
            }
        }

        summary.Damage = runs.Damage ?? Short(attribute, summary.Clusters);
        return summary;
    }

    /// <summary>Why a list that mapped <paramref name="clusters"/> clusters is shorter than its header says, or null.</summary>
    public static string? Short(in AttributeView attribute, long clusters)
    {
        long last = attribute.LastVcn, start = attribute.StartVcn;
        if (last < start || start < 0)
        {
            return null;
        }

        return clusters <= last - start ? $"run list maps {clusters} clusters, its header says {last - start + 1}" : null;
    }

    public bool MoveNext()
    {
        if (position >= runs.Length || runs[position] == 0)
        {
            return false;
        }

        int lengthBytes = runs[position] & 15, offsetBytes = runs[position] >> 4;
        if (lengthBytes is 0 or > 8 || offsetBytes > 8)
        {
            return End($"run header 0x{runs[position]:X2}");
        }

        if (position + 1 + lengthBytes + offsetBytes > runs.Length)
        {
            return End("run list is cut");
        }

        long count = Signed(runs.Slice(position + 1, lengthBytes));
        if (count <= 0 || count > clusterLimit || total > clusterLimit - count)
        {
            return End($"run of {count} clusters");
        }

        if (offsetBytes == 0)
        {
            Cluster = -1;
        }
        else
        {
            long distance = Signed(runs.Slice(position + 1 + lengthBytes, offsetBytes));
            if (distance > clusterLimit || distance < -clusterLimit || previous + distance < 0 || previous + distance > clusterLimit)
            {
                return End($"run starts {distance} clusters from cluster {previous}");
            }

            previous += distance;
            Cluster = previous;
        }

        Count = count;
        total += count;
        position += 1 + lengthBytes + offsetBytes;
        return true;
    }

    private bool End(string why)
    {
        Damage = why;
        position = runs.Length;
        return false;
    }

    private static long Signed(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)bytes[i] << (i * 8);
        }

        int unused = 64 - (bytes.Length * 8);
        return (long)(value << unused) >> unused;
    }
}
