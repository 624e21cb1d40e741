using System.CommandLine;
using Cairn.Known;

namespace Cairn.Cli.Options;

/// <summary>--format F: how the file of an imported set is written.</summary>
internal sealed class KnownFormatOption : Option<KnownFormat>
{
    private static readonly Dictionary<string, KnownFormat> Names = new(StringComparer.Ordinal)
    {
        ["auto"] = KnownFormat.Auto,
        ["text"] = KnownFormat.Text,
        ["csv"] = KnownFormat.Csv,
        ["nsrl"] = KnownFormat.Nsrl,
        ["encase"] = KnownFormat.EnCase,
        ["vics"] = KnownFormat.Vics,
        ["pdq"] = KnownFormat.Pdq,
    };

    public KnownFormatOption()
        : base("--format")
    {
        Description = "How the file is written: auto (from its first bytes), text (md5sum and its like, bare hashes), csv (NSRL 2 too), nsrl (RDS 3, SQLite), encase, vics (Project VIC's JSON; needs --categories), pdq (lists of PDQ hashes, text or JSON; 64 digits alone are taken for SHA-256 otherwise).";
        HelpName = string.Join('|', Names.Keys);
        DefaultValueFactory = _ => KnownFormat.Auto;
        CustomParser = result =>
        {
            if (Names.TryGetValue(result.Tokens[0].Value, out KnownFormat format))
            {
                return format;
            }

            result.AddError($"--format takes {string.Join(", ", Names.Keys)}, not '{result.Tokens[0].Value}'");
            return KnownFormat.Auto;
        };
    }
}
