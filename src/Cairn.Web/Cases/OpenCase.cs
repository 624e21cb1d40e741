using System.Security.Claims;
using Cairn.CaseStore;
using Cairn.CaseStore.Browse;
using Cairn.CaseStore.Review;
using Cairn.Web.Access;
using Cairn.Web.Reading;

namespace Cairn.Web.Cases;

/// <summary>A case that is open: its rows, what people did, and the processes that read its content.</summary>
public sealed class OpenCase : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMinutes(10);
    private readonly CancellationTokenSource ending = new();
    private readonly Task keeping;

    internal OpenCase(string key, string title, CaseReader rows, CaseBrowser browser, ReviewStore review, ReaderPool content, TimeProvider clock)
    {
        (Key, Title, Rows, Browser, Review, Content) = (key, title, rows, browser, review, content);
        keeping = Task.WhenAll(browser.KeepUpAsync(Rest, null, ending.Token), Task.Run(() => FollowAsync(clock)));
    }

    /// <summary>The case's identity, as addresses name it.</summary>
    public string Key { get; }

    /// <summary>Name of its folder.</summary>
    public string Title { get; }

    /// <summary>Full path of its folder.</summary>
    public string Folder => Rows.Directory;

    /// <summary>What the examination wrote.</summary>
    public CaseReader Rows { get; }

    /// <summary>The same in pages, by filters and orders.</summary>
    public CaseBrowser Browser { get; }

    /// <summary>What people did.</summary>
    public ReviewStore Review { get; }

    /// <summary>Content, through processes of its own.</summary>
    public ReaderPool Content { get; }

    /// <summary>A person as the review names them.</summary>
    public static Actor ActorOf(ClaimsPrincipal person)
    {
        ArgumentNullException.ThrowIfNull(person);
        string id = AccessList.Id(person) ?? throw new InvalidOperationException("nobody has signed in");
        string name = person.FindFirstValue(AccountClaims.DisplayName) is { Length: > 0 } shown ? shown : id;
        return new Actor(id, name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ending.Cancel();
        try
        {
            // The side file is left as it was last shown, whatever round it was at.
            ((IAsyncResult)keeping).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(5));
            _ = Review.Checkpoint();
        }
        catch (CaseException)
        {
            // What was done is stored; the next one signs it.
        }

        Content.Dispose();
        Review.Dispose();
        Browser.Dispose();
        Rows.Dispose();
        ending.Dispose();
    }

    /// <summary>Pictures that the examination finds come into the queues, and the log is signed from time to time.</summary>
    private async Task FollowAsync(TimeProvider clock)
    {
        long signed = clock.GetTimestamp();
        while (!ending.IsCancellationRequested)
        {
            try
            {
                Review.TakeOverPictures(ending.Token);
                if (clock.GetElapsedTime(signed) >= BetweenCheckpoints)
                {
                    _ = Review.Checkpoint();
                    signed = clock.GetTimestamp();
                }

                await Task.Delay(Rest * 5, ending.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (CaseException)
            {
                // The case is being written or moved; the next round tries again.
                await Task.Delay(Rest * 5, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
