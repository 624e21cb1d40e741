using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Tests;

public sealed class TimesketchExportTests
{
    private static readonly ExportRow Row = Rows.Row("dir/=a,\"b\".txt") with
    {
        // 2024-03-01 15:00:00.1234567 UTC, by Python's datetime.
        Times = new EntryTimes(new EvidenceTime(133_537_788_001_234_567, TimeKind.FileTime), default, default, new EvidenceTime(0, TimeKind.UnixSeconds)),
        NameTimes = new EntryTimes(default, default, default, new EvidenceTime(1, TimeKind.UnixSeconds)),
        Deleted = new EvidenceTime(2, TimeKind.UnixSeconds),
        State = EntryState.Deleted,
        Hits = [new HitRow(3, "md5", null)],
    };

    private static JsonElement[] Lines(params ExportRow[] rows) => [.. Rows.Text("timesketch-jsonl", rows).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public void Each_time_is_an_event_with_microseconds_text_meaning_and_source()
    {
        Assert.Equal(
            [
                (1_709_305_200_123_456, "2024-03-01T15:00:00.1234567Z", "Content Modification Time", "file system"),
                (0, "1970-01-01T00:00:00Z", "Creation Time", "file system"),
                (2_000_000, "1970-01-01T00:00:02Z", "Content Deletion Time", "file system"),
                (1_000_000, "1970-01-01T00:00:01Z", "Creation Time", "NTFS $FILE_NAME"),
            ],
            Lines(Row).Select(e => (e.GetProperty("timestamp").GetInt64(), e.GetProperty("datetime").GetString(), e.GetProperty("timestamp_desc").GetString(), e.GetProperty("time_source").GetString())));
        Assert.All(Lines(Row), e => Assert.Equal("File /dir/=a,\"b\".txt (deleted) [holiday (notable, md5)]", e.GetProperty("message").GetString()));
    }

    [Fact]
    public void Both_formats_hold_the_same_events()
    {
        ExportRow[] rows = [Row, Row with { Id = 8, FirstId = 7, Stream = "ads" }, Rows.Row("none") with { Id = 9, FirstId = 9 }];
        string[] csv = Rows.Text("timesketch", rows).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("message,timestamp,datetime,timestamp_desc,", csv[0], StringComparison.Ordinal);
        JsonElement[] lines = Lines(rows);
        // The times of an entry come once, whatever streams it has.
        Assert.Equal(4, lines.Length);
        Assert.Equal(lines.Length, csv.Length - 1);
        Assert.All(lines.Zip(csv.Skip(1)), pair => Assert.Contains($",{pair.First.GetProperty("timestamp")},{pair.First.GetProperty("datetime")},{pair.First.GetProperty("timestamp_desc")},", pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_is_no_formula_and_a_time_that_has_no_text_is_left_out()
    {
        string text = Rows.Text("timesketch", Row with { Path = "=1", Times = new EntryTimes(new EvidenceTime(0, TimeKind.UnixSeconds), new EvidenceTime(long.MaxValue, TimeKind.FileTime), default, default), NameTimes = default, Deleted = default });
        string line = Assert.Single(text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1));
        Assert.Contains(",'=1,", line, StringComparison.Ordinal);
    }
}
