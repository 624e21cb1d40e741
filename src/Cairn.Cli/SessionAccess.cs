using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Engine;
using Cairn.Reports;

namespace Cairn.Cli;

/// <summary>Gives exports the evidence that the engine holds open.</summary>
internal sealed class SessionAccess(CaseReader reader, IReadOnlyList<string> passwords) : IEvidenceAccess, IDisposable
{
    private readonly EvidenceSession session = new(reader, passwords);

    public IReadOnlyList<Extent> Runs(ExportRow row) => session.Runs(row);

    public IByteSource Open(ExportRow row) => session.Open(row);

    public void Dispose() => session.Dispose();
}
