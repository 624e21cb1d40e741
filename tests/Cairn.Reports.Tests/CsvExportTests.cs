using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Tests;

public sealed class CsvExportTests
{
    private static string Field(string name, ExportRow row)
    {
        string[] lines = Rows.Text("csv", row).Split("\r\n");
        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        List<string> header = Parse(lines[0]), values = Parse(lines[1]);
        Assert.Equal(header.Count, values.Count);
        return values[header.IndexOf(name)];
    }

    private static List<string> Parse(string line)
    {
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\\u0009=1")]
    [InlineData("\r=1", "'\\u000d=1")]
    [InlineData("\0=1", "'\\u0000=1")]
    [InlineData("\uFF1D1", "'\uFF1D1")]
    [InlineData("a=b", "a=b")]
    [InlineData("'=1", "''=1")]
    [InlineData("\n=1", "'\\u000a=1")]
    [InlineData("a;=1", "a\\u003b=1")]
    [InlineData("a; \"+1", "a\\u003b \"+1")]
    [InlineData("a,-1", "a\\u002c-1")]
    [InlineData("a;b", "a;b")]
    public void A_name_that_a_spreadsheet_takes_for_a_formula_is_neutralised(string name, string written) => Assert.Equal(written, Field("path", Rows.Row(name)));

    /// <summary>The rule of Csv/README.md, written down a second time.</summary>
    private static string TurnBack(string field)
    {
        string text = field.StartsWith('\'') ? field[1..] : field;
        return System.Text.RegularExpressions.Regex.Replace(text, @"\\u([0-9a-f]{4})", m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString());
    }

    [Fact]
    public void What_is_made_safe_can_be_turned_back_and_never_begins_a_formula()
    {
        var random = new Cairn.TestKit.SeededBytes(20);
        const string letters = "=+-@'\"\\u;, \t\r\n\0a0\u202e\uFF1D\uD83D\uDE00\uD800";
        for (int i = 0; i < 5_000; i++)
        {
            string name = string.Concat(Enumerable.Range(0, 1 + random.Next(8)).Select(_ => letters[random.Next(letters.Length)]));
            string field = Field("path", Rows.Row(name));
            Assert.Equal(name, TurnBack(field));
            Assert.DoesNotMatch("^[=+\\-@\\t\\r\\n\\0\uFF1D\uFF0B\uFF0D\uFF20]", field);
            Assert.DoesNotMatch("[;,][ \"']*[=+\\-@\uFF1D\uFF0B\uFF0D\uFF20]", field);
        }
    }

    [Fact]
    public void Commas_and_quotes_are_quoted() => Assert.Equal("a, \"b\".txt", Field("path", Rows.Row("a, \"b\".txt")));

    [Fact]
    public void Line_ends_and_direction_overrides_are_escaped() => Assert.Equal("a\\u000a\\u202egnp.exe", Field("path", Rows.Row("a\n\u202egnp.exe")));

    [Fact]
    public void Hits_are_named() => Assert.Equal("holiday (notable, sha1)", Field("hits", Rows.Row("a") with { Hits = [new HitRow(3, "sha1", null)] }));

    [Fact]
    public void Times_hashes_and_states_are_written()
    {
        ExportRow row = Rows.Row("a") with
        {
            State = EntryState.Orphan,
            Sha1 = Convert.FromHexString("2AAE6C35C94FCFB415DBE95F408B9CE91EE846ED"),
            Times = new EntryTimes(default, default, default, new EvidenceTime(0, TimeKind.UnixSeconds)),
        };
        Assert.Equal("1970-01-01T00:00:00Z", Field("created", row));
        Assert.Equal("", Field("modified", row));
        Assert.Equal("orphan", Field("state", row));
        Assert.Equal("false", Field("allocated", row));
        Assert.Equal("2aae6c35c94fcfb415dbe95f408b9ce91ee846ed", Field("sha1", row));
        Assert.Equal("RB/1", Field("exhibit", row));
    }
}
