using System.Globalization;
using System.Text;
using System.Xml;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Dfxml;

/// <summary>
/// Digital Forensics XML as the Sleuth Kit's fiwalk writes it and the schema allows: a volume for each file system, a file object for each
/// stream of each entry, with byte runs where the evidence is there. See README.md.
/// </summary>
internal sealed class DfxmlExport : IExportFormat
{
    internal const string Namespace = "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML";
    internal const string OwnNamespace = "urn:cairn:dfxml";
    private const string DublinCore = "http://purl.org/dc/elements/1.1/";

    public string Name => "dfxml";

    public string Summary => "Digital Forensics XML as fiwalk writes it, with byte runs where the evidence is there";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        var settings = new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = true,
            NewLineChars = "\n",
            // A carriage return in a name stays one.
            NewLineHandling = NewLineHandling.Entitize,
            CloseOutput = false,
        };
        using XmlWriter xml = XmlWriter.Create(target, settings);
        Head(xml, context);
        var place = new Place();
        long objects = 0;
        foreach (ExportRow row in rows)
        {
            if ((++objects & 0x3FF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            if (row.Member is not null)
            {
                // It has no place on the media; the file that it lies in has.
                objects--;
                continue;
            }

            if (!place.IsAt(row))
            {
                if (place.Inside)
                {
                    xml.WriteEndElement();
                }

                place.GoTo(row, context);
                OpenVolume(xml, row, place.Volume, context);
            }

            FileObject(xml, row, place, context);
        }

        if (place.Inside)
        {
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndDocument();
        return objects;
    }

    private static void Head(XmlWriter xml, ExportContext context)
    {
        xml.WriteStartDocument();
        xml.WriteStartElement("dfxml", Namespace);
        xml.WriteAttributeString("xmlns", "dc", null, DublinCore);
        xml.WriteAttributeString("xmlns", "cairn", null, OwnNamespace);
        xml.WriteAttributeString("version", "1.2.0");
        xml.WriteStartElement("metadata", Namespace);
        xml.WriteElementString("type", DublinCore, "Disk Image");
        xml.WriteEndElement();
        xml.WriteStartElement("creator", Namespace);
        int space = context.Tool.LastIndexOf(' ');
        Element(xml, "program", space < 0 ? context.Tool : context.Tool[..space]);
        if (space >= 0)
        {
            Element(xml, "version", context.Tool[(space + 1)..]);
        }

        if (context.Runs.LastOrDefault(run => run.Command == "examine") is ExaminationRun run)
        {
            // The examination and not this export: the same case gives the same bytes.
            xml.WriteStartElement("execution_environment", Namespace);
            Text(xml, "host", run.Host);
            Text(xml, "username", run.Who);
            Element(xml, "start_time", run.Start);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteStartElement("source", Namespace);
        foreach (StoredEvidence evidence in context.Evidence)
        {
            Text(xml, "image_filename", evidence.Row.Path);
        }

        xml.WriteEndElement();
    }

    private static void OpenVolume(XmlWriter xml, ExportRow row, VolumeRow? volume, ExportContext context)
    {
        xml.WriteStartElement("volume", Namespace);
        bool onMedia = row.VolumeIndex is not null && volume is not null;
        if (onMedia)
        {
            xml.WriteAttributeString("offset", Number(volume!.Volume.Offset));
        }

        OwnText(xml, "exhibit", context.ExhibitName(row.EvidenceId));
        if (row.VolumeIndex is int index)
        {
            xml.WriteAttributeString("volume", OwnNamespace, Number(index));
        }

        if (onMedia)
        {
            Element(xml, "partition_offset", Number(volume!.Volume.Offset));
            int sector = context.Evidence.FirstOrDefault(e => e.Id == row.EvidenceId)?.Row.SectorSize ?? 0;
            if (sector > 0)
            {
                Element(xml, "sector_size", Number(sector));
            }
        }

        if (volume?.FileSystem is FileTreeInfo system)
        {
            if (system.ClusterSize > 0)
            {
                Element(xml, "block_size", Number(system.ClusterSize));
            }

            if (TypeNumber(system.TypeName) is int type)
            {
                Element(xml, "ftype", Number(type));
            }

            Text(xml, "ftype_str", system.TypeName.ToLowerInvariant());
        }
    }

    private static void FileObject(XmlWriter xml, ExportRow row, Place place, ExportContext context)
    {
        (IReadOnlyList<Extent> runs, string? error) = place.Runs(row, context);
        xml.WriteStartElement("fileobject", Namespace);
        FileName(xml, row);
        if (error is not null)
        {
            Text(xml, "error", error);
        }

        Element(xml, "partition", Number(place.Partition));
        Element(xml, "id", Number(row.Id));
        Element(xml, "name_type", NameType(row.Type));
        Element(xml, "filesize", Number(row.Size));
        State(xml, row);
        if (Inode(row) is long inode && !(inode == 0 && row.Flags.HasFlag(StreamFlags.NameOnly)))
        {
            Element(xml, "inode", Number(inode));
        }

        if (MetaType(row.Type) is int meta)
        {
            Element(xml, "meta_type", Number(meta));
        }

        Owner(xml, row);
        Times(xml, row);
        if (row.LinkTarget is string link)
        {
            Text(xml, "link_target", link);
        }

        Runs(xml, row, runs, place);
        Hash(xml, "md5", row.Md5);
        Hash(xml, "sha1", row.Sha1);
        Hash(xml, "sha256", row.Sha256);
        xml.WriteEndElement();
    }

    private static void FileName(XmlWriter xml, ExportRow row)
    {
        string name = row.Stream.Length == 0 ? row.Path : $"{row.Path}:{row.Stream}";
        xml.WriteStartElement("filename", Namespace);
        if (row.NameBytes is byte[] bytes)
        {
            xml.WriteAttributeString("nameBytes", OwnNamespace, Convert.ToHexStringLower(bytes));
        }

        WriteText(xml, name.Length == 0 ? "." : name);
        xml.WriteEndElement();
    }

    private static void State(XmlWriter xml, ExportRow row)
    {
        if (row.State == EntryState.Allocated)
        {
            Element(xml, "alloc", "1");
        }
        else
        {
            // The schema has given up "unalloc", fiwalk and its readers have not.
            Element(xml, "unalloc", "1");
            Element(xml, "alloc", "0");
            if (row.MetadataReallocated)
            {
                Element(xml, "alloc_inode", "1");
                Element(xml, "alloc_name", "0");
            }
        }

        if (row.State == EntryState.Orphan)
        {
            Element(xml, "orphan", "1");
        }

        if (row.Flags.HasFlag(StreamFlags.Compressed))
        {
            Element(xml, "compressed", "1");
        }
    }

    private static void Owner(XmlWriter xml, ExportRow row)
    {
        if (row.Mode is int mode)
        {
            // As the Sleuth Kit: the permissions, the type stands apart.
            Element(xml, "mode", Number(mode & 0xFFF));
        }

        if (row.LinkCount is int links)
        {
            Element(xml, "nlink", Number(links));
        }

        if (row.Uid is long uid)
        {
            Element(xml, "uid", Number(uid));
        }

        if (row.Gid is long gid)
        {
            Element(xml, "gid", Number(gid));
        }
    }

    private static void Times(XmlWriter xml, ExportRow row)
    {
        Time(xml, "mtime", row.Times.Modified, "2");
        Time(xml, "ctime", row.Times.Changed, null);
        Time(xml, "atime", row.Times.Accessed, "86400");
        Time(xml, "crtime", row.Times.Created, "1");
        Time(xml, "dtime", row.Deleted, null);
    }

    private static void Time(XmlWriter xml, string name, EvidenceTime time, string? precision)
    {
        if (time.ToIso() is not string text)
        {
            return;
        }

        xml.WriteStartElement(name, Namespace);
        if (IsoTime.IsLocal(time))
        {
            if (precision is not null && time.Kind == TimeKind.FatLocal)
            {
                xml.WriteAttributeString("prec", precision);
            }

            text = text.TrimEnd('Z');
        }

        xml.WriteString(text);
        xml.WriteEndElement();
    }

    private static void Runs(XmlWriter xml, ExportRow row, IReadOnlyList<Extent> runs, Place place)
    {
        bool resident = row.Flags.HasFlag(StreamFlags.Resident);
        if (row.Size == 0 || (!resident && runs.Count == 0))
        {
            return;
        }

        xml.WriteStartElement("byte_runs", Namespace);
        if (resident)
        {
            xml.WriteStartElement("byte_run", Namespace);
            xml.WriteAttributeString("file_offset", "0");
            xml.WriteAttributeString("len", Number(row.Size));
            xml.WriteAttributeString("type", "resident");
            xml.WriteEndElement();
        }

        foreach (Extent run in runs)
        {
            // The rest of the last cluster is slack, not content.
            long length = Math.Min(run.Length, row.Size - run.FileOffset);
            if (length <= 0)
            {
                continue;
            }

            xml.WriteStartElement("byte_run", Namespace);
            xml.WriteAttributeString("file_offset", Number(run.FileOffset));
            if (!run.IsSparse)
            {
                xml.WriteAttributeString("fs_offset", Number(run.VolumeOffset));
                if (place.Volume is VolumeRow volume)
                {
                    xml.WriteAttributeString("img_offset", Number(volume.Volume.Offset + run.VolumeOffset));
                }
            }

            xml.WriteAttributeString(row.Flags.HasFlag(StreamFlags.Compressed) ? "uncompressed_len" : "len", Number(length));
            if (run.IsSparse && !row.Flags.HasFlag(StreamFlags.Compressed))
            {
                xml.WriteAttributeString("fill", "0");
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Hash(XmlWriter xml, string algorithm, byte[]? hash)
    {
        if (hash is null)
        {
            return;
        }

        xml.WriteStartElement("hashdigest", Namespace);
        xml.WriteAttributeString("type", algorithm);
        xml.WriteString(Convert.ToHexStringLower(hash));
        xml.WriteEndElement();
    }

    private static void Element(XmlWriter xml, string name, string value) => xml.WriteElementString(name, Namespace, value);

    /// <summary>An element whose text comes from evidence.</summary>
    private static void Text(XmlWriter xml, string name, string text)
    {
        xml.WriteStartElement(name, Namespace);
        WriteText(xml, text);
        xml.WriteEndElement();
    }

    private static void WriteText(XmlWriter xml, string text)
    {
        string safe = XmlText.Escape(text);
        if (!ReferenceEquals(safe, text))
        {
            xml.WriteAttributeString("escaped", OwnNamespace, "1");
        }

        xml.WriteString(safe);
    }

    private static void OwnText(XmlWriter xml, string name, string text) => xml.WriteAttributeString(name, OwnNamespace, XmlText.Escape(text));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string NameType(EntryType type) => type switch
    {
        EntryType.File => "r",
        EntryType.Directory => "d",
        EntryType.Link => "l",
        EntryType.CharacterDevice => "c",
        EntryType.BlockDevice => "b",
        EntryType.Fifo => "p",
        EntryType.Socket => "s",
        EntryType.Virtual => "v",
        _ => "-",
    };

    /// <summary>Numbers of TSK_FS_META_TYPE_ENUM.</summary>
    private static int? MetaType(EntryType type) => type switch
    {
        EntryType.File => 1,
        EntryType.Directory => 2,
        EntryType.Fifo => 3,
        EntryType.CharacterDevice => 4,
        EntryType.BlockDevice => 5,
        EntryType.Link => 6,
        EntryType.Socket => 8,
        EntryType.Virtual => 10,
        _ => null,
    };

    /// <summary>Numbers of TSK_FS_TYPE_ENUM.</summary>
    private static int? TypeNumber(string name) => name switch
    {
        "NTFS" => 0x01,
        "FAT12" => 0x02,
        "FAT16" => 0x04,
        "FAT32" => 0x08,
        "exFAT" => 0x0A,
        "ext2" => 0x80,
        "ext3" => 0x100,
        "ext4" => 0x2000,
        _ => null,
    };

    /// <summary>The first number of an address as the Sleuth Kit writes it ("64-128-2"); null where there is none.</summary>
    private static long? Inode(ExportRow row)
    {
        int end = row.Address.IndexOf('-', StringComparison.Ordinal);
        return long.TryParse(end < 0 ? row.Address : row.Address[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long inode) ? inode : null;
    }

    /// <summary>Where the walk through the rows is.</summary>
    private sealed class Place
    {
        private long evidence;
        private int? index;
        private long unavailable;

        public bool Inside { get; private set; }

        /// <summary>Counted from 1 over the volumes of the document, as fiwalk does.</summary>
        public int Partition { get; private set; }

        public VolumeRow? Volume { get; private set; }

        public bool IsAt(ExportRow row) => Inside && row.EvidenceId == evidence && row.VolumeIndex == index;

        public void GoTo(ExportRow row, ExportContext context)
        {
            (evidence, index, Inside) = (row.EvidenceId, row.VolumeIndex, true);
            Volume = context.VolumeOf(row);
            Partition++;
        }

        /// <summary>The runs of a row, or why they are not to be had; said once for each evidence that is not there.</summary>
        public (IReadOnlyList<Extent> Runs, string? Error) Runs(ExportRow row, ExportContext context)
        {
            if (context.Access is null || row.VolumeIndex is null || row.EvidenceId == unavailable || row.Size == 0
                || (row.Flags & (StreamFlags.Resident | StreamFlags.NameOnly)) != 0)
            {
                return ([], null);
            }

            try
            {
                return (context.Access.Runs(row), null);
            }
            catch (EvidenceException error)
            {
                unavailable = row.EvidenceId;
                context.Complain($"byte runs of {context.ExhibitName(row.EvidenceId)} are left out: {error.Message}");
                return ([], null);
            }
            catch (Exception error) when (error is MalformedDataException or UnreadableDataException)
            {
                return ([], error.Message);
            }
        }
    }
}
