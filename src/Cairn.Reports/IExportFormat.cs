using Cairn.CaseStore;

namespace Cairn.Reports;

/// <summary>An interchange format that the rows of a case are written in.</summary>
public interface IExportFormat
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Summary { get; }

    /// <summary>Writes every row to <paramref name="target"/>; rows are taken one by one, so that memory stays flat. Returns how many lines were written.</summary>
    long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel);
}
