using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Cairn.Known.Sets;

/// <summary>Collects entries and writes a set file from them.</summary>
internal sealed class SetWriter : IDisposable
{
    private const int RecentDetails = 200_000;

    private readonly HashSorter[] sorters;
    private readonly string textPath;
    private readonly string tablePath;
    private readonly FileStream detailText;
    private readonly FileStream detailTable;
    private readonly Dictionary<string, uint> recent = [];
    private readonly bool[] inEvery = [true, true, true];
    private long textLength;
    private uint details;

    /// <summary>Temporary files begin with <paramref name="temporaryPath"/>.</summary>
    public SetWriter(string temporaryPath)
    {
        sorters = [new(16, temporaryPath + ".md5"), new(20, temporaryPath + ".sha1"), new(32, temporaryPath + ".sha256")];
        textPath = temporaryPath + ".text";
        tablePath = temporaryPath + ".table";
        detailText = new FileStream(textPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        detailTable = new FileStream(tablePath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        WriteStart();
    }

    public long Entries { get; private set; }

    /// <summary>An entry; a hash that it lacks is empty, at least one is not.</summary>
    public void Add(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> sha1, ReadOnlySpan<byte> sha256, string? detail)
    {
        uint number = DetailNumber(detail);
        Add(0, md5, number);
        Add(1, sha1, number);
        Add(2, sha256, number);
        Entries++;
    }

    /// <summary>Writes the set file to <paramref name="path"/>, which must not exist, and forces it to the disk.</summary>
    public SetHeader Write(string path, SetHeader header, Action<string, long, long> progress, CancellationToken cancel)
    {
        using FileStream output = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20);
        output.Write(new byte[SetFileLayout.HeaderBytes]);
        SetSection[] sections = new SetSection[sorters.Length];
        long total = sorters.Sum(s => s.Added), done = 0;
        for (int i = 0; i < sorters.Length; i++)
        {
            sections[i] = WriteSection(output, i, () => progress("sorting", ++done, total), cancel);
        }

        Pad(output);
        long table = output.Position;
        detailTable.Flush();
        detailTable.Position = 0;
        detailTable.CopyTo(output, 1 << 20);
        long text = output.Position;
        detailText.Flush();
        detailText.Position = 0;
        detailText.CopyTo(output, 1 << 20);
        SetHeader written = header with
        {
            Entries = Entries,
            HasDetails = details > 0,
            Sections = sections,
            Details = details,
            DetailTableOffset = table,
            DetailTextOffset = text,
            BodyLength = output.Position,
        };

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(written, SetHeaderJson.Default.SetHeader);
        if (json.Length > SetFileLayout.HeaderBytes - SetFileLayout.Magic.Length - sizeof(int))
        {
            throw new KnownSetException("the name, source and licence note are too long together; give shorter ones");
        }

        output.Position = 0;
        output.Write(SetFileLayout.Magic);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        output.Write(length);
        output.Write(json);
        output.Flush();
        output.Position = 0;
        byte[] digest = SetFile.Digest(output, written.BodyLength, cancel);
        output.Position = written.BodyLength;
        output.Write(digest);
        output.Flush(flushToDisk: true);
        return written;
    }

    public void Dispose()
    {
        foreach (HashSorter sorter in sorters)
        {
            sorter.Dispose();
        }

        detailText.Dispose();
        detailTable.Dispose();
        File.Delete(textPath);
        File.Delete(tablePath);
    }

    private static void Pad(FileStream output)
    {
        int over = (int)(output.Position % 64);
        if (over > 0)
        {
            output.Write(new byte[64 - over]);
        }
    }

    private void Add(int algorithm, ReadOnlySpan<byte> hash, uint detail)
    {
        if (hash.IsEmpty)
        {
            inEvery[algorithm] = false;
            return;
        }

        if (sorters[algorithm].Added == SetFileLayout.MaxHashes)
        {
            throw new KnownSetException($"a set holds at most {SetFileLayout.MaxHashes:N0} hashes; split the source");
        }

        sorters[algorithm].Add(hash, detail);
    }

    private SetSection WriteSection(FileStream output, int algorithm, Action each, CancellationToken cancel)
    {
        Pad(output);
        HashSorter sorter = sorters[algorithm];
        int bits = SetFileLayout.BucketBits(sorter.Added);
        int width = SetFileLayout.HashBytes[algorithm] + (details > 0 ? SetFileLayout.DetailNumberBytes : 0);
        long offset = output.Position;
        uint[] starts = new uint[(1 << bits) + 1];
        uint count = 0;
        int bucket = 0;
        sorter.Merge(
            record =>
            {
                int own = SetFile.BucketOf(record, bits);
                while (bucket < own)
                {
                    starts[++bucket] = count;
                }

                output.Write(record[..width]);
                count++;
                each();
            },
            cancel);
        while (bucket < 1 << bits)
        {
            starts[++bucket] = count;
        }

        Pad(output);
        long index = output.Position;
        byte[] number = new byte[sizeof(uint)];
        foreach (uint start in starts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, start);
            output.Write(number);
        }

        return new SetSection(count, offset, bits, index, count > 0 && inEvery[algorithm]);
    }

    /// <summary>The same words again get the same number where they were among the last seen; else they are stored again.</summary>
    private uint DetailNumber(string? detail)
    {
        if (string.IsNullOrEmpty(detail))
        {
            return 0;
        }

        if (detail.Length > SetFileLayout.MaxDetailLength)
        {
            detail = detail[..SetFileLayout.MaxDetailLength];
        }

        if (recent.TryGetValue(detail, out uint number))
        {
            return number;
        }

        if (details == uint.MaxValue)
        {
            throw new KnownSetException("the set has too many different details; import it without the detail column");
        }

        if (recent.Count == RecentDetails)
        {
            recent.Clear();
        }

        byte[] bytes = Encoding.UTF8.GetBytes(detail);
        detailText.Write(bytes);
        textLength += bytes.Length;
        WriteStart();
        recent.Add(detail, ++details);
        return details;
    }

    private void WriteStart()
    {
        Span<byte> start = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(start, textLength);
        detailTable.Write(start);
    }
}
