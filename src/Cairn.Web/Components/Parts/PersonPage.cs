using System.Security.Claims;
using Cairn.CaseStore.Browse;
using Cairn.Web.Access;
using Cairn.Web.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;

namespace Cairn.Web.Components.Parts;

/// <summary>A page over a socket: knows who is at it and leaves when their session ends.</summary>
public abstract class PersonPage : ComponentBase, IDisposable
{
    /// <summary>Asks whether one may.</summary>
    [Inject]
    protected Gate Gate { get; set; } = null!;

    /// <summary>Who belongs to which case.</summary>
    [Inject]
    protected AccessList Access { get; set; } = null!;

    /// <summary>Where the browser is.</summary>
    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    /// <summary>The browser's side.</summary>
    [Inject]
    protected IJSRuntime Script { get; set; } = null!;

    [Inject]
    private AuthenticationStateProvider State { get; set; } = null!;

    /// <summary>Who is at the page.</summary>
    protected ClaimsPrincipal Person { get; private set; } = new();

    /// <summary>Account id of who is at the page.</summary>
    protected string PersonId => AccessList.Id(Person) ?? "";

    /// <summary>Why nothing is shown, or null.</summary>
    protected string? Refusal { get; set; }

    /// <summary>Everything is there to be shown.</summary>
    protected bool IsReady { get; private set; }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        State.AuthenticationStateChanged += OnChanged;
        Person = (await State.GetAuthenticationStateAsync()).User;
        await Guarded(async () =>
        {
            Enter();
            await LoadAsync();
            IsReady = true;
        });
    }

    /// <summary>Asks whether this person may be here.</summary>
    protected abstract void Enter();

    /// <summary>Fetches what is shown first.</summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    /// <summary>Runs an act; a refusal or a case that cannot be read is shown in place of the page.</summary>
    protected async Task Guarded(Func<Task> act)
    {
        ArgumentNullException.ThrowIfNull(act);
        try
        {
            await act();
        }
        catch (RefusedException refused)
        {
            Refusal = refused.Message;
        }
        catch (CaseStore.CaseException error)
        {
            Refusal = error.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the page holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && State is not null)
        {
            State.AuthenticationStateChanged -= OnChanged;
        }
    }

    private void OnChanged(Task<AuthenticationState> changed) => _ = InvokeAsync(async () =>
    {
        if ((await changed).User.Identity?.IsAuthenticated != true)
        {
            Refusal = "The session has ended.";
            StateHasChanged();
            Navigation.NavigateTo("/signed-out", forceLoad: true);
        }
    });
}

/// <summary>A page of a case.</summary>
public abstract class CasePage : PersonPage
{
    private CancellationTokenSource? following;

    /// <summary>The case, from the address.</summary>
    [Parameter]
    public string Key { get; set; } = "";

    /// <summary>What the page needs.</summary>
    protected abstract Permission Needed { get; }

    /// <summary>The case.</summary>
    protected Cases.OpenCase Case { get; private set; } = null!;

    /// <summary>Whether this person may also do something else here.</summary>
    protected bool May(Permission permission) => Access.Allows(Person, Key, permission);

    /// <inheritdoc/>
    protected override void Enter() => Case = Gate.Enter(Person, Key, Needed);

    /// <summary>
    /// Looks every second whether the examination has brought more, and calls <paramref name="come"/> where it has. It ends with the page, and does not
    /// keep a session alive.
    /// </summary>
    protected void Follow(Func<BrowseState> shown, Func<Task> come)
    {
        ArgumentNullException.ThrowIfNull(shown);
        ArgumentNullException.ThrowIfNull(come);
        if (following is null)
        {
            following = new CancellationTokenSource();
            _ = FollowAsync(shown, come, following.Token);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && following is not null)
        {
            following.Cancel();
            following.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FollowAsync(Func<BrowseState> shown, Func<Task> come, CancellationToken cancel)
    {
        try
        {
            using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
            while (await timer.WaitForNextTickAsync(cancel))
            {
                await InvokeAsync(() => Guarded(async () =>
                {
                    if (!cancel.IsCancellationRequested && Refusal is null && Case.Browser.State != shown())
                    {
                        _ = Gate.Enter(Person, Key, Needed, isAct: false);
                        await come();
                        StateHasChanged();
                    }
                }));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The page is gone.
        }
    }

    /// <summary>An act on the page: asks anew, whatever was allowed when the page was opened.</summary>
    protected Task Act(Permission permission, Func<Task> act) => Guarded(() =>
    {
        _ = Gate.Enter(Person, Key, permission);
        return act();
    });
}
