namespace Cairn.Web.Security;

/// <summary>What a person sees in place of a page that they cannot have. Nothing of the request is in it.</summary>
internal static class RefusalPage
{
    public static Task WriteAsync(HttpResponse response)
    {
        (string title, string text) = response.StatusCode switch
        {
            400 => ("The form was refused", "It was open for too long, or did not come from this application. Go back, reload the page and try again."),
            401 => ("Not signed in", "Sign in first."),
            403 => ("Not allowed", "Your role does not allow this. That it was asked for is in the audit log."),
            404 => ("Nothing there", "There is no such page or case, or you do not belong to it."),
            429 => ("Too many attempts", "Wait a minute and try again."),
            _ => ("That did not work", "The server refused the request."),
        };
        response.ContentType = "text/html; charset=utf-8";
        return response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>{title} · Cairn</title><link rel="stylesheet" href="/app.css"><script src="/theme.js"></script></head>
            <body><main><section class="card narrow"><h1>{title}</h1><p>{text}</p><p><a href="/">Back to the cases</a></p></section></main></body></html>
            """);
    }
}
