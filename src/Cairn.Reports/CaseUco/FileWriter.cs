using System.Globalization;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.CaseUco;

/// <summary>A stream of an entry as an observable object with its facets, where it lies, and what was found about it.</summary>
internal sealed class FileWriter(NodeWriter node, ExportContext context)
{
    public void Write(ExportRow row)
    {
        string name = Id.Row(row.Id);
        bool alternate = row.Id != row.FirstId;
        string fileName = row.Path[(row.Path.LastIndexOf('/') + 1)..];
        Open(name, row, alternate);
        node.Text("uco-core:name", alternate ? $"{fileName}:{row.Stream}" : fileName);
        if (row.Problems.Count > 0)
        {
            node.Texts("uco-core:description", row.Problems.Select(p => $"{FieldWords.Of(p.Kind)}: {p.Place}: {p.Reason}"));
        }

        node.OpenList("uco-core:hasFacet");
        if (alternate)
        {
            node.Open($"{name}/stream", "uco-observable:AlternateDataStreamFacet");
            node.Text("uco-core:name", row.Stream);
            node.Integer("uco-observable:size", row.Size);
            node.Close();
        }
        else
        {
            File(name, row, fileName);
            Inode(name, row);
        }

        Content(name, row);
        Picture(name, row);
        node.CloseList();
        node.Close();
        Place(name, row, alternate);
        for (int i = 0; i < row.Hits.Count; i++)
        {
            Hit(name, row.Hits[i], i);
        }
    }

    private void Open(string name, ExportRow row, bool alternate)
    {
        if (alternate)
        {
            // The next version of the ontology makes a stream a thing of the file system.
            node.Open(name, "uco-observable:AlternateDataStream", "uco-observable:FileSystemObject");
            return;
        }

        node.Open(name, row.Type switch
        {
            EntryType.File when row.Picture is { Kind: PictureKind.Still } => "uco-observable:RasterPicture",
            EntryType.File => "uco-observable:File",
            EntryType.Directory => "uco-observable:Directory",
            EntryType.Link => "uco-observable:SymbolicLink",
            EntryType.BlockDevice => "uco-observable:BlockDeviceNode",
            EntryType.CharacterDevice => "uco-observable:CharacterDeviceNode",
            EntryType.Fifo => "uco-observable:NamedPipe",
            EntryType.Socket => "uco-observable:Socket",
            EntryType.Virtual => "uco-observable:ContentData",
            _ => "uco-observable:FileSystemObject",
        });
    }

    private void File(string name, ExportRow row, string fileName)
    {
        node.Open($"{name}/file", "uco-observable:FileFacet");
        node.Text("uco-observable:fileName", fileName.Length == 0 ? "/" : fileName);
        node.Text("uco-observable:filePath", "/" + row.Path);
        int dot = fileName.LastIndexOf('.');
        node.Text("uco-observable:extension", dot > 0 && row.Type == EntryType.File ? fileName[(dot + 1)..] : null);
        node.Text("uco-observable:allocationStatus", FieldWords.Of(row.State));
        node.Boolean("uco-observable:isDirectory", row.Type == EntryType.Directory);
        node.Integer("uco-observable:sizeInBytes", row.Size);
        node.Time("uco-observable:modifiedTime", row.Times.Modified);
        node.Time("uco-observable:accessedTime", row.Times.Accessed);
        node.Time("uco-observable:metadataChangeTime", row.Times.Changed);
        node.Time("uco-observable:observableCreatedTime", row.Times.Created);
        node.Close();
    }

    private void Inode(string name, ExportRow row)
    {
        if (row.Member is not null || row.Type == EntryType.Virtual)
        {
            return;
        }

        string system = context.VolumeOf(row)?.FileSystem?.TypeName ?? "";
        if (system == "NTFS")
        {
            node.Open($"{name}/ntfs", "uco-observable:NTFSFileFacet");
            node.Integer("uco-observable:entryID", row.Key);
            node.Close();
        }
        else if (system.StartsWith("ext", StringComparison.Ordinal))
        {
            node.Open($"{name}/ext", "uco-observable:ExtInodeFacet");
            node.Integer("uco-observable:extInodeID", row.Key);
            node.Integer("uco-observable:extHardLinkCount", row.LinkCount);
            node.Integer("uco-observable:extSUID", row.Uid);
            node.Integer("uco-observable:extSGID", row.Gid);
            node.Integer("uco-observable:extPermissions", row.Mode is int mode ? mode & 0xFFF : null);
            node.Time("uco-observable:extDeletionTime", row.Deleted);
            node.Time("uco-observable:extInodeChangeTime", row.Times.Changed);
            node.Close();
        }
    }

    private void Content(string name, ExportRow row)
    {
        if (row.Type == EntryType.Directory || (row.Md5 is null && row.Sha1 is null && row.Sha256 is null && row.Mime is null && row.Status != ContentStatus.Encrypted))
        {
            return;
        }

        node.Open($"{name}/content", "uco-observable:ContentDataFacet");
        node.Hashes($"{name}/content", [("MD5", row.Md5), ("SHA1", row.Sha1), ("SHA256", row.Sha256)]);
        node.Text("uco-observable:mimeType", row.Mime);
        if (row.Status == ContentStatus.Encrypted)
        {
            node.Boolean("uco-observable:isEncrypted", true);
        }

        node.Integer("uco-observable:sizeInBytes", row.Size);
        node.Close();
    }

    private void Picture(string name, ExportRow row)
    {
        if (row.Picture is not StoredPicture picture)
        {
            return;
        }

        if (picture.Kind == PictureKind.Still)
        {
            node.Open($"{name}/picture", "uco-observable:RasterPictureFacet");
            node.Text("uco-observable:pictureType", picture.Format);
            node.Integer("uco-observable:pictureWidth", picture.Width > 0 ? picture.Width : null);
            node.Integer("uco-observable:pictureHeight", picture.Height > 0 ? picture.Height : null);
            node.Close();
        }

        // A dictionary has a value for each key; one without a value says nothing.
        KeyValuePair<string, string>[] facts = [.. picture.Facts.Where(fact => fact.Key.Length > 0 && fact.Value.Length > 0)];
        if (facts.Length == 0)
        {
            return;
        }

        node.Open($"{name}/exif", "uco-observable:EXIFFacet");
        node.OpenList("uco-observable:exifData");
        node.Open($"{name}/exif/data", "uco-types:ControlledDictionary");
        node.OpenList("uco-types:entry");
        foreach (KeyValuePair<string, string> fact in facts)
        {
            node.Open($"{name}/exif/data/{fact.Key}", "uco-types:ControlledDictionaryEntry");
            node.Text("uco-types:key", fact.Key);
            node.Text("uco-types:value", fact.Value);
            node.Close();
        }

        node.CloseList();
        node.Close();
        node.CloseList();
        node.Close();
    }

    private void Place(string name, ExportRow row, bool alternate)
    {
        string outer = alternate ? Id.Row(row.FirstId)
            : row.Member is StoredMember member ? Id.Row(member.ParentId)
            : row.VolumeIndex is int index && context.VolumeOf(row) is { Volume.Kind: VolumeKind.Partition } ? Id.Volume(row.EvidenceId, index)
            : Id.Evidence(row.EvidenceId);
        node.Within(name, outer);
    }

    private void Hit(string name, HitRow hit, int number)
    {
        string finding = string.Create(CultureInfo.InvariantCulture, $"{name}/hit/{number}");
        node.Open(finding, "uco-analysis:AnalyticResult");
        node.Text("uco-core:name", "hit on a known set");
        node.Text("uco-core:statement", HitWords.Explain(hit, context));
        node.Reference("uco-analysis:resultContent", name);
        node.OpenList("uco-core:hasFacet");
        node.Open($"{finding}/class", "uco-analysis:ArtifactClassificationResultFacet");
        node.OpenList("uco-analysis:classification");
        node.Open($"{finding}/class/meaning", "uco-analysis:ArtifactClassification");
        node.Texts("uco-analysis:class", new[] { context.MeaningOf(hit), hit.Entry?.Category }.OfType<string>().Where(text => text.Length > 0).DefaultIfEmpty("known set").Distinct(StringComparer.Ordinal));
        node.Close();
        node.CloseList();
        node.Close();
        node.CloseList();
        node.Close();
    }
}
