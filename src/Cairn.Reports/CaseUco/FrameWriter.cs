using System.Globalization;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.CaseUco;

/// <summary>What the files hang on: investigation, people, tools, examinations, exhibits and volumes.</summary>
internal sealed class FrameWriter(NodeWriter node, ExportContext context)
{
    private IReadOnlyList<ExaminationRun> Examinations { get; } = [.. context.Runs.Where(run => run.Command == "examine")];

    public void Write()
    {
        Investigation();
        foreach (string who in Examinations.Select(run => run.Who).Distinct(StringComparer.Ordinal))
        {
            node.Open(Id.Person(who), "uco-identity:Identity");
            node.Text("uco-core:name", who);
            node.Text("uco-core:description", "User of the operating system under whom Cairn ran");
            node.Close();
        }

        foreach (string host in Examinations.Select(run => run.Host).Distinct(StringComparer.Ordinal))
        {
            node.Open(Id.Host(host), "uco-observable:Device");
            node.Text("uco-core:name", host);
            node.Close();
        }

        foreach (string tool in Examinations.Select(run => run.Tool).Append(context.Tool).Distinct(StringComparer.Ordinal))
        {
            int space = tool.LastIndexOf(' ');
            node.Open(Id.Tool(tool), "uco-tool:AnalyticTool");
            node.Text("uco-core:name", space < 0 ? tool : tool[..space]);
            node.Text("uco-tool:toolType", "digital evidence examination");
            node.Text("uco-tool:version", space < 0 ? null : tool[(space + 1)..]);
            node.Close();
        }

        foreach (ExaminationRun run in Examinations)
        {
            Examination(run);
        }

        foreach (StoredEvidence evidence in context.Evidence)
        {
            Evidence(evidence);
            foreach (VolumeRow volume in context.VolumesOf(evidence.Id))
            {
                Volume(evidence, volume);
            }
        }
    }

    private void Investigation()
    {
        node.Open(Id.Investigation, "case-investigation:Investigation");
        node.Text("uco-core:name", $"Case {context.CaseId}");
        node.Text("case-investigation:investigationForm", "case");
        node.References("uco-core:object", Examinations.Select(run => Id.Run(run.Id)).Concat(context.Evidence.SelectMany(e => new[] { Id.Exhibit(e.Id), Id.Results(e.Id) })));
        node.Close();
    }

    private void Examination(ExaminationRun run)
    {
        node.Open(Id.Run(run.Id), "case-investigation:InvestigativeAction", "uco-analysis:Analysis");
        node.Text("uco-core:name", "examination");
        node.Text("uco-core:description", "Volumes and file systems were read, files listed, hashed, typed and looked up in known sets");
        node.Text("uco-action:actionStatus", run.End is null ? "Unknown" : "Complete/Finish");
        node.Typed("uco-action:startTime", "xsd:dateTime", run.Start);
        node.Typed("uco-action:endTime", "xsd:dateTime", run.End);
        node.Reference("uco-action:performer", Id.Person(run.Who));
        node.Reference("uco-action:environment", Id.Host(run.Host));
        node.Reference("uco-action:instrument", Id.Tool(run.Tool));
        long[] evidence = [.. run.Evidence.Where(id => context.Evidence.Any(e => e.Id == id))];
        node.References("uco-action:object", evidence.Select(Id.Evidence));
        node.References("uco-action:result", evidence.Select(Id.Results));
        node.Close();
    }

    private void Evidence(StoredEvidence evidence)
    {
        string name = Id.Evidence(evidence.Id), exhibit = context.ExhibitName(evidence.Id);
        EvidenceRow row = evidence.Row;
        string fileName = Path.GetFileName(row.Path.TrimEnd(Path.DirectorySeparatorChar));
        if (!row.IsLogical)
        {
            node.Open(name, "uco-observable:Image", "uco-observable:File");
        }
        else
        {
            node.Open(name, row.TypeName == "folder" ? "uco-observable:Directory" : "uco-observable:ArchiveFile");
        }

        node.Text("uco-core:name", exhibit);
        if (row.Metadata.Count > 0 || row.StoredHashes.Count > 0)
        {
            node.Texts("uco-core:description", row.Metadata.Select(pair => $"{pair.Key}: {pair.Value}")
                .Concat(row.StoredHashes.Select(hash => $"{hash.Algorithm} stored in the container ({hash.Source}): {Convert.ToHexStringLower(hash.Value)}")));
        }

        node.OpenList("uco-core:hasFacet");
        node.Open($"{name}/file", "uco-observable:FileFacet");
        node.Text("uco-observable:fileName", fileName);
        node.Text("uco-observable:filePath", row.Path);
        node.Close();
        if (!row.IsLogical)
        {
            node.Open($"{name}/image", "uco-observable:ImageFacet");
            node.Text("uco-observable:imageType", row.TypeName);
            node.Close();
            // Of the media in the image, not of the image's files.
            node.Open($"{name}/content", "uco-observable:ContentDataFacet");
            node.Hashes($"{name}/content", context.MediaHashesOf(evidence.Id).Select(hash => (hash.Algorithm, (byte[]?)hash.Value)));
            node.Integer("uco-observable:sizeInBytes", row.Size);
            node.Close();
        }

        node.CloseList();
        node.Close();

        node.Open(Id.Exhibit(evidence.Id), "case-investigation:ProvenanceRecord");
        node.Text("uco-core:description", "The exhibit as it was given to the examination");
        node.Text("case-investigation:exhibitNumber", row.Exhibit);
        node.References("uco-core:object", [name]);
        node.Close();

        node.Open(Id.Results(evidence.Id), "case-investigation:ProvenanceRecord");
        node.Text("uco-core:description", "What the examination of the exhibit found");
        node.Text("case-investigation:rootExhibitNumber", row.Exhibit);
        node.References("uco-core:object", [name]);
        node.Close();
    }

    private void Volume(StoredEvidence evidence, VolumeRow volume)
    {
        if (volume.Volume.Kind != VolumeKind.Partition || evidence.Row.IsLogical)
        {
            return;
        }

        string name = Id.Volume(evidence.Id, volume.Index);
        if (volume.FileSystem is null)
        {
            node.Open(name, "uco-observable:DiskPartition");
        }
        else
        {
            node.Open(name, "uco-observable:DiskPartition", "uco-observable:FileSystem", "uco-observable:Volume");
        }

        node.Text("uco-core:name", volume.FileSystem?.Label ?? volume.Volume.Label);
        node.OpenList("uco-core:hasFacet");
        node.Open($"{name}/partition", "uco-observable:DiskPartitionFacet");
        node.Text("uco-observable:diskPartitionType", volume.Volume.TypeName ?? volume.Volume.TypeCode);
        node.Text("uco-observable:partitionID", volume.Index.ToString(CultureInfo.InvariantCulture));
        node.Integer("uco-observable:partitionOffset", volume.Volume.Offset);
        node.Integer("uco-observable:partitionLength", volume.Volume.Length);
        node.Close();
        if (volume.FileSystem is FileTreeInfo system)
        {
            node.Open($"{name}/fileSystem", "uco-observable:FileSystemFacet");
            node.Text("uco-observable:fileSystemType", system.TypeName);
            node.Integer("uco-observable:clusterSize", system.ClusterSize > 0 ? system.ClusterSize : null);
            node.Close();
            node.Open($"{name}/volume", "uco-observable:VolumeFacet");
            node.Text("uco-observable:volumeID", system.SerialOrUuid);
            node.Integer("uco-observable:sectorSize", evidence.Row.SectorSize > 0 ? evidence.Row.SectorSize : null);
            node.Close();
        }

        node.CloseList();
        node.Close();
        node.Within(name, Id.Evidence(evidence.Id));
    }
}
