using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Storage;
using Cairn.Storage.Volumes;
using Cairn.Storage.Volumes.Signatures;

namespace Cairn.Engine;

/// <summary>A part of the media with the file system that was opened on it.</summary>
internal sealed class ExaminedVolume : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private Task? preparing;

    public required VolumeRow Row { get; init; }

    /// <summary>The bytes of the part; null for logical evidence.</summary>
    public IByteSource? Bytes { get; init; }

    public IFileTree? Tree { get; init; }

    /// <summary>False where the tree belongs to the evidence that was opened.</summary>
    public bool OwnsTree { get; init; } = true;

    /// <summary>Index as stored; logical evidence is volume 0.</summary>
    public int Index => Row.Index;

    /// <summary>Begins what a walk begins with, on another thread, until <see cref="EndPreparing"/>.</summary>
    public void BeginPreparing()
    {
        if (Tree is IFileTree tree)
        {
            preparing = Task.Run(() => tree.Prepare(stop.Token));
        }
    }

    /// <summary>Waits until the preparation is done, or breaks it off. What went wrong with it goes wrong again, and is told, in the walk.</summary>
    public void EndPreparing(bool breakOff)
    {
        if (breakOff)
        {
            stop.Cancel();
        }

        if (preparing is not null)
        {
            Blocking.Wait(preparing);
            preparing = null;
        }
    }

    public void Dispose()
    {
        EndPreparing(breakOff: true);
        stop.Dispose();
        if (OwnsTree)
        {
            Tree?.Dispose();
        }
    }
}

/// <summary>Keeps problems until there is someone to tell; from then on tells them at once, for file systems report as long as they are used.</summary>
internal sealed class RelayedProblems : IProblemSink
{
    private readonly Lock gate = new();
    private readonly List<Problem> kept = [];
    private IProblemSink? listener;

    public void Report(Problem problem)
    {
        lock (gate)
        {
            if (listener is null)
            {
                kept.Add(problem);
                return;
            }
        }

        listener.Report(problem);
    }

    /// <summary>Tells <paramref name="sink"/> what was kept, and from now on everything.</summary>
    public void TellTo(IProblemSink sink)
    {
        lock (gate)
        {
            foreach (Problem problem in kept)
            {
                sink.Report(problem);
            }

            kept.Clear();
            listener = sink;
        }
    }
}

/// <summary>The volumes of an evidence and what was wrong on the way to them.</summary>
internal sealed class Discovery : IDisposable
{
    public required IReadOnlyList<ExaminedVolume> Volumes { get; init; }

    public required RelayedProblems Problems { get; init; }

    /// <summary>Finds the volumes of <paramref name="evidence"/>; <paramref name="opening"/> is what was wrong when it was opened.</summary>
    public static Discovery Of(OpenEvidence evidence, IReadOnlyList<Problem> opening)
    {
        RelayedProblems problems = new();
        foreach (Problem problem in opening)
        {
            problems.Report(problem);
        }

        if (evidence.Container is IEvidenceContainer container)
        {
            return new Discovery { Volumes = VolumeDiscovery.Read(container.Media, problems), Problems = problems };
        }

        IFileTree tree = evidence.Logical!;
        VolumeRow row = new(0, new Volume(VolumeKind.Partition, "none", 0, 0, null, tree.Info.TypeName), tree.Info, null);
        return new Discovery { Volumes = [new ExaminedVolume { Row = row, Tree = tree, OwnsTree = false }], Problems = problems };
    }

    public void Dispose()
    {
        foreach (ExaminedVolume volume in Volumes)
        {
            volume.Dispose();
        }
    }
}

/// <summary>Finds the parts of the media and opens what file systems lie on them.</summary>
internal static class VolumeDiscovery
{
    /// <summary>The parts, ascending, their lengths adding up to the media's.</summary>
    public static IReadOnlyList<ExaminedVolume> Read(IByteSource media, IProblemSink problems)
    {
        IReadOnlyList<Volume> parts = VolumeLayout.Read(media, problems);
        List<ExaminedVolume> volumes = new(parts.Count);
        for (int index = 0; index < parts.Count; index++)
        {
            volumes.Add(Open(media, parts[index], index, problems));
        }

        return volumes;
    }

    /// <summary>One part by its place, as when a single entry is read later.</summary>
    public static ExaminedVolume Open(IByteSource media, Volume part, int index, IProblemSink problems)
    {
        SubSource bytes = new(media, part.Offset, part.Length);
        IFileTree? tree = null;
        VolumeSignature? signature = null;
        switch (part.Kind)
        {
            case VolumeKind.Partition:
                tree = OpenTree(bytes, index, problems);
                if (tree is null)
                {
                    signature = VolumeSignatures.Identify(bytes);
                    ReportUnread(index, part, signature, problems);
                }

                break;
            case VolumeKind.Unallocated:
                foreach (IFileSystemFormat format in StorageCatalogue.FileSystems)
                {
                    if (format.Probe(bytes).Confidence == ProbeConfidence.Certain)
                    {
                        problems.Report(new Problem(ProblemKind.Notice, $"volume {index}",
                            $"space that no partition claims begins like {format.Description.Name}; a former partition may have lain here", part.Offset, part.Length));
                    }
                }

                break;
            default:
                break;
        }

        return new ExaminedVolume
        {
            Row = new VolumeRow(index, part, tree?.Info, signature),
            Bytes = bytes,
            Tree = tree,
        };
    }

    private static IFileTree? OpenTree(IByteSource bytes, int index, IProblemSink problems)
    {
        List<(IFileSystemFormat Format, ProbeResult Result)> candidates = [];
        foreach (IFileSystemFormat format in StorageCatalogue.FileSystems)
        {
            ProbeResult result = format.Probe(bytes);
            if (result.Confidence != ProbeConfidence.None)
            {
                candidates.Add((format, result));
            }
        }

        // A stable sort: catalogue order among equals.
        IFileTree? opened = null;
        foreach ((IFileSystemFormat format, ProbeResult result) in candidates.OrderByDescending(c => c.Result.Confidence))
        {
            if (opened is not null)
            {
                problems.Report(new Problem(ProblemKind.Notice, $"volume {index}", $"it also looks like {format.Description.Name} ({result.Why}); read as {opened.Info.TypeName}"));
                continue;
            }

            try
            {
                opened = format.Open(bytes, problems);
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, $"volume {index}, {format.Description.Name}"));
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, $"volume {index}, {format.Description.Name}"));
            }
        }

        return opened;
    }

    private static void ReportUnread(int index, Volume part, VolumeSignature? signature, IProblemSink problems)
    {
        if (signature is null)
        {
            problems.Report(new Problem(ProblemKind.Unsupported, $"volume {index}", "no file system was recognised; its bytes were not interpreted", part.Offset, part.Length));
        }
        else if (signature.Id == "blank")
        {
            problems.Report(new Problem(ProblemKind.Notice, $"volume {index}", signature.Why, part.Offset, part.Length));
        }
        else
        {
            problems.Report(new Problem(signature.Encrypted ? ProblemKind.Encrypted : ProblemKind.Unsupported, $"volume {index}",
                signature.Encrypted ? $"{signature.Name}: encrypted, its content was not read" : $"{signature.Name} is recognised but not read by this version", part.Offset, part.Length));
        }
    }
}
