using Cairn.Core;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// An EnCase hash file (as described at the Forensics Wiki and read by the Sleuth Kit): a header of 0x480 bytes, then entries of 18 bytes,
/// an MD5 and two bytes that are passed over.
/// </summary>
internal sealed class EnCaseHashReader(FileStream file) : SetReader
{
    private const int HeaderBytes = 0x480;
    private const int EntryBytes = 18;

    public static ReadOnlySpan<byte> Magic => [0x48, 0x41, 0x53, 0x48, 0x0D, 0x0A, 0xFF, 0x00];

    /// <inheritdoc/>
    public override string FormatName => "encase";

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        byte[] buffer = new byte[EntryBytes * 8192];
        file.Position = 0;
        int got = file.ReadAtLeast(buffer.AsSpan(0, HeaderBytes), HeaderBytes, throwOnEndOfStream: false);
        if (got < HeaderBytes || !buffer.AsSpan().StartsWith(Magic))
        {
            throw new KnownSetException($"{file.Name}: it is no EnCase hash file, or is cut short in its header");
        }

        // 0x10. Number of hashes; 0 in files of versions that did not fill it in.
        SpanReader header = new(buffer.AsSpan(0, HeaderBytes));
        header.Seek(0x10, "count");
        long stated = header.U32Le("count"), present = (file.Length - HeaderBytes) / EntryBytes;
        if ((file.Length - HeaderBytes) % EntryBytes != 0 || (stated != 0 && stated != present))
        {
            throw new KnownSetException($"{file.Name} entry {present + 1}: the file holds {present:N0} whole entries where its header says {stated:N0}; it may be cut short");
        }

        while ((got = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            for (int at = 0; at + EntryBytes <= got; at += EntryBytes)
            {
                writer.Add(buffer.AsSpan(at, 16), default, default, null);
            }

            progress?.Report(new ImportProgress("reading", file.Position, file.Length, writer.Entries));
        }
    }
}
