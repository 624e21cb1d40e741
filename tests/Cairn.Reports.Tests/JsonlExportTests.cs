using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Tests;

public sealed class JsonlExportTests
{
    private static readonly string[] ContractFields =
        ["volume", "path", "stream", "address", "allocated", "type", "size", "times", "md5", "sha1", "sha256", "mime", "hits", "problems"];

    [Fact]
    public void Every_line_starts_with_the_fields_of_the_contract_in_their_order()
    {
        using JsonDocument line = JsonDocument.Parse(Rows.Text("jsonl", Rows.Row("a.txt")));
        Assert.Equal(ContractFields, line.RootElement.EnumerateObject().Take(ContractFields.Length).Select(p => p.Name));
        Assert.Equal(["modified", "accessed", "changed", "created"], line.RootElement.GetProperty("times").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void What_was_not_read_is_null_and_not_absent()
    {
        using JsonDocument line = JsonDocument.Parse(Rows.Text("jsonl", Rows.Row("a.txt")));
        Assert.All(["md5", "sha1", "sha256", "mime"], name => Assert.Equal(JsonValueKind.Null, line.RootElement.GetProperty(name).ValueKind));
        Assert.Equal(JsonValueKind.Null, line.RootElement.GetProperty("times").GetProperty("modified").ValueKind);
        Assert.Equal(0, line.RootElement.GetProperty("hits").GetArrayLength());
        Assert.Equal(0, line.RootElement.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public void Values_come_out_as_the_contract_writes_them()
    {
        // 2009-07-14T04:37:10.5152912Z as FILETIME, worked out with `date`: (1247546230 + 11644473600) * 10^7 + 5152912.
        var time = new EvidenceTime(128_920_198_305_152_912, TimeKind.FileTime);
        ExportRow row = Rows.Row("dir/a.txt", "hidden") with
        {
            State = EntryState.Deleted,
            Times = new EntryTimes(time, new EvidenceTime(1_000_000_000_123_456_789, TimeKind.UnixNanoseconds), new EvidenceTime(-1, TimeKind.UnixSeconds), default),
            Status = ContentStatus.Read,
            Md5 = Convert.FromHexString("5EB63BBBE01EEED093CB22BB8F5ACDC3"),
            Mime = "text/plain",
            Hits = [new HitRow(3, "md5", "beach")],
            Problems = [new Problem(ProblemKind.Malformed, "MFT record 64", "a reason", 65_536, 1024)],
        };
        using JsonDocument line = JsonDocument.Parse(Rows.Text("jsonl", row));
        JsonElement root = line.RootElement;
        Assert.Equal(2, root.GetProperty("volume").GetInt32());
        Assert.Equal("dir/a.txt", root.GetProperty("path").GetString());
        Assert.Equal("hidden", root.GetProperty("stream").GetString());
        Assert.Equal("64-128-2", root.GetProperty("address").GetString());
        Assert.False(root.GetProperty("allocated").GetBoolean());
        Assert.Equal("file", root.GetProperty("type").GetString());
        Assert.Equal(11, root.GetProperty("size").GetInt64());
        Assert.Equal("2009-07-14T04:37:10.5152912Z", root.GetProperty("times").GetProperty("modified").GetString());
        Assert.Equal("2001-09-09T01:46:40.123456789Z", root.GetProperty("times").GetProperty("accessed").GetString());
        Assert.Equal("1969-12-31T23:59:59Z", root.GetProperty("times").GetProperty("changed").GetString());
        Assert.Equal("5eb63bbbe01eeed093cb22bb8f5acdc3", root.GetProperty("md5").GetString());
        Assert.Equal("""[{"set":"holiday","meaning":"notable","method":"md5","detail":"beach"}]""", root.GetProperty("hits").GetRawText());
        Assert.Equal("""[{"kind":"malformed","place":"MFT record 64","reason":"a reason","offset":65536,"length":1024}]""", root.GetProperty("problems").GetRawText());
    }

    [Fact]
    public void A_name_with_line_ends_quotes_and_non_latin_letters_stays_on_one_line_and_comes_back_exactly()
    {
        const string path = "a\nb\r\"\\\t/Ελλάδα/日本/\u202egnp.exe/😀";
        string text = Rows.Text("jsonl", Rows.Row(path), Rows.Row("second"));
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        using JsonDocument line = JsonDocument.Parse(lines[0]);
        Assert.Equal(path, line.RootElement.GetProperty("path").GetString());
        Assert.Contains("日本", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character_and_the_bytes_are_beside_it()
    {
        ExportRow row = Rows.Row("x\ud800y") with { NameBytes = [0x78, 0x00, 0x00, 0xD8, 0x79, 0x00] };
        using JsonDocument line = JsonDocument.Parse(Rows.Text("jsonl", row));
        Assert.Equal("x\ufffdy", line.RootElement.GetProperty("path").GetString());
        Assert.Equal("780000d87900", line.RootElement.GetProperty("nameBytes").GetString());
    }

    [Fact]
    public void Logical_evidence_has_no_volume()
    {
        using JsonDocument line = JsonDocument.Parse(Rows.Text("jsonl", Rows.Row("a") with { VolumeIndex = null }));
        Assert.Equal(JsonValueKind.Null, line.RootElement.GetProperty("volume").ValueKind);
    }
}
