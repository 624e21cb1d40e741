using System.Threading.Channels;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// One walk over a volume. The MFT is read twice from end to end in blocks: first for the map of directories, then for the entries, so that
/// memory holds directories and never files. Two lanes make entries, each of every other block, and their blocks are given in order: what
/// comes out does not depend on how fast either was.
/// </summary>
internal sealed class NtfsWalk
{
    private const int MapBlockBytes = 1 << 20;

    /// <summary>Small, so that little is alive between a lane and the one who takes its entries.</summary>
    private const int LaneBlockBytes = 128 << 10;
    private const int LaneCount = 2;
    private const int WaitingBlocks = 2;

    /// <summary>Names of deleted records that are remembered, so that their copies in index slack need no look at the record: 16 MB at most.</summary>
    private const int RememberedNames = 1 << 20;
    private readonly MftReader mft;
    private readonly int indexRecordSize;
    private readonly ProblemList mapProblems = new();
    private readonly DirectoryMap directories;
    private readonly HashKeys deletedNames = new();
    private readonly char[] nameChars = new char[256];

    private NtfsWalk(MftReader mft, int indexRecordSize)
    {
        (this.mft, this.indexRecordSize) = (mft, indexRecordSize);
        directories = new DirectoryMap(mapProblems);
    }

    /// <summary>Reads the MFT for the map of directories.</summary>
    public static NtfsWalk Begin(MftReader mft, int indexRecordSize, CancellationToken cancel)
    {
        NtfsWalk walk = new(mft, indexRecordSize);
        walk.MapDirectories(cancel);
        walk.directories.Seal(cancel);
        return walk;
    }

    /// <summary>Every entry in the order of the MFT. What is wrong with a block is reported before its first entry.</summary>
    public IEnumerable<FileEntry> Entries(IProblemSink problems, CancellationToken cancel)
    {
        foreach (Problem problem in mapProblems.Items)
        {
            problems.Report(problem);
        }

        int perBlock = Math.Max(1, LaneBlockBytes / mft.RecordSize);
        long blocks = (mft.RecordCount + perBlock - 1) / perBlock;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Lane[] lanes = new Lane[LaneCount];
        for (int i = 0; i < LaneCount; i++)
        {
            lanes[i] = new Lane(new NtfsRecordEntries(mft, indexRecordSize, directories, deletedNames, perBlock), i, blocks, perBlock, stop.Token);
        }

        try
        {
            for (long number = 0; number < blocks; number++)
            {
                cancel.ThrowIfCancellationRequested();
                RecordBlock block = lanes[number % LaneCount].Take();
                foreach (Problem problem in block.Problems)
                {
                    problems.Report(problem);
                }

                foreach (FileEntry entry in block.Entries)
                {
                    yield return entry;
                }
            }
        }
        finally
        {
            stop.Cancel();
            foreach (Lane lane in lanes)
            {
                lane.Wait();
            }
        }
    }

    private void MapDirectories(CancellationToken cancel)
    {
        int blockBytes = (int)Math.Min(MapBlockBytes, Math.Max(1, mft.RecordCount) * mft.RecordSize);
        int perBlock = blockBytes / mft.RecordSize;
        byte[] block = new byte[blockBytes], ahead = new byte[blockBytes];
        byte[] single = new byte[mft.RecordSize];

        // The next block is read while this one is looked at.
        Task<int> reading = Task.FromResult(mft.ReadBlock(0, ahead, null));
        for (long first = 0; first < mft.RecordCount; first += perBlock)
        {
            cancel.ThrowIfCancellationRequested();
            int count = reading.GetAwaiter().GetResult();
            (block, ahead) = (ahead, block);
            (long next, byte[] into) = (first + perBlock, ahead);
            reading = next < mft.RecordCount ? Task.Run(() => mft.ReadBlock(next, into, null), CancellationToken.None) : Task.FromResult(0);
            for (int i = 0; i < count; i++)
            {
                Span<byte> record = block.AsSpan(i * mft.RecordSize, mft.RecordSize);
                if (FixupArray.Undo(record, FixupArray.File, out _) == RecordState.Valid)
                {
                    Map(first + i, record);
                }
                else if (first + i < 4 && mft.TryReadMirror(first + i, single))
                {
                    Map(first + i, single);
                }
            }
        }
    }

    private void Map(long number, ReadOnlySpan<byte> bytes)
    {
        RecordView record = new(bytes);
        FileReference owner = record.Base;
        bool isBase = owner.Raw == 0;
        int slot = -1;
        if (isBase)
        {
            owner = new FileReference((ulong)number | ((ulong)record.Sequence << 48));
            if (record.IsDirectory)
            {
                slot = directories.GetOrAdd(number);
                ref DirectorySlot entry = ref directories.Slots[slot];
                entry.Sequence = record.Sequence;
                entry.Flags |= DirectoryFlags.Known | (record.InUse ? DirectoryFlags.InUse : DirectoryFlags.None);
            }
        }

        AttributeWalk walk = new(bytes);
        bool named = false;
        while (walk.MoveNext())
        {
            AttributeView attribute = walk.Current;
            if (attribute.Type != AttributeType.FileName)
            {
                if (attribute.Type > AttributeType.FileName && isBase)
                {
                    return; // attributes are in order of their type
                }

                continue;
            }

            if (attribute.NonResident || !FileNameView.TryRead(attribute.Value, out FileNameView name))
            {
                continue;
            }

            if (!isBase && slot < 0)
            {
                slot = directories.Find(owner.Record);
            }

            if (slot >= 0 && (isBase ? !named : (directories.Slots[slot].Flags & DirectoryFlags.HasName) == 0))
            {
                int length = NtfsName.Decode(name.Name, nameChars, out _);
                directories.SetName(slot, nameChars.AsSpan(0, length), name.Parent);
                named = name.Namespace != FileNameView.Dos;
            }

            if (!record.InUse)
            {
                if (isBase && deletedNames.Count < RememberedNames)
                {
                    deletedNames.Add(NtfsRecordEntries.NameKey(number, name));
                }

                continue;
            }

            if (name.Namespace != FileNameView.Dos && name.Parent.Record < mft.RecordCount)
            {
                int parent = directories.GetOrAdd(name.Parent.Record);
                directories.Slots[parent].Names += IndexReader.Hash(owner, name);
            }
        }
    }

    /// <summary>One thread that makes the entries of every other block, a few blocks ahead of who takes them.</summary>
    private sealed class Lane
    {
        private readonly Channel<RecordBlock> ready = Channel.CreateBounded<RecordBlock>(new BoundedChannelOptions(WaitingBlocks) { SingleReader = true, SingleWriter = true });
        private readonly Task work;

        public Lane(NtfsRecordEntries entries, int firstBlock, long blocks, int perBlock, CancellationToken stop) =>
            work = Task.Factory.StartNew(() => Run(entries, firstBlock, blocks, perBlock, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        /// <summary>The next block of this lane; throws what making it threw.</summary>
        public RecordBlock Take() => Blocking.Take(ready.Reader, CancellationToken.None);

        public void Wait() => Blocking.Wait(work);

        private void Run(NtfsRecordEntries entries, int firstBlock, long blocks, int perBlock, CancellationToken stop)
        {
            try
            {
                for (long number = firstBlock; number < blocks; number += LaneCount)
                {
                    stop.ThrowIfCancellationRequested();
                    Blocking.Put(ready.Writer, entries.Read(number * perBlock, stop), stop);
                }

                ready.Writer.TryComplete();
            }
            catch (Exception error)
            {
                // Comes out where the block is taken; a lane that was stopped has no one left to tell.
                ready.Writer.TryComplete(error);
            }
        }
    }
}
