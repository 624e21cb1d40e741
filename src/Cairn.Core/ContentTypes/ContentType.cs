using System.Collections.Frozen;

namespace Cairn.Core.ContentTypes;

/// <summary>What a type of content is for.</summary>
public enum ContentFamily
{
    /// <summary>Still pictures.</summary>
    Picture = 0,

    /// <summary>Moving pictures.</summary>
    Video = 1,

    /// <summary>Sound.</summary>
    Audio = 2,

    /// <summary>Archives and compressed files.</summary>
    Archive = 3,

    /// <summary>Documents, spreadsheets, presentations, books.</summary>
    Document = 4,

    /// <summary>Mail, contacts, calendars.</summary>
    Mail = 5,

    /// <summary>Databases.</summary>
    Database = 6,

    /// <summary>Records of an operating system: registry, event logs, shortcuts, thumbnails.</summary>
    System = 7,

    /// <summary>Programs and their parts.</summary>
    Executable = 8,

    /// <summary>Text, source code, markup, settings.</summary>
    Text = 9,

    /// <summary>Fonts.</summary>
    Font = 10,

    /// <summary>Certificates, keys, signatures.</summary>
    Certificate = 11,

    /// <summary>Images of media, virtual disks, file systems, memory.</summary>
    DiskImage = 12,

    /// <summary>Encrypted containers and password stores.</summary>
    Encrypted = 13,

    /// <summary>Network captures and downloads.</summary>
    Network = 14,

    /// <summary>Anything else.</summary>
    Other = 15,
}

/// <summary>A type of content, told from the first bytes and never from a name.</summary>
public sealed class ContentType
{
    /// <summary>Bytes from the start that tell nearly all types; an ISO 9660 image needs <see cref="LongestHead"/>.</summary>
    public const int UsualHead = 4096;

    /// <summary>Bytes from the start beyond which nothing is looked at.</summary>
    public const int LongestHead = 36_864;

    /// <summary>Types that share a name are for the same.</summary>
    private static readonly FrozenDictionary<string, ContentFamily> Families =
        ContentSignatures.All.DistinctBy(type => type.Mime).ToFrozenDictionary(type => type.Mime, type => type.Family, StringComparer.Ordinal);

    internal ContentType(string mime, string name, string extensions, ContentFamily family, string? kin = null, bool isCertain = true)
    {
        Mime = mime;
        Name = name;
        Extensions = extensions.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Family = family;
        Kin = kin ?? mime;
        IsCertain = isCertain;
    }

    /// <summary>The MIME types of everything that can be told from content.</summary>
    public static IReadOnlySet<string> Mimes { get; } = ContentSignatures.All.Select(type => type.Mime).ToHashSet(StringComparer.Ordinal);

    /// <summary>What a MIME type is for, by the catalogue of what can be told from content; where it names none, by its first part.</summary>
    public static ContentFamily FamilyOf(string mime)
    {
        ArgumentNullException.ThrowIfNull(mime);
        return Families.TryGetValue(mime, out ContentFamily family) ? family : mime.AsSpan(0, Math.Max(0, mime.IndexOf('/'))) switch
        {
            "image" => ContentFamily.Picture,
            "video" => ContentFamily.Video,
            "audio" => ContentFamily.Audio,
            "text" => ContentFamily.Text,
            "font" => ContentFamily.Font,
            "message" => ContentFamily.Mail,
            _ => ContentFamily.Other,
        };
    }

    /// <summary>MIME type.</summary>
    public string Mime { get; }

    /// <summary>As the field calls it.</summary>
    public string Name { get; }

    /// <summary>Usual extensions, lower case, without the dot.</summary>
    public IReadOnlyList<string> Extensions { get; }

    /// <summary>What it is for.</summary>
    public ContentFamily Family { get; }

    /// <summary>False where the bytes only make it likely (text, formats without a signature).</summary>
    public bool IsCertain { get; }

    /// <summary>Types that hold one another or share extensions: every format in a ZIP is kin to ZIP.</summary>
    internal string Kin { get; }

    /// <summary>
    /// The type of a content from its first bytes: <see cref="UsualHead"/> or more, or all of a shorter one. Never throws; null where nothing
    /// is recognised or there are no bytes.
    /// </summary>
    public static ContentType? Identify(ReadOnlySpan<byte> head) => ContentIdentifier.Identify(head);

    /// <summary>
    /// Whether the extension of <paramref name="fileName"/> (a name, or an extension with its dot) says something else than the content: the
    /// type is certain, the extension is that of known types, and none of them is <paramref name="type"/> or its kin.
    /// </summary>
    public static bool ExtensionMismatch(ContentType type, string fileName)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(fileName);
        if (!type.IsCertain)
        {
            return false;
        }

        int dot = fileName.LastIndexOf('.');
        if (dot < 0 || dot == fileName.Length - 1 || fileName.Length - dot > 12)
        {
            return false;
        }

        string extension = fileName[(dot + 1)..].ToLowerInvariant();
        if (!ContentSignatures.KinByExtension.TryGetValue(extension, out string[]? kin))
        {
            return false;
        }

        return !type.Extensions.Contains(extension) && !kin.Contains(type.Kin);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Mime} ({Name})";
}
