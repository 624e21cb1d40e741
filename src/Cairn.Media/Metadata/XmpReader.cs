using System.Text;
using System.Xml;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>
/// XMP packets: RDF in XML, made flat. Each property becomes "XMP-prefix" and its name; what lies in lists and structures is named by the
/// path to it. Source: ISO 16684-1:2019, clause 7. No document type, no entities, bounded depth and length.
/// </summary>
internal static class XmpReader
{
    private const string Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private const string Xml = "http://www.w3.org/XML/1998/namespace";
    private const string Xmlns = "http://www.w3.org/2000/xmlns/";
    private const int Depth = 100;
    private const int Nodes = 200_000;

    /// <summary>Names that everybody uses, whatever prefix the file gives them.</summary>
    private static readonly Dictionary<string, string> Prefixes = new(StringComparer.Ordinal)
    {
        ["http://ns.adobe.com/exif/1.0/"] = "exif",
        ["http://ns.adobe.com/exif/1.0/aux/"] = "aux",
        ["http://cipa.jp/exif/1.0/"] = "exifEX",
        ["http://ns.adobe.com/tiff/1.0/"] = "tiff",
        ["http://ns.adobe.com/xap/1.0/"] = "xmp",
        ["http://ns.adobe.com/xap/1.0/mm/"] = "xmpMM",
        ["http://ns.adobe.com/photoshop/1.0/"] = "photoshop",
        ["http://purl.org/dc/elements/1.1/"] = "dc",
    };

    /// <summary>Reads a packet; damage is one problem, and what came before it is kept.</summary>
    public static void Read(ReadOnlyMemory<byte> packet, MetadataCollector collector)
    {
        // The packet's padding and what some programs leave behind it are not XML.
        ReadOnlySpan<byte> trimmed = packet.Span.TrimEnd("\0 \r\n\t"u8);
        if (trimmed.IsEmpty || !collector.Enter("XMP", trimmed.Length))
        {
            return;
        }

        XmlReaderSettings settings = new()
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MetadataCollector.BlockBytes,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
            ConformanceLevel = ConformanceLevel.Auto,
            CheckCharacters = false,
        };
        try
        {
            using MemoryStream stream = new(packet[..trimmed.Length].ToArray(), writable: false);
            using XmlReader reader = XmlReader.Create(stream, settings);
            Walk(reader, collector);
        }
        catch (Exception error) when (error is XmlException or ArgumentException or InvalidOperationException or DecoderFallbackException)
        {
            collector.Report(ProblemKind.Malformed, "XMP", "not well-formed: " + error.Message);
        }
        finally
        {
            collector.Leave();
        }
    }

    private static void Walk(XmlReader reader, MetadataCollector collector)
    {
        // One name for each open element: null for those that only give structure (RDF, Description, lists and their items).
        List<(string? Name, string? Group)> path = [];
        int nodes = 0;
        while (!collector.IsFull && reader.Read())
        {
            if (++nodes > Nodes)
            {
                collector.Report(ProblemKind.LimitReached, "XMP", $"more than {Nodes:N0} nodes");
                return;
            }

            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    bool isEmpty = reader.IsEmptyElement;
                    bool isProperty = reader.NamespaceURI != Rdf && reader.LocalName is not "xmpmeta" and not "xapmeta";
                    path.Add(isProperty ? (reader.LocalName, "XMP-" + Prefix(reader)) : (null, null));
                    if (path.Count > Depth)
                    {
                        collector.Report(ProblemKind.LimitReached, "XMP", $"more than {Depth} levels");
                        return;
                    }

                    while (reader.MoveToNextAttribute())
                    {
                        if (reader.NamespaceURI is not (Xmlns or Xml) && (reader.NamespaceURI != Rdf || reader.LocalName == "resource") && reader.Prefix.Length > 0)
                        {
                            (string Name, string Group) owner = Name(path);
                            bool isValue = reader.NamespaceURI == Rdf;
                            string name = isValue ? owner.Name : owner.Name.Length == 0 ? reader.LocalName : $"{owner.Name}/{reader.LocalName}";
                            string group = owner.Group.Length == 0 ? "XMP-" + Prefix(reader) : owner.Group;
                            collector.Add(group, name, reader.Value);
                        }
                    }

                    reader.MoveToElement();
                    if (isEmpty)
                    {
                        path.RemoveAt(path.Count - 1);
                    }

                    break;
                case XmlNodeType.EndElement:
                    path.RemoveAt(path.Count - 1);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    (string text, string place) = Name(path);
                    if (text.Length > 0)
                    {
                        collector.Add(place, text, reader.Value);
                    }

                    break;
            }
        }
    }

    /// <summary>The path of property names, and the group of the outermost.</summary>
    private static (string Name, string Group) Name(List<(string? Name, string? Group)> path)
    {
        string name = "", group = "";
        foreach ((string? each, string? owner) in path)
        {
            if (each is not null)
            {
                name = name.Length == 0 ? each : $"{name}/{each}";
                group = group.Length == 0 ? owner! : group;
            }
        }

        return (name, group);
    }

    private static string Prefix(XmlReader reader) => Prefixes.TryGetValue(reader.NamespaceURI, out string? known) ? known : reader.Prefix;
}
