using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine.Tests;

/// <summary>The bytes of the media add up, whatever lies on it.</summary>
public sealed class CoverageStageTests
{
    [Fact]
    public void Parts_without_file_systems_are_counted_by_what_they_are()
    {
        ExaminedVolume[] parts =
        [
            Part(0, VolumeKind.Table, 0, 512),
            Part(1, VolumeKind.Unallocated, 512, 1_536),
            Part(2, VolumeKind.Partition, 2_048, 4_096, new VolumeSignature("luks", "LUKS2", true, "magic")),
            Part(3, VolumeKind.Partition, 6_144, 2_048),
        ];
        IReadOnlyList<CoverageRow> rows = CoverageStage.Of(8_192, parts, [new ByteRange(2_000, 100)], mediaWasRead: true);
        Assert.Equal(8_192, rows.Sum(r => r.Bytes));
        Assert.Equal(512, Bytes("partition table"));
        Assert.Equal(1_536 - 48, Bytes("unallocated"));
        Assert.Equal(4_096 - 52, Bytes("encrypted"));
        Assert.Equal(2_048, Bytes("unknown"));
        Assert.Equal(100, Bytes("unreadable"));

        long Bytes(string category) => rows.Where(r => r.Category == category).Sum(r => r.Bytes);
    }

    private static ExaminedVolume Part(int index, VolumeKind kind, long offset, long length, VolumeSignature? signature = null) =>
        new() { Row = new VolumeRow(index, new Volume(kind, "MBR", offset, length), null, signature) };
}
