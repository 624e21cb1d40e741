using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Cairn.Web.Components;

/// <summary>How pages are shown.</summary>
public static class Modes
{
    /// <summary>Over a socket, and not once before it: what a page asks for is then asked and recorded once.</summary>
    public static IComponentRenderMode Live { get; } = new InteractiveServerRenderMode(prerender: false);
}
