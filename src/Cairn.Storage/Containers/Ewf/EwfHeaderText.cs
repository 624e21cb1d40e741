using System.Globalization;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The "main" table of a header or header2 section: a line of keys and a line of values, both parted by tabs.</summary>
internal sealed class EwfHeaderText
{
    private EwfHeaderText(string format, List<KeyValuePair<string, string>> fields, bool crLf) => (Format, Fields, CrLf) = (format, fields, crLf);

    /// <summary>First line: "1" or "3" as written by most tools.</summary>
    public string Format { get; }

    /// <summary>Keys as stored ("c", "n", "av" …) and their values, in stored order, those without a value included.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>Whether lines end in CR LF.</summary>
    public bool CrLf { get; }

    /// <summary>Reads the text; null where there is no main table.</summary>
    public static EwfHeaderText? Parse(string text)
    {
        string[] lines = text.Split('\n');
        int main = -1;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimEnd('\r', '\0') == "main")
            {
                main = i;
                break;
            }
        }

        if (main < 1 || main + 2 >= lines.Length)
        {
            return null;
        }

        string[] keys = lines[main + 1].TrimEnd('\r', '\0').Split('\t');
        string[] values = lines[main + 2].TrimEnd('\r', '\0').Split('\t');
        var fields = new List<KeyValuePair<string, string>>(keys.Length);
        for (int i = 0; i < keys.Length; i++)
        {
            fields.Add(new(keys[i].Trim(), i < values.Length ? values[i] : ""));
        }

        return new EwfHeaderText(lines[0].TrimEnd('\r'), fields, lines[0].EndsWith('\r'));
    }

    /// <summary>The value of a key, or null.</summary>
    public string? Value(string key)
    {
        foreach ((string name, string value) in Fields)
        {
            if (name == key)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The field in words, or null where it says nothing or is not for showing.</summary>
    public static KeyValuePair<string, string>? Describe(string key, string value)
    {
        if (value.Length == 0)
        {
            return null;
        }

        return key switch
        {
            "c" => new("case number", value),
            "n" => new("evidence number", value),
            "a" => new("description", value),
            "e" => new("examiner", value),
            "t" => new("notes", value),
            "m" => new("acquired", Time(value)),
            "u" => new("system date", Time(value)),
            "av" => new("tool version", value),
            "ov" => new("operating system", value),
            "md" => new("model", value),
            "sn" => new("serial number", value),
            "l" => new("device label", value),
            "pid" => new("process identifier", value),
            "r" => new("compression", value switch { "n" => "none", "f" => "fast", "b" => "best", _ => value }),

            // A hash of the password that the tool asks for, not of anything that is encrypted. It is never shown.
            "p" => value == "0" ? null : new("password", "set"),
            _ => new($"header field {key}", value),
        };
    }

    /// <summary>
    /// "2026 11 24 11 26 19" is the local time of the acquiring computer, whose zone is not stored; header2 has seconds since 1970 in UTC.
    /// </summary>
    private static string Time(string value)
    {
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < 253_402_300_800)
        {
            return DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        return DateTime.TryParseExact(value, "yyyy M d H m s", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local)
            ? local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + " (local time of the acquiring computer)"
            : value;
    }
}
