using Cairn.Core;
using Cairn.Core.Embedded;
using SharpCompress.Archives;
using SharpCompress.Archives.SevenZip;
using SharpCompress.Readers;

namespace Cairn.Storage.Embedded.SevenZip;

/// <summary>7z archives. SharpCompress decodes them; what the headers ask for is looked at first.</summary>
internal sealed class SevenZipEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("sevenzip", "7z", "7zFormat.txt of the LZMA SDK");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/x-7z-compressed"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[32];
        return EmbeddedProbe.Head(content, head) && head.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) ? ProbeResult.Yes("a 7z signature header") : ProbeResult.No("no 7z signature header");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        SevenZipNeeds needs = SevenZipLimits.Of(content);
        if (needs.Refused is not null)
        {
            expansion.Report(new Problem(ProblemKind.LimitReached, "7z header", needs.Refused + "; the archive is left out"));
            return;
        }

        if (!needs.HasFiles)
        {
            return;
        }

        IArchive Open(string? password) => SevenZipArchive.OpenArchive(new ReadingStream(content), new ReaderOptions { Password = password, LeaveStreamOpen = true });
        new SharpArchive(Open, password => Open(password).ExtractAllEntries(), holdsChecksums: false, expansion).Give(needs.IsHeaderEncrypted);
    }
}
