namespace Cairn.Reports;

/// <summary>Every interchange format. One line for each.</summary>
public static class ExportCatalogue
{
    /// <summary>In the order of the help.</summary>
    public static IReadOnlyList<IExportFormat> All { get; } =
    [
        new Jsonl.JsonlExport(),
        new Csv.CsvExport(),
        new Bodyfile.BodyfileExport(),
        new CaseUco.CaseUcoExport(),
        new Vics.VicsExport(),
        new Dfxml.DfxmlExport(),
        new Timesketch.TimesketchCsvExport(),
        new Timesketch.TimesketchJsonlExport(),
    ];
}
