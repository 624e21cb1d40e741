using System.Text;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Tests;

/// <summary>Rows as a case gives them.</summary>
internal static class Rows
{
    public static readonly ExportContext Context = new(
        [new StoredEvidence(1, new EvidenceRow("/evidence/disk.E01", "RB/1", "EWF (EnCase 6)", 1 << 20, 512, false, ["/evidence/disk.E01"], [], []))],
        [new StoredKnownSet(3, new KnownSetRow("holiday", "notable", "holiday.md5", null, null, new string('a', 64), 2))]);

    public static ExportRow Row(string path, string stream = "") => new()
    {
        Id = 7,
        FirstId = 7,
        EvidenceId = 1,
        VolumeIndex = 2,
        Path = path,
        Stream = stream,
        Address = "64-128-2",
        Key = 64,
        Ref = new StreamRef(64, 2),
        Size = 11,
        ValidLength = 11,
        FirstOffset = 4096,
    };

    public static string Text(string format, params ExportRow[] rows)
    {
        using var target = new MemoryStream();
        ExportCatalogue.All.Single(f => f.Name == format).Write(rows, Context, target, CancellationToken.None);
        return Encoding.UTF8.GetString(target.ToArray());
    }
}
