using System.Buffers.Binary;

namespace Cairn.Media.Metadata;

/// <summary>IPTC-IIM data sets. Source: IPTC-NAA Information Interchange Model 4.2, 1.5 and chapters 5 and 6.</summary>
internal static class IptcReader
{
    private const int DataSets = 2_000;

    private static readonly Dictionary<int, string> Names = new()
    {
        [3] = "ObjectTypeReference",
        [5] = "ObjectName",
        [7] = "EditStatus",
        [10] = "Urgency",
        [15] = "Category",
        [20] = "SupplementalCategories",
        [22] = "FixtureIdentifier",
        [25] = "Keywords",
        [30] = "ReleaseDate",
        [35] = "ReleaseTime",
        [40] = "SpecialInstructions",
        [55] = "DateCreated",
        [60] = "TimeCreated",
        [62] = "DigitalCreationDate",
        [63] = "DigitalCreationTime",
        [65] = "OriginatingProgram",
        [70] = "ProgramVersion",
        [80] = "By-line",
        [85] = "By-lineTitle",
        [90] = "City",
        [92] = "Sub-location",
        [95] = "Province-State",
        [100] = "Country-PrimaryLocationCode",
        [101] = "Country-PrimaryLocationName",
        [103] = "OriginalTransmissionReference",
        [105] = "Headline",
        [110] = "Credit",
        [115] = "Source",
        [116] = "CopyrightNotice",
        [118] = "Contact",
        [120] = "Caption-Abstract",
        [122] = "Writer-Editor",
    };

    /// <summary>Reads data sets until they end or are not such.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, MetadataCollector collector)
    {
        if (!collector.Enter("IPTC", bytes.Length))
        {
            return;
        }

        ReadSets(bytes, collector);
        collector.Leave();
    }

    private static void ReadSets(ReadOnlySpan<byte> bytes, MetadataCollector collector)
    {
        for (int count = 0; bytes.Length >= 5 && bytes[0] == 0x1C && count < DataSets; count++)
        {
            int record = bytes[1], number = bytes[2];
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            bytes = bytes[5..];
            if (length > 0x8000)
            {
                // 1.5 (c): the length of the length, for values of 32 KiB and more.
                int width = length & 0x7FFF;
                if (width is < 1 or > 4 || bytes.Length < width)
                {
                    collector.Report(Core.ProblemKind.Malformed, "IPTC", "a length that is not one");
                    return;
                }

                uint large = 0;
                foreach (byte each in bytes[..width])
                {
                    large = (large << 8) | each;
                }

                bytes = bytes[width..];
                length = (int)Math.Min(large, int.MaxValue);
            }

            if (length > bytes.Length)
            {
                collector.Report(Core.ProblemKind.Malformed, "IPTC", $"a value of {length} bytes where {bytes.Length} are left");
                return;
            }

            ReadOnlySpan<byte> value = bytes[..length];
            bytes = bytes[length..];
            if (record == 2 && Names.TryGetValue(number, out string? name))
            {
                collector.Add("IPTC", name, MetadataCollector.Text(value));
            }
            else if (number != 0)
            {
                collector.Add("IPTC", $"{record}:{number}", value.Length > 0 && value.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0 ? MetadataCollector.Text(value) : $"({value.Length} bytes)");
            }
        }
    }
}
