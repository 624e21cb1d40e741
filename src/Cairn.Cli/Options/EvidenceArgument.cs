using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>EVIDENCE: what is examined or verified.</summary>
internal sealed class EvidenceArgument : Argument<string[]>
{
    public EvidenceArgument(ArgumentArity arity)
        : base("EVIDENCE")
    {
        Description = "Disk image (first segment: E01, Ex01, raw, 001…), block device, folder or archive.";
        Arity = arity;
    }
}
