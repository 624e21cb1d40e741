using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Core.Pictures;
using Cairn.Known;
using Cairn.Storage;
using Cairn.Storage.Volumes;
using Cairn.Storage.Volumes.Signatures;

namespace Cairn.Fuzz;

/// <summary>Something to give bytes to: reads them as an examination would and returns the shape of what came out.</summary>
internal sealed record Target(string Id, Func<byte[], string, ulong> Run);

/// <summary>One target for each registered format.</summary>
internal static class Targets
{
    private const int MostEntries = 20_000;
    private const int MostStreams = 200;
    private const long MostBytes = 4 << 20;

    public static List<Target> All()
    {
        List<Target> targets = [];
        foreach (IContainerFormat format in StorageCatalogue.Containers)
        {
            targets.Add(new Target(format.Description.Id, (data, file) => Container(format, data, file)));
        }

        foreach (IVolumeSystemFormat format in StorageCatalogue.VolumeSystems)
        {
            targets.Add(new Target(format.Description.Id, (data, _) => Volumes(data)));
        }

        foreach (IFileSystemFormat format in StorageCatalogue.FileSystems)
        {
            targets.Add(new Target(format.Description.Id, (data, _) => FileSystem(format, data)));
        }

        foreach (ILogicalFormat format in StorageCatalogue.Logical)
        {
            if (format.Description.Id != "folder")
            {
                targets.Add(new Target(format.Description.Id, (data, file) => Logical(format, data, file)));
            }
        }

        foreach (IEmbeddedFormat format in StorageCatalogue.Embedded)
        {
            targets.Add(new Target("embedded-" + format.Description.Id, (data, _) => Embedded(format, data)));
        }

        foreach (KnownFormat format in Enum.GetValues<KnownFormat>())
        {
            if (format != KnownFormat.Auto)
            {
                targets.Add(new Target("known-" + format.ToString().ToLowerInvariant(), (data, file) => Import(format, data, file)));
            }
        }

        targets.Add(new Target("known-set", LoadSet));
        return targets;
    }

    /// <summary>Imports a source of a known set; where that goes well, the set has to load and to find what it holds.</summary>
    private static ulong Import(KnownFormat format, byte[] data, string file)
    {
        Shape shape = new();
        string sets = file + ".sets";
        File.WriteAllBytes(file, data);
        try
        {
            KnownLibrary library = KnownLibrary.Open(sets);
            KnownSetInfo info = library.Import(file, new ImportOptions { Name = "fuzz", Version = "1", Format = format, Mapping = CategoryMapping.Parse("*=known") });
            shape.Add($"{info.HasEntries} {Bucket(info.Entries)} {Bucket(info.PdqCount)} {Bucket(info.Md5Count)} {Bucket(info.Sha1Count)} {Bucket(info.Sha256Count)}", 0);
            shape.Add($"{Bucket(info.Notes.Withdrawn)} {Bucket(info.Notes.Duplicates)} {Bucket(info.Notes.Contradictions)} {Bucket(info.Notes.PhotoDnaIgnored)}", 0);
            using KnownSet set = library.Load("fuzz");
            LookUp(set, data, shape);
        }
        catch (KnownSetException error)
        {
            shape.Add(string.Concat(error.Message[(error.Message.IndexOf(file, StringComparison.Ordinal) + 1)..].Where(char.IsAsciiLetter)), 0);
        }
        finally
        {
            Directory.Delete(sets, recursive: true);
        }

        return shape.Value;
    }

    private static ulong LoadSet(byte[] data, string file)
    {
        Shape shape = new();
        string sets = file + ".sets";
        Directory.CreateDirectory(sets);
        File.WriteAllBytes(Path.Combine(sets, "fuzz@1.known"), data);
        try
        {
            KnownLibrary library = KnownLibrary.Open(sets);
            using KnownSet set = library.Load(library.Names[0]);
            LookUp(set, data, shape);
        }
        catch (KnownSetException error)
        {
            shape.Add(string.Concat(error.Message[(error.Message.LastIndexOf(sets, StringComparison.Ordinal) + 1)..].Where(char.IsAsciiLetter)), 0);
        }
        finally
        {
            Directory.Delete(sets, recursive: true);
        }

        return shape.Value;
    }

    private static void LookUp(KnownSet set, byte[] data, Shape shape)
    {
        byte[] some = [.. data.Concat(new byte[64]).Take(64)];
        shape.Add(set.Lookup(some.AsSpan(0, 16), some.AsSpan(16, 20), some.AsSpan(32, 32))?.Method ?? "", 0);
        List<PerceptualHit> hits = [];
        set.PerceptualLookup([PdqHash.FromBytes(some.AsSpan(0, 32)), default], 63, hits);
        shape.Add("near", Bucket(hits.Count));
    }

    private static ulong Embedded(IEmbeddedFormat format, byte[] data)
    {
        Shape shape = new();
        using MemoryByteSource content = new(data);
        shape.Add("probe", (int)format.Probe(content).Confidence);
        Receiver receiver = new(shape);
        format.Expand(content, new EmbeddedLimits(4 * MostBytes, 10_000, MostStreams, ["a wrong one", "correct horse"]), receiver, CancellationToken.None);
        shape.Add("members", Bucket(receiver.Count));
        return shape.Value;
    }

    private static ulong Container(IContainerFormat format, byte[] data, string file)
    {
        File.WriteAllBytes(file, data);
        _ = format.Probe(file, data.AsSpan(0, Math.Min(data.Length, 65_536)));
        Shape shape = new();
        using IEvidenceContainer container = format.Open(file, shape);
        shape.Add("length", Bucket(container.Media.Length));
        Read(container.Media, shape);
        return shape.Value;
    }

    private static ulong Volumes(byte[] data)
    {
        Shape shape = new();
        using MemoryByteSource media = new(data);
        long at = 0;
        foreach (Volume part in VolumeLayout.Read(media, shape))
        {
            if (part.Offset != at || part.Length <= 0)
            {
                throw new InvalidOperationException($"a part begins at {part.Offset} with {part.Length} bytes, the one before ends at {at}");
            }

            at += part.Length;
            shape.Add(part.Kind.ToString(), 1);
        }

        if (at != data.Length)
        {
            throw new InvalidOperationException($"the parts add up to {at} of {data.Length} bytes");
        }

        shape.Add(VolumeSignatures.Identify(media)?.Id ?? "", 0);
        return shape.Value;
    }

    private static ulong FileSystem(IFileSystemFormat format, byte[] data)
    {
        Shape shape = new();
        using MemoryByteSource volume = new(data);
        shape.Add("probe", (int)format.Probe(volume).Confidence);
        using IFileTree tree = format.Open(volume, shape);
        Tree(tree, shape);
        return shape.Value;
    }

    private static ulong Logical(ILogicalFormat format, byte[] data, string file)
    {
        File.WriteAllBytes(file, data);
        Shape shape = new();
        shape.Add("probe", (int)format.Probe(file, data.AsSpan(0, Math.Min(data.Length, 65_536))).Confidence);
        using IFileTree tree = format.Open(file, shape);
        Tree(tree, shape);
        return shape.Value;
    }

    private static void Tree(IFileTree tree, Shape shape)
    {
        List<StreamRef> streams = [];
        int entries = 0;
        using CancellationTokenSource stop = new();
        foreach (FileEntry entry in tree.Walk(shape, stop.Token))
        {
            foreach (Problem problem in entry.Problems ?? [])
            {
                shape.Report(problem);
            }

            foreach (StreamInfo stream in entry.Streams)
            {
                if (streams.Count < MostStreams)
                {
                    streams.Add(stream.Ref);
                }
            }

            if (++entries == MostEntries)
            {
                break;
            }
        }

        shape.Add("entries", Bucket(entries));
        int unallocated = 0;
        foreach (ByteRange range in tree.Allocation?.Unallocated() ?? [])
        {
            if (range.Length <= 0 || ++unallocated == MostEntries)
            {
                break;
            }
        }

        foreach (StreamRef stream in streams)
        {
            try
            {
                int extents = 0;
                foreach (Extent extent in tree.GetExtents(stream))
                {
                    extents += extent.Length > 0 ? 1 : 0;
                }

                using IByteSource source = tree.OpenStream(stream);
                Read(source, shape);
                shape.Add("extents", Bucket(extents));
            }
            catch (MalformedDataException error)
            {
                shape.Add("malformed " + error.Field, 0);
            }
            catch (UnreadableDataException)
            {
                shape.Add("unreadable", 0);
            }
        }
    }

    private static void Read(IByteSource source, Shape shape)
    {
        byte[] buffer = new byte[64 << 10];
        long end = Math.Min(source.Length, MostBytes);
        for (long at = 0; at < end;)
        {
            int got;
            try
            {
                got = source.ReadAt(at, buffer);
            }
            catch (MalformedDataException error)
            {
                shape.Add("malformed " + error.Field, 0);
                return;
            }
            catch (UnreadableDataException)
            {
                shape.Add("unreadable", 0);
                at += buffer.Length;
                continue;
            }

            if (got == 0)
            {
                return;
            }

            at += got;
        }
    }

    private static int Bucket(long value) => value <= 0 ? 0 : 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)value);
}

/// <summary>Reads every other member to its end and leaves the rest unread, as an examination may.</summary>
internal sealed class Receiver(Shape shape) : IEmbeddedReceiver
{
    private readonly byte[] buffer = new byte[64 << 10];

    public int Count { get; private set; }

    public void Report(Problem problem) => shape.Report(problem);

    public void Take(EmbeddedMember member, Stream? content)
    {
        if (member.Ordinal != Count++)
        {
            throw new InvalidOperationException($"member {Count - 1} has the ordinal {member.Ordinal}");
        }

        shape.Add($"{member.Kind} {member.Type} {content is null} {member.Encrypted}", 0);
        if (content is null || member.Ordinal % 2 == 1)
        {
            return;
        }

        try
        {
            while (content.Read(buffer) > 0)
            {
            }
        }
        catch (MalformedDataException error)
        {
            shape.Add("malformed " + error.Field, 0);
        }
        catch (UnreadableDataException error)
        {
            shape.Add("unreadable " + error.Kind, 0);
        }
    }
}

/// <summary>
/// What an input made happen, without numbers: kinds and places of problems, buckets of counts. An input with a shape not seen before
/// reached code that others did not, as far as can be told from outside.
/// </summary>
internal sealed class Shape : IProblemSink
{
    private readonly HashSet<ulong> features = [];

    public ulong Value
    {
        get
        {
            ulong sum = 0;
            foreach (ulong feature in features)
            {
                sum += feature;
            }

            return sum;
        }
    }

    public void Report(Problem problem)
    {
        StringBuilder place = new();
        foreach (char c in problem.Kind + problem.Place + problem.Reason)
        {
            if (!char.IsDigit(c))
            {
                place.Append(c);
            }
        }

        string text = place.ToString();
        Add(text.Length > 120 ? text[..120] : text, 0);
    }

    public void Add(string what, int bucket)
    {
        ulong hash = 14_695_981_039_346_656_037 + (ulong)bucket;
        foreach (char c in what)
        {
            hash = (hash ^ c) * 1_099_511_628_211;
        }

        lock (features)
        {
            if (features.Count < 4_096)
            {
                features.Add(hash ^ (hash >> 29));
            }
        }
    }
}
