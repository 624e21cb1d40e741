using Cairn.CaseStore;
using Cairn.Web.Reading;

namespace Cairn.Web.Cases;

/// <summary>A case that is open: its rows, and the processes that read its content.</summary>
public sealed class OpenCase : IDisposable
{
    internal OpenCase(string key, string title, CaseReader rows, ReaderPool content) => (Key, Title, Rows, Content) = (key, title, rows, content);

    /// <summary>The case's identity, as addresses name it.</summary>
    public string Key { get; }

    /// <summary>Name of its folder.</summary>
    public string Title { get; }

    /// <summary>Full path of its folder.</summary>
    public string Folder => Rows.Directory;

    /// <summary>What the examination wrote.</summary>
    public CaseReader Rows { get; }

    /// <summary>Content, through processes of its own.</summary>
    public ReaderPool Content { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Content.Dispose();
        Rows.Dispose();
    }
}
