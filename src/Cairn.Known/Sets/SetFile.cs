using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Cairn.Known.Sets;

/// <summary>Reads and checks the header of a set file.</summary>
internal static class SetFile
{
    /// <summary>The header, checked for what the rest relies on, and the digest in the trailer.</summary>
    /// <exception cref="KnownSetException">It is no whole set file.</exception>
    public static (SetHeader Header, byte[] Digest) Read(FileStream file)
    {
        try
        {
            byte[] head = new byte[SetFileLayout.HeaderBytes];
            file.Position = 0;
            file.ReadExactly(head);
            bool isFirst = head.AsSpan().StartsWith(SetFileLayout.FirstMagic);
            if (!isFirst && !head.AsSpan().StartsWith(SetFileLayout.Magic))
            {
                throw Damaged(file.Name, "it does not begin like one");
            }

            int headerDigest = head.Length - SetFileLayout.TrailerBytes;
            if (!isFirst && !SHA256.HashData(head.AsSpan(0, headerDigest)).AsSpan().SequenceEqual(head.AsSpan(headerDigest)))
            {
                throw Damaged(file.Name, "its header does not fit its checksum");
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(SetFileLayout.Magic.Length));
            int start = SetFileLayout.Magic.Length + sizeof(int);
            if (length < 2 || length > head.Length - start)
            {
                throw Damaged(file.Name, "the length of its header is wrong");
            }

            SetHeader header = JsonSerializer.Deserialize(head.AsSpan(start, length), SetHeaderJson.Default.SetHeader) ?? throw Damaged(file.Name, "its header is empty");

            // A file of the first version lacks these.
            header = header with { Files = header.Files ?? [], PdqSegments = header.PdqSegments ?? [], Notes = header.Notes ?? new KnownImportNotes() };
            header = header with { Notes = header.Notes with { Contradicting = header.Notes.Contradicting ?? [] } };
            Check(file, header);
            byte[] digest = new byte[SetFileLayout.TrailerBytes];
            file.Position = header.BodyLength;
            file.ReadExactly(digest);
            return (header, digest);
        }
        catch (EndOfStreamException error)
        {
            throw Damaged(file.Name, "it is cut short", error);
        }
        catch (JsonException error)
        {
            throw Damaged(file.Name, "its header cannot be read", error);
        }
    }

    /// <summary>SHA-256 of the first <paramref name="length"/> bytes.</summary>
    public static byte[] Digest(FileStream file, long length, CancellationToken cancel)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        file.Position = 0;
        while (length > 0)
        {
            cancel.ThrowIfCancellationRequested();
            int got = file.Read(buffer, 0, (int)Math.Min(buffer.Length, length));
            if (got == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, got);
            length -= got;
        }

        return hash.GetHashAndReset();
    }

    public static KnownSetInfo Info(SetHeader header, byte[] digest, string path) => new()
    {
        Name = header.Name,
        Meaning = KnownMeanings.Parse(header.Meaning),
        Version = header.Version,
        Source = header.Source,
        Licence = header.Licence,
        Format = header.Format,
        SourceSha256 = header.SourceSha256,
        Sha256 = Convert.ToHexStringLower(digest),
        Entries = header.Entries,
        Md5Count = header.Sections[0].Count,
        Sha1Count = header.Sections[1].Count,
        Sha256Count = header.Sections[2].Count,
        PdqCount = header.PdqCount,
        HasEntries = header.HasEntries,
        Files = header.Files,
        Mapping = header.Mapping,
        Notes = header.Notes,
        Path = path,
    };

    public static int BucketOf(ReadOnlySpan<byte> hash, int bits) => bits == 0 ? 0 : (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) >> (32 - bits));

    public static KnownSetException Damaged(string path, string why, Exception? inner = null) =>
        new($"{path}: this known set is damaged ({why}); delete the file and import the set again", inner);

    private static void Check(FileStream file, SetHeader header)
    {
        string path = file.Name;
        if (header.BodyLength != file.Length - SetFileLayout.TrailerBytes)
        {
            throw Damaged(path, $"it has {file.Length:N0} bytes where its header says {header.BodyLength + SetFileLayout.TrailerBytes:N0}");
        }

        if (header.Sections is not { Length: 3 } || header.Sections.Any(s => s is null) || header.Name is null || header.Source is null || header.Version is null || header.Files.Any(f => f is null))
        {
            throw Damaged(path, "its header lacks something");
        }

        if (header.Meaning is not ("known" or "notable" or "ignorable"))
        {
            throw Damaged(path, "its header gives no meaning");
        }

        for (int i = 0; i < header.Sections.Length; i++)
        {
            SetSection section = header.Sections[i];
            int width = SetFileLayout.HashBytes[i] + (header.HasDetails ? SetFileLayout.DetailNumberBytes : 0);
            if (section.Count is < 0 or > SetFileLayout.MaxHashes || section.BucketBits is < 0 or > SetFileLayout.MaxBucketBits
                || !Within(section.Offset, section.Count * width, header.BodyLength)
                || !Within(section.IndexOffset, ((1L << section.BucketBits) + 1) * sizeof(uint), header.BodyLength))
            {
                throw Damaged(path, $"its {SetFileLayout.Methods[i]} section lies outside the file");
            }
        }

        if (header.PdqSegments.Any(offset => !Within(offset, Perceptual.PdqSegmentLayout.HeaderBytes, header.BodyLength)))
        {
            throw Damaged(path, "its PDQ segments lie outside the file");
        }

        if (header.Details is < 0 or > uint.MaxValue || !Within(header.DetailTableOffset, (header.Details + 1) * sizeof(long), header.BodyLength)
            || !Within(header.DetailTextOffset, 0, header.BodyLength))
        {
            throw Damaged(path, "its details lie outside the file");
        }
    }

    private static bool Within(long offset, long length, long end) => offset >= SetFileLayout.HeaderBytes && offset <= end && length <= end - offset;
}
