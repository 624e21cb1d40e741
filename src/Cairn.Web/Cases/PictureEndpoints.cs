using Cairn.Core.Reading;

namespace Cairn.Web.Cases;

/// <summary>Pictures for the browser: always encoded anew by a worker, never the bytes of the evidence.</summary>
internal static class PictureEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/case/{key}/veil/{id:long}/{frame:int}", (HttpContext context, long id, int frame) =>
            GiveAsync(context, new ReadingRequest(ReadingAct.Veil, id, Math.Max(0, frame), 0)));
        app.MapGet("/case/{key}/clear/{id:long}/{frame:int}", (HttpContext context, CaseRecord record, long id, int frame) =>
        {
            record.Opened((OpenCase)context.Items[typeof(OpenCase)]!, context.User, id, "small picture");
            return GiveAsync(context, new ReadingRequest(ReadingAct.Thumbnail, id, Math.Max(0, frame), 0));
        });
        app.MapGet("/case/{key}/picture/{id:long}/{side:int}", (HttpContext context, CaseRecord record, long id, int side) =>
        {
            record.Opened((OpenCase)context.Items[typeof(OpenCase)]!, context.User, id, "picture");
            return GiveAsync(context, new ReadingRequest(ReadingAct.Picture, id, 0, Math.Clamp(side, 16, 4_096)));
        });
    }

    private static async Task<IResult> GiveAsync(HttpContext context, ReadingRequest request)
    {
        var open = (OpenCase)context.Items[typeof(OpenCase)]!;
        ReadingAnswer answer = await open.Content.AskAsync(request, context.RequestAborted).ConfigureAwait(false);
        // What comes from evidence is a picture and nothing else, wherever it is opened.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";
        return answer.Data.IsEmpty || answer.Status is ReadingStatus.Nothing or ReadingStatus.Failed ? Results.NoContent() : Results.Bytes(answer.Data, "image/jpeg");
    }
}
