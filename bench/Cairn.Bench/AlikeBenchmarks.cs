using System.Diagnostics;
using Cairn.Core.Pictures;
using Cairn.Known.Alike;

namespace Cairn.Bench;

/// <summary>
/// alike: groups of COUNT made-up pictures with eight hashes each, one thread: all unlike; as on a device (of ten pictures two copies, two alike
/// in some orientation, six unlike); all the same hash; all near one leader. Then how long it takes to restore the second from its rows.
/// </summary>
internal static class AlikeBenchmarks
{
    private delegate void Picture(int number, Span<PdqHash> hashes, out ContentKey content);

    public static int Run(int count)
    {
        Group("all unlike", count, Unlike);
        AlikeMember[] members = Group("as on a device", count, Device);
        Group("one hash", count, (int number, Span<PdqHash> hashes, out ContentKey content) =>
        {
            Unlike(0, hashes, out _);
            content = new ContentKey((ulong)number, 0, 0, 0);
        });
        Group("all near one leader", count, (int number, Span<PdqHash> hashes, out ContentKey content) =>
        {
            Unlike(0, hashes, out _);
            hashes[0] = DrawnHashes.Flip(hashes[0], (ulong)number, number == 0 ? 0 : 30);
            content = new ContentKey((ulong)number, 0, 0, 0);
        });

        Span<PdqHash> own = new PdqHash[8];
        Stopwatch clock = Stopwatch.StartNew();
        AlikeGrouping restored = new(new AlikeSettings());
        for (int number = 0; number < count; number++)
        {
            Device(number, own, out ContentKey content);
            restored.Restore(members[number], content, 100, own[0]);
        }

        Console.WriteLine($"restored from rows: {clock.Elapsed.TotalSeconds:F1} s, {restored.Groups:N0} groups");
        return 0;
    }

    private static AlikeMember[] Group(string name, int count, Picture make)
    {
        AlikeMember[] members = new AlikeMember[count];
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        Stopwatch clock = Stopwatch.StartNew();
        AlikeGrouping grouping = new(new AlikeSettings());
        int number = 0;
        foreach (AlikeMember member in grouping.Add(Pictures(count, make)))
        {
            members[number++] = member;
            if (number == count / 10)
            {
                Console.WriteLine($"{name}: the first {number:N0} in {clock.Elapsed.TotalSeconds:F2} s");
            }
        }

        double seconds = clock.Elapsed.TotalSeconds;
        double cpu = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
        GC.KeepAlive(grouping);
        Console.WriteLine($"{name}: {count:N0} pictures in {seconds:F1} s ({cpu:F1} s of the processor, {seconds / count * 1e6:F1} us each), {grouping.Groups:N0} groups, {bytes:F0} bytes a picture");
        return members;
    }

    private static IEnumerable<AlikePicture> Pictures(int count, Picture make)
    {
        for (int number = 0; number < count; number++)
        {
            PdqHash[] hashes = new PdqHash[8];
            make(number, hashes, out ContentKey content);
            yield return new AlikePicture(number + 1, content, 100, hashes);
        }
    }

    private static void Unlike(int number, Span<PdqHash> hashes, out ContentKey content)
    {
        ulong state = (ulong)number * 64;
        foreach (ref PdqHash hash in hashes)
        {
            hash = new PdqHash(DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state));
        }

        content = new ContentKey(DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state));
    }

    private static void Device(int number, Span<PdqHash> hashes, out ContentKey content)
    {
        // What is like another is like one of the unlike ones before it.
        int kind = number % 10, model = (int)(number * 0x9E3779B9L % Math.Max(number, 1)) / 10 * 10;
        Unlike(kind is 3 or 6 && number > 10 ? model : number, hashes, out content);
        if (kind is 4 or 8 && number > 10)
        {
            Span<PdqHash> other = stackalloc PdqHash[8];
            Unlike(model, other, out _);
            hashes[number / 10 % 8] = DrawnHashes.Flip(other[0], (ulong)number, number / 80 % 31);
        }
    }
}
