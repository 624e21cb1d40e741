using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.Reports.Report;
using Microsoft.AspNetCore.Mvc;

namespace Cairn.Web.Cases;

/// <summary>Makes a report and sends it as a file to keep; pictures are left out. That it was made is in the audit log, with its SHA-256.</summary>
internal static class ReportEndpoint
{
    private const int Longest = 200;
    private static readonly string Tool = $"Cairn {typeof(ReportEndpoint).Assembly.GetName().Version?.ToString(3)}";

    public static void Map(WebApplication app) => app.MapPost("/case/{key}/report/make", MakeAsync);

    private static async Task<IResult> MakeAsync(HttpContext context, CaseRecord record, TimeProvider clock, [FromForm] string? kind, [FromForm] string? length, [FromForm] string? reference, [FromForm] string? marking)
    {
        var open = (OpenCase)context.Items[typeof(OpenCase)]!;
        string ending = kind == "html" ? ".html" : ".pdf";
        string file = Path.Combine(Path.GetTempPath(), $"cairn-report-{RandomNumberGenerator.GetHexString(16, lowercase: true)}{ending}");
        try
        {
            ReportOutcome made = await Task.Run(() => ReportFile.Write(open.Rows, new ReportSettings
            {
                IsShort = length == "short",
                Reference = Given(reference),
                Marking = Given(marking),
                By = OpenCase.ActorOf(context.User).Name,
                MadeAt = clock.GetUtcNow(),
                Tool = Tool,
            }, file, context.RequestAborted), context.RequestAborted).ConfigureAwait(false);
            record.Exported(open, context.User, $"report{ending}", made.Sha256);
            // Gone from the disk once it is sent.
            FileStream stream = new(file, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";
            return Results.File(stream, ending == ".pdf" ? "application/pdf" : "text/html; charset=utf-8", $"cairn-report{ending}");
        }
        catch (CaseException)
        {
            File.Delete(file);
            return Results.LocalRedirect($"/case/{open.Key}/report?said=failed");
        }
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim() is { Length: > Longest } all ? all[..Longest] : text.Trim();
}
