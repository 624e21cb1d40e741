using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>Photoshop's image resource blocks, in which JPEG and PSD keep IPTC. Source: Adobe Photoshop File Formats Specification, Image Resource Blocks.</summary>
internal static class PhotoshopResources
{
    private const int Blocks = 2_000;

    /// <summary>Reads blocks until they end or are not such.</summary>
    public static void Read(ReadOnlyMemory<byte> memory, MetadataCollector collector)
    {
        if (!collector.Enter("Photoshop", memory.Length))
        {
            return;
        }

        ReadBlocks(memory, collector);
        collector.Leave();
    }

    private static void ReadBlocks(ReadOnlyMemory<byte> memory, MetadataCollector collector)
    {
        ReadOnlySpan<byte> bytes = memory.Span;
        int at = 0;
        for (int count = 0; count < Blocks && bytes.Length - at >= 12 && bytes[at..].StartsWith("8BIM"u8); count++)
        {
            int id = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 4)..]);
            // A Pascal string, padded to an even length with its length byte.
            int data = at + 6 + ((bytes[at + 6] + 2) & ~1);
            if (data + 4 > bytes.Length)
            {
                break;
            }

            uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[data..]);
            data += 4;
            if (size > (uint)(bytes.Length - data))
            {
                collector.Report(ProblemKind.Malformed, "Photoshop", $"resource {id:x4} states {size} bytes where {bytes.Length - data} are left");
                break;
            }

            ReadOnlyMemory<byte> value = memory.Slice(data, (int)size);
            switch (id)
            {
                case 0x0404:
                    IptcReader.Read(value.Span, collector);
                    break;
                case 0x0422:
                    PictureMetadata.ReadExif(value, collector);
                    break;
                case 0x0424:
                    XmpReader.Read(value, collector);
                    break;
                case 0x0409 or 0x040C:
                    collector.HasThumbnail |= size > 28;
                    break;
                case 0x0425:
                    collector.Add("Photoshop", "IPTCDigest", Convert.ToHexStringLower(value.Span));
                    break;
            }

            at = data + (((int)size + 1) & ~1);
        }
    }
}
