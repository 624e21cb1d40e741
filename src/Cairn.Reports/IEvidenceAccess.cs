using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports;

/// <summary>The evidence behind the rows of a case, for formats that say where bytes lie or hand them on. Not safe from many threads.</summary>
public interface IEvidenceAccess
{
    /// <summary>The runs of a stream on its volume in file order, empty where it has none.</summary>
    /// <exception cref="EvidenceException">The evidence is not where it was, or no longer opens.</exception>
    /// <exception cref="MalformedDataException">The stream's metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The stream's metadata cannot be read.</exception>
    IReadOnlyList<Extent> Runs(ExportRow row);

    /// <summary>The content of a stream; the caller disposes it before the next call.</summary>
    /// <exception cref="EvidenceException">The evidence is not where it was, or no longer opens.</exception>
    /// <exception cref="MalformedDataException">The stream's metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The stream's metadata cannot be read.</exception>
    IByteSource Open(ExportRow row);
}
