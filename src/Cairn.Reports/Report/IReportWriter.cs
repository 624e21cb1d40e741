namespace Cairn.Reports.Report;

/// <summary>Sets a report as a document of one kind.</summary>
internal interface IReportWriter
{
    /// <summary>Writes it; memory does not grow with what the sections hold.</summary>
    void Write(ReportDocument document, Stream target, CancellationToken cancel);
}
