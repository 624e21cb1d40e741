using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Tests;

public sealed class BodyfileExportTests
{
    [Fact]
    public void A_line_has_the_eleven_fields_of_bodyfile_3()
    {
        ExportRow row = Rows.Row("dir/a.txt") with
        {
            Mode = 0x81A4, // 0100644
            Uid = 1000,
            Gid = 100,
            Md5 = Convert.FromHexString("5EB63BBBE01EEED093CB22BB8F5ACDC3"),
            Address = "12",
            Times = new EntryTimes(Seconds(20), Seconds(10), Seconds(30), Seconds(40)),
        };
        Assert.Equal("5eb63bbbe01eeed093cb22bb8f5acdc3|/volume2/dir/a.txt|12|r/rrw-r--r--|1000|100|11|10|20|30|40\n", Rows.Text("bodyfile", row));
    }

    [Fact]
    public void An_ntfs_entry_has_a_second_line_for_its_file_name_times()
    {
        ExportRow row = Rows.Row("a.txt") with { NameTimes = new EntryTimes(Seconds(1), Seconds(2), Seconds(3), Seconds(4)) };
        Assert.Equal("0|/volume2/a.txt|64-128-2|r/rrwxrwxrwx|0|0|11|0|0|0|0\n0|/volume2/a.txt ($FILE_NAME)|64-128-2|r/rrwxrwxrwx|0|0|11|2|1|3|4\n", Rows.Text("bodyfile", row));
        Assert.Equal("0|/volume2/a.txt:ads|64-128-2|r/rrwxrwxrwx|0|0|11|0|0|0|0\n", Rows.Text("bodyfile", row with { Id = 8, Stream = "ads" }));
    }

    [Fact]
    public void Deleted_entries_say_so() => Assert.Contains("/volume2/a.txt (deleted)|", Rows.Text("bodyfile", Rows.Row("a.txt") with { State = EntryState.Deleted }), StringComparison.Ordinal);

    [Fact]
    public void A_name_cannot_make_a_field_or_a_line() =>
        Assert.Equal("0|/volume2/a\\x7cb\\x0ac\\x5cd\\ud800|64-128-2|r/rrwxrwxrwx|0|0|11|0|0|0|0\n", Rows.Text("bodyfile", Rows.Row("a|b\nc\\d\ud800")));

    [Fact]
    public void Set_id_and_sticky_bits_are_shown_as_ls_does() =>
        Assert.Contains("|d/drwsr-xr-t|", Rows.Text("bodyfile", Rows.Row("d") with { Type = EntryType.Directory, Mode = 0x4000 | 0xA00 | 0x1ED }), StringComparison.Ordinal);

    private static EvidenceTime Seconds(long value) => new(value, TimeKind.UnixSeconds);
}
