using System.Globalization;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>Whose the clusters of deleted files are now, held against what the Sleuth Kit says (tools/tsk_owners.py).</summary>
public sealed class ClusterOwnersTests : IDisposable
{
    private const int ClusterSize = 512;
    private readonly TempFolder folder = new();

    public ClusterOwnersTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_cluster_in_use_names_the_entry_that_the_Sleuth_Kit_finds_there()
    {
        MemoryByteSource media = new(TestFiles.Fixture("ntfs/fragments.img.gz"));
        await Examiner.RunAsync(
            new ExamineOptions { Evidence = ["memory"], CaseDirectory = folder.File("case"), KnownDirectory = folder.File("known"), Workers = 1 },
            new RecordingObserver(), (path, _) => new OpenEvidence { Path = path, Container = new MemoryContainer(media) }, TestContext.Current.CancellationToken);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        Dictionary<long, ExportRow> rows = reader.Entries().ToDictionary(row => row.Id);
        ILookup<string, ExportRow> deleted = rows.Values.Where(row => row.State != EntryState.Allocated && row.Claims.Count > 0).ToLookup(row => row.Address);
        HashSet<string> streams = [.. rows.Values.Where(row => row.State == EntryState.Allocated).Select(row => row.Address)];
        int named = 0, ownStructures = 0;
        foreach (string line in TestFiles.FixtureText("ntfs/fragments.owners.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split('|');
            long at = long.Parse(fields[1], CultureInfo.InvariantCulture) * ClusterSize;
            string[] owners = fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries);
            foreach (ExportRow row in deleted[fields[0]])
            {
                ClaimRow claim = row.Claims.Single(c => c.VolumeOffset <= at && at < c.VolumeOffset + c.Length);
                Assert.Equal(ClaimState.InUse, claim.State);
                if (claim.OtherEntryId is long other)
                {
                    Assert.Equal(EntryState.Allocated, rows[other].State);
                    Assert.Contains(rows[other].Address, owners);
                    named++;
                }
                else
                {
                    // Attribute lists and security descriptors lie in clusters too, and are no entries.
                    Assert.DoesNotContain(owners, streams.Contains);
                    ownStructures++;
                }
            }
        }

        Assert.True(named > 900, $"{named}");
        Assert.Equal(3, ownStructures);
    }
}
