using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--json: one JSON object on standard output.</summary>
internal sealed class JsonOption : Option<bool>
{
    public JsonOption()
        : base("--json") =>
        Description = "Write the result as one JSON object on standard output.";
}
