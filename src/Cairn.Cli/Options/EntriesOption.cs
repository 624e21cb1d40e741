using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli.Options;

/// <summary>--entries LIST: entries by their ids.</summary>
internal sealed class EntriesOption : Option<IReadOnlySet<long>?>
{
    private const int Most = 1_000_000;

    public EntriesOption()
        : base("--entries")
    {
        Description = "Only the entries with these row ids (the id of an export): 12,15,20-30.";
        HelpName = "LIST";
        CustomParser = result =>
        {
            IReadOnlySet<long>? ids = Parse(result.Tokens[0].Value);
            if (ids is null)
            {
                result.AddError($"--entries takes row ids and ranges of them, for example 12,15,20-30, a million at most");
            }

            return ids;
        };
    }

    private static HashSet<long>? Parse(string text)
    {
        HashSet<long> ids = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-', 2);
            if (!Number(ends[0], out long first) || !Number(ends[^1], out long last) || last < first || last - first >= Most)
            {
                return null;
            }

            for (long id = first; id <= last; id++)
            {
                ids.Add(id);
            }

            if (ids.Count > Most)
            {
                return null;
            }
        }

        return ids.Count > 0 ? ids : null;
    }

    private static bool Number(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
