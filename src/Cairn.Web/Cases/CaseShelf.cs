using Cairn.CaseStore;
using Cairn.CaseStore.Browse;
using Cairn.CaseStore.Review;
using Cairn.Web.Reading;

namespace Cairn.Web.Cases;

/// <summary>A folder that looks like a case and cannot be opened, with the reason.</summary>
/// <param name="Title">Name of its folder.</param>
/// <param name="Reason">Why.</param>
public sealed record BrokenCase(string Title, string Reason);

/// <summary>The cases that are served, found by the identity that each holds; a path never comes from an address.</summary>
public sealed class CaseShelf(ServeSettings settings, TimeProvider clock) : IDisposable
{
    private static readonly string Version = typeof(CaseShelf).Assembly.GetName().Version?.ToString(3) ?? "0";
    private readonly Dictionary<string, OpenCase> byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> keyOfFolder = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>The cases, by title, and what could not be opened; looks for new ones.</summary>
    public (IReadOnlyList<OpenCase> Cases, IReadOnlyList<BrokenCase> Broken) List()
    {
        List<BrokenCase> broken = [];
        lock (gate)
        {
            foreach (string folder in Folders())
            {
                try
                {
                    _ = OpenFolder(folder);
                }
                catch (CaseException error)
                {
                    broken.Add(new BrokenCase(Path.GetFileName(folder), error.Message));
                }
            }

            return ([.. byKey.Values.OrderBy(c => c.Title, StringComparer.OrdinalIgnoreCase)], broken);
        }
    }

    /// <summary>The case of this key, or null.</summary>
    public OpenCase? Find(string key)
    {
        lock (gate)
        {
            if (byKey.TryGetValue(key, out OpenCase? open))
            {
                return open;
            }
        }

        return List().Cases.FirstOrDefault(c => c.Key == key);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (OpenCase open in byKey.Values)
            {
                open.Dispose();
            }

            byKey.Clear();
        }
    }

    private IEnumerable<string> Folders()
    {
        if (settings.CaseFolder is string one)
        {
            return [Path.GetFullPath(one)];
        }

        return Directory.EnumerateDirectories(Path.GetFullPath(settings.CasesFolder!)).Where(f => File.Exists(Path.Combine(f, "case.db"))).Order(StringComparer.Ordinal);
    }

    private OpenCase OpenFolder(string folder)
    {
        if (keyOfFolder.TryGetValue(folder, out string? known) && byKey.TryGetValue(known, out OpenCase? open))
        {
            return open;
        }

        CaseReader rows = CaseReader.Open(folder);
        try
        {
            string key = rows.CaseId();
            if (byKey.TryGetValue(key, out OpenCase? other))
            {
                throw new CaseException($"it is a copy of the case in {other.Title}: serve one of the two");
            }

            CaseBrowser browser = CaseBrowser.Open(folder);
            ReviewStore review = ReviewStore.Open(folder, Version, clock);
            var content = new ReaderPool(settings.Reader, folder, settings.ThumbnailPassphrase);
            var opened = new OpenCase(key, Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), rows, browser, review, content, clock);
            keyOfFolder[folder] = key;
            byKey[key] = opened;
            return opened;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }
}
