using Cairn.CaseStore.Browse;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>A small case through every member.</summary>
public sealed class BrowseSampleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_row_of_a_case_is_on_the_pages_and_in_the_tree()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        Assert.Equal(0, browser.State.Entries);
        Assert.Empty(browser.Page(EntryQuery.All, default, PageStart.First, 100, Cancel).Rows);
        Assert.Equal(BrowseUpdate.Updated, browser.Update(null, Cancel));
        Assert.Equal(BrowseUpdate.Current, browser.Update(null, Cancel));
        EntryPage page = browser.Page(EntryQuery.All, default, PageStart.First, 100, Cancel);
        Assert.Equal(11, page.Total);
        Assert.Equal(11, page.Rows.Count);
        Assert.True(page.State.IsCurrent);
        FolderNode root = Assert.Single(browser.Roots());
        Assert.Equal((11, 0, 2), (root.RowsBelow, root.Rows, root.Folders));
        Assert.Equal(["archive.zip", "Users"], browser.Children(root.Id).Folders.Select(node => node.Path));
        FolderNode deep = browser.FindFolder(new FolderRef(1, 0, "Users/häß"))!;
        Assert.Equal(8, deep.Rows);
        Assert.Equal(["", "Users", "Users/häß"], browser.FolderWithParents(deep.Id).Select(node => node.Path));
        using CaseReader reader = CaseReader.Open(folder.Path);
        foreach (EntrySummary row in page.Rows)
        {
            EntryDetail detail = browser.Entry(row.Id, Cancel)!;
            Assert.Equivalent(reader.Entry(row.Id), detail.Full, strict: true);
            Assert.Equal(row, detail.Row with { Md5 = row.Md5, Sha1 = row.Sha1, Sha256 = row.Sha256 });
        }

        Overview overview = browser.Overview();
        Assert.Equal(11, overview.All.Rows);
        foreach (SumLine line in (SumLine[])[.. overview.States, .. overview.Families, .. overview.Sizes, .. overview.Parts, .. overview.Meanings, .. overview.Sets, .. overview.Problems, .. overview.Marks])
        {
            Assert.Equal(line.Rows, browser.Count(line.Query!, Cancel));
        }

        GalleryPage gallery = browser.Gallery(EntryQuery.All, PageStart.First, 100, Cancel);
        Assert.Equal((2, 3), (gallery.Total, gallery.Rows));
    }
}
