using System.CommandLine;
using Cairn.Reports.Report;

namespace Cairn.Cli.Options;

/// <summary>--without PARTS: parts of a report that are left out.</summary>
internal sealed class WithoutOption : Option<IReadOnlySet<ReportPart>>
{
    private static readonly Dictionary<string, ReportPart> Parts = new(StringComparer.Ordinal)
    {
        ["method"] = ReportPart.Method,
        ["hits"] = ReportPart.Hits,
        ["grades"] = ReportPart.Grades,
        ["files"] = ReportPart.Files,
        ["timeline"] = ReportPart.Timeline,
        ["problems"] = ReportPart.Problems,
        ["glossary"] = ReportPart.Glossary,
    };

    public WithoutOption()
        : base("--without")
    {
        Description = $"Parts to leave out, with commas between: {string.Join(", ", Parts.Keys)}. Counts and limits stay.";
        HelpName = "PARTS";
        DefaultValueFactory = _ => new HashSet<ReportPart>();
        CustomParser = result =>
        {
            HashSet<ReportPart> parts = [];
            foreach (string name in result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (Parts.TryGetValue(name, out ReportPart part))
                {
                    parts.Add(part);
                }
                else
                {
                    result.AddError($"a report has no part '{name}': --without takes {string.Join(", ", Parts.Keys)}, with commas between");
                }
            }

            return parts;
        };
    }
}
