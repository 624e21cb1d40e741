using Cairn.CaseStore.Browse;
using Microsoft.JSInterop;

namespace Cairn.Web.Components.Parts;

/// <summary>
/// A page over a list that may be millions long: only what is on the screen is fetched and drawn, whatever the position. The browser tells of its
/// size, of the wheel, of the slider and of keys; where the list is and which item is current is known here alone.
/// </summary>
public abstract class ListPage : CasePage
{
    private DotNetObjectReference<ListPage>? self;
    private bool isListening;
    private bool isMoving;
    private long? wanted;

    /// <summary>First item on the screen, in lines.</summary>
    protected long FirstLine { get; private set; }

    /// <summary>Lines on the screen.</summary>
    protected int Lines { get; private set; } = 20;

    /// <summary>Items in a line.</summary>
    protected int Columns { get; private set; } = 1;

    /// <summary>Position of the current item.</summary>
    protected long Current { get; set; }

    /// <summary>Items in all.</summary>
    protected long Total { get; set; }

    /// <summary>Lines in all.</summary>
    protected long AllLines => (Total + Columns - 1) / Columns;

    /// <summary>The first line that the screen can begin with.</summary>
    protected long LastFirstLine => Math.Max(0, AllLines - Lines);

    /// <summary>Selector of the box.</summary>
    protected abstract string Box { get; }

    /// <summary>Keys that the page takes, besides those that move.</summary>
    protected abstract IReadOnlyList<string> Keys { get; }

    /// <summary>Space is held to look.</summary>
    protected virtual bool Holds => false;

    /// <summary>How many items fit beside each other, and how high a line is, for a box of this size.</summary>
    protected virtual (int Columns, double LineHeight) Layout(double width) => (1, 29);

    /// <summary>What part of the case is on the screen.</summary>
    protected abstract BrowseState Shown { get; }

    /// <summary>Fetches what is on the screen.</summary>
    protected abstract Task FetchAsync();

    /// <summary>A key of the page.</summary>
    protected abstract Task KeyAsync(string key, bool shift);

    /// <summary>The browser says how large the box is.</summary>
    [JSInvokable]
    public async Task OnSize(double width, double height)
    {
        long at = FirstLine * Columns;
        (Columns, double line) = Layout(width);
        Columns = Math.Clamp(Columns, 1, 64);
        Lines = Math.Clamp((int)(height / line), 1, 200);
        FirstLine = Math.Clamp(at / Columns, 0, LastFirstLine);
        await FetchAndShowAsync();
    }

    /// <summary>The wheel was turned.</summary>
    [JSInvokable]
    public Task OnScrollBy(int lines) => MoveToLineAsync(FirstLine + lines);

    /// <summary>The slider was moved.</summary>
    [JSInvokable]
    public Task OnScrollTo(long line) => MoveToLineAsync(line);

    /// <summary>A key was pressed.</summary>
    [JSInvokable]
    public async Task OnKey(string key, bool shift)
    {
        long to = key switch
        {
            "ArrowUp" => Current - Columns,
            "ArrowDown" => Current + Columns,
            "ArrowLeft" when Columns > 1 => Current - 1,
            "ArrowRight" when Columns > 1 => Current + 1,
            "PageUp" => Current - ((long)Lines * Columns),
            "PageDown" => Current + ((long)Lines * Columns),
            "Home" => 0,
            "End" => Total - 1,
            _ => -1,
        };
        if (key is "ArrowUp" or "ArrowDown" or "ArrowLeft" or "ArrowRight" or "PageUp" or "PageDown" or "Home" or "End")
        {
            await SetCurrentAsync(to);
        }
        else
        {
            await KeyAsync(key, shift);
            StateHasChanged();
        }
    }

    /// <summary>Makes an item current and brings it onto the screen.</summary>
    protected async Task SetCurrentAsync(long position)
    {
        Current = Math.Clamp(position, 0, Math.Max(0, Total - 1));
        long line = Current / Columns;
        if (line < FirstLine)
        {
            await MoveToLineAsync(line);
        }
        else if (line >= FirstLine + Lines)
        {
            await MoveToLineAsync(line - Lines + 1);
        }
        else
        {
            await CurrentChangedAsync();
            StateHasChanged();
        }
    }

    /// <summary>Another item is current.</summary>
    protected virtual Task CurrentChangedAsync() => Task.CompletedTask;

    /// <summary>Goes back to the first item, for another question.</summary>
    protected async Task RestartAsync()
    {
        Current = 0;
        FirstLine = 0;
        await FetchAndShowAsync();
    }

    /// <summary>Fetches what is on the screen and draws it.</summary>
    protected async Task FetchAndShowAsync()
    {
        await Guarded(async () =>
        {
            Enter();
            await FetchAsync();
        });
        await CurrentChangedAsync();
        StateHasChanged();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (IsReady && !isListening && Refusal is null)
        {
            isListening = true;
            self = DotNetObjectReference.Create(this);
            string[] moves = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"];
            await Script.InvokeVoidAsync("cairn.listen", self, (string[])[.. moves, .. Keys], moves, Holds);
            await Script.InvokeVoidAsync("cairn.list", Box, self);
            Follow(() => Shown, FetchAsync);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            self?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Fast turning asks for many places: only the latest is fetched.</summary>
    private async Task MoveToLineAsync(long line)
    {
        wanted = Math.Clamp(line, 0, LastFirstLine);
        if (isMoving)
        {
            return;
        }

        isMoving = true;
        try
        {
            while (wanted is long next && (next != FirstLine || Current / Columns < FirstLine || Current / Columns >= FirstLine + Lines))
            {
                wanted = null;
                FirstLine = next;
                // The current item stays on the screen, as a cursor does.
                Current = Math.Clamp(Current, Math.Min(FirstLine * Columns, Math.Max(0, Total - 1)), Math.Max(0, Math.Min(Total, (FirstLine + Lines) * Columns) - 1));
                await FetchAndShowAsync();
            }
        }
        finally
        {
            isMoving = false;
        }
    }
}
