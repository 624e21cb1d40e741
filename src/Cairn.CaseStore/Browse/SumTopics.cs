using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Browse;

/// <summary>What sums are kept of; names are stored.</summary>
internal enum SumTopic
{
    All,
    State,
    Family,
    Size,
    Part,
    Content,
    Mark,
    Set,
    Problem,
    Elsewhere,
}

/// <summary>Keys of sums.</summary>
internal static class SumTopics
{
    /// <summary>Nothing is known.</summary>
    public const int Unknown = 255;

    /// <summary>Bands of sizes: the most bytes of each.</summary>
    public static readonly (long Most, string Label)[] Bands =
    [
        (0, "empty"), (4L << 10, "up to 4 KiB"), (64L << 10, "up to 64 KiB"), (1L << 20, "up to 1 MiB"), (16L << 20, "up to 16 MiB"), (256L << 20, "up to 256 MiB"), (4L << 30, "up to 4 GiB"),
        (long.MaxValue, "over 4 GiB"),
    ];

    public static int Band(long size)
    {
        int band = 0;
        while (size > Bands[band].Most)
        {
            band++;
        }

        return band;
    }
}

/// <summary>Sums rows and bytes and writes them.</summary>
internal sealed class SumWriter(SqliteDatabase target) : IDisposable
{
    private readonly Dictionary<(SumTopic, int), (long Rows, long Bytes)> sums = [];
    private readonly SqliteStatement insert = target.Prepare("INSERT INTO sum(topic, key, rows, bytes) VALUES (?1, ?2, ?3, ?4)");

    public void Add(SumTopic topic, int key, long bytes)
    {
        ref (long Rows, long Bytes) sum = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(sums, (topic, key), out _);
        sum.Rows++;
        bytes = Math.Max(0, bytes);
        sum.Bytes = sum.Bytes > long.MaxValue - bytes ? long.MaxValue : sum.Bytes + bytes;
    }

    /// <summary>Writes all, and how many problems are of no row.</summary>
    public void Write(long elsewhere)
    {
        foreach (((SumTopic topic, int key), (long rows, long bytes)) in sums)
        {
            Write(topic, key, rows, bytes);
        }

        Write(SumTopic.Elsewhere, 0, elsewhere, 0);
    }

    public void Dispose() => insert.Dispose();

    private void Write(SumTopic topic, int key, long rows, long bytes)
    {
        insert.Bind(1, topic.ToString());
        insert.Bind(2, key);
        insert.Bind(3, rows);
        insert.Bind(4, bytes);
        insert.Run();
    }
}
