using System.Buffers.Binary;
using static Cairn.Core.ContentTypes.ContentSignatures;

namespace Cairn.Core.ContentTypes;

/// <summary>Containers that many formats share: what the head shows of their inside tells which it is.</summary>
internal static class ContainerIdentifier
{
    private const int MostZipEntries = 64;

    /// <summary>Names of the first entries of a ZIP (APPNOTE 4.3.7).</summary>
    public static ContentType Zip(ReadOnlySpan<byte> head)
    {
        bool isOpc = false;
        int at = head.IndexOf("PK\x03\x04"u8);
        for (int i = 0; i < MostZipEntries && at >= 0 && at + 30 <= head.Length; i++)
        {
            ReadOnlySpan<byte> entry = head[at..];
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[26..]), extra = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
            ReadOnlySpan<byte> name = entry[30..Math.Min(entry.Length, 30 + nameLength)];
            if (i == 0 && name.SequenceEqual("mimetype"u8) && Declared(entry[Math.Min(entry.Length, 30 + nameLength + extra)..]) is ContentType declared)
            {
                return declared;
            }

            if (name.SequenceEqual("[Content_Types].xml"u8) || name.StartsWith("_rels/"u8) || name.StartsWith("docProps/"u8))
            {
                isOpc = true;
            }
            else if (ByName(name, isOpc) is ContentType type)
            {
                return type;
            }

            // Sizes are in the header unless bit 3 of the flags says that they follow the data: then the next signature is looked for.
            uint packed = BinaryPrimitives.ReadUInt32LittleEndian(entry[18..]);
            bool follows = (entry[6] & 8) != 0;
            long next = 30L + nameLength + extra + (follows ? 0 : packed);
            if (next > entry.Length - 4)
            {
                break;
            }

            int found = entry[(int)next..].IndexOf("PK\x03\x04"u8);
            at = found < 0 ? -1 : at + (int)next + found;
        }

        return isOpc ? Ooxml : ContentSignatures.Zip;
    }

    /// <summary>[MS-CFB] 2.2 and 2.6: the class of the root entry and the names in the first directory sector, where it lies in the head.</summary>
    public static ContentType Ole(ReadOnlySpan<byte> head)
    {
        if (head.Length < 512)
        {
            return ContentSignatures.Ole;
        }

        // 0x1E. Sector shift, 9 or 12; 0x30. First directory sector.
        int shift = BinaryPrimitives.ReadUInt16LittleEndian(head[0x1E..]) is 12 ? 12 : 9;
        long directory = ((long)BinaryPrimitives.ReadUInt32LittleEndian(head[0x30..]) + 1) << shift;
        bool excel = false, word = false, powerPoint = false, message = false, visio = false, hwp = false, jump = false, thumbs = false, publisher = false, encrypted = false;
        for (int i = 0; i < (1 << shift) / 128; i++)
        {
            long at = directory + (128L * i);
            if (at > head.Length - 128)
            {
                break;
            }

            ReadOnlySpan<byte> entry = head.Slice((int)at, 128);

            // 0x42. Type: 5 is the root, whose class is at 0x50.
            if (entry[0x42] == 5 && ByClass(entry.Slice(0x50, 16)) is ContentType type)
            {
                return type;
            }

            word |= Named(entry, "WordDocument");
            excel |= Named(entry, "Workbook") || Named(entry, "Book");
            powerPoint |= Named(entry, "PowerPoint Document");
            message |= Named(entry, "__properties_version1.0") || Named(entry, "__nameid_version1.0");
            visio |= Named(entry, "VisioDocument");
            hwp |= Named(entry, "FileHeader") || Named(entry, "BodyText");
            jump |= Named(entry, "DestList");
            thumbs |= Named(entry, "Catalog");
            publisher |= Named(entry, "Quill");
            encrypted |= Named(entry, "EncryptedPackage");
        }

        // Most writers begin with the main stream: [MS-DOC] FibBase, [MS-XLS] BOF, [MS-PPT] a document container.
        if (directory > head.Length - 128 && head.Length >= 512 + 8)
        {
            ReadOnlySpan<byte> first = head.Slice(512, 8);
            word |= first.StartsWith((ReadOnlySpan<byte>)[0xEC, 0xA5, 0xC1, 0x00]);
            excel |= first.StartsWith((ReadOnlySpan<byte>)[0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00]);
            powerPoint |= first.StartsWith((ReadOnlySpan<byte>)[0x0F, 0x00, 0xE8, 0x03]) || first.StartsWith((ReadOnlySpan<byte>)[0x00, 0x6E, 0x1E, 0xF0]) || first.StartsWith((ReadOnlySpan<byte>)[0xA0, 0x46, 0x1D, 0xF0]);
        }

        if (encrypted)
        {
            return EncryptedOffice;
        }

        return powerPoint ? Ppt : excel ? Xls : visio ? Visio : publisher ? Publisher : word ? Doc : message ? Msg : hwp ? Hwp : jump ? JumpList : thumbs ? ThumbsDb : ContentSignatures.Ole;
    }

    /// <summary>RIFF and IFF: the type at 8.</summary>
    public static ContentType? Riff(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12)
        {
            return null;
        }

        ReadOnlySpan<byte> form = head.Slice(8, 4);
        if (head[0] == 'F')
        {
            return form.SequenceEqual("AIFF"u8) || form.SequenceEqual("AIFC"u8) ? Aiff : form.SequenceEqual("ILBM"u8) || form.SequenceEqual("PBM "u8) ? Ilbm : null;
        }

        return form.SequenceEqual("WEBP"u8) ? Webp
            : form.SequenceEqual("WAVE"u8) ? Wave
            : form.SequenceEqual("AVI "u8) ? Avi
            : form.SequenceEqual("ACON"u8) ? AnimatedCursor
            : form.SequenceEqual("RMID"u8) ? RiffMidi
            : form.SequenceEqual("CDDA"u8) ? Wave
            : ContentSignatures.Riff;
    }

    /// <summary>The first packet of an Ogg file (RFC 3533) begins after the page's segment table.</summary>
    public static ContentType Ogg(ReadOnlySpan<byte> head)
    {
        if (head.Length < 28)
        {
            return ContentSignatures.Ogg;
        }

        ReadOnlySpan<byte> packet = head[Math.Min(head.Length, 27 + head[26])..];
        return packet.StartsWith((ReadOnlySpan<byte>)[0x80, 0x74, 0x68, 0x65, 0x6F, 0x72, 0x61]) || packet.StartsWith((ReadOnlySpan<byte>)[0x01, 0x76, 0x69, 0x64, 0x65, 0x6F]) ? OggVideo
            : packet.StartsWith((ReadOnlySpan<byte>)[0x01, 0x76, 0x6F, 0x72, 0x62, 0x69, 0x73]) || packet.StartsWith("OpusHead"u8) || packet.StartsWith("Speex"u8) || packet.StartsWith((ReadOnlySpan<byte>)[0x7F, 0x46, 0x4C, 0x41, 0x43]) ? OggAudio
            : ContentSignatures.Ogg;
    }

    /// <summary>ISO/IEC 14496-12: the brands of the ftyp box; QuickTime files without one begin with another box.</summary>
    public static ContentType? IsoMedia(ReadOnlySpan<byte> head)
    {
        uint size = BinaryPrimitives.ReadUInt32BigEndian(head);
        ReadOnlySpan<byte> box = head.Slice(4, 4);
        if (!box.SequenceEqual("ftyp"u8))
        {
            bool atom = box.SequenceEqual("moov"u8) || box.SequenceEqual("mdat"u8) || box.SequenceEqual("wide"u8) || box.SequenceEqual("free"u8) || box.SequenceEqual("skip"u8) || box.SequenceEqual("pnot"u8);
            return atom && size is 0 or 1 or >= 8 ? Mov : null;
        }

        if (size is < 16 and not 0 and not 1)
        {
            return null;
        }

        if (Brand(head.Slice(8, 4)) is ContentType major)
        {
            return major;
        }

        int end = (int)Math.Min(size == 0 ? (uint)head.Length : size, (uint)Math.Min(head.Length, 256));
        // Files of the shortest kind (ISO/IEC 23008-12, low-overhead) have their second brand where others have a version.
        for (int at = head.Slice(8, 4).SequenceEqual("mif3"u8) ? 12 : 16; at + 4 <= end; at += 4)
        {
            if (Brand(head.Slice(at, 4)) is ContentType compatible)
            {
                return compatible;
            }
        }

        return Mp4;
    }

    private static ContentType? Brand(ReadOnlySpan<byte> brand)
    {
        ReadOnlySpan<byte> three = brand[..3];
        return brand.SequenceEqual("heic"u8) || brand.SequenceEqual("heix"u8) || brand.SequenceEqual("heim"u8) || brand.SequenceEqual("heis"u8) ? Heic
            : brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8) || brand.SequenceEqual("heif"u8) || brand.SequenceEqual("hevc"u8) || brand.SequenceEqual("hevx"u8) || brand.SequenceEqual("mif2"u8) ? Heif
            : brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8) ? Avif
            : brand.SequenceEqual("jp2 "u8) || brand.SequenceEqual("jpx "u8) ? null
            : brand.SequenceEqual("crx "u8) ? Cr3
            : brand.SequenceEqual("qt  "u8) ? Mov
            : three.SequenceEqual("M4A"u8) || three.SequenceEqual("M4B"u8) || three.SequenceEqual("M4P"u8) ? M4a
            : three.SequenceEqual("M4V"u8) ? M4v
            : three.SequenceEqual("3gp"u8) || three.SequenceEqual("3g2"u8) || three.SequenceEqual("3ge"u8) || three.SequenceEqual("3gg"u8) ? ThreeGp
            : three.SequenceEqual("iso"u8) || three.SequenceEqual("mp4"u8) || brand.SequenceEqual("avc1"u8) || brand.SequenceEqual("dash"u8) || brand.SequenceEqual("MSNV"u8) || brand.SequenceEqual("f4v "u8) ? Mp4
            : null;
    }

    private static ContentType? Declared(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> openDocument = "application/vnd.oasis.opendocument."u8;
        if (content.StartsWith(openDocument))
        {
            ReadOnlySpan<byte> kind = content[openDocument.Length..];
            return kind.StartsWith("text"u8) ? Odt : kind.StartsWith("spreadsheet"u8) ? Ods : kind.StartsWith("presentation"u8) ? Odp : kind.StartsWith("graphics"u8) ? Odg : Odf;
        }

        return content.StartsWith("application/epub+zip"u8) ? Epub : content.StartsWith("application/hwp+zip"u8) ? Hwpx : null;
    }

    private static ContentType? ByName(ReadOnlySpan<byte> name, bool isOpc)
    {
        if (isOpc)
        {
            return name.StartsWith("word/"u8) ? Docx
                : name.StartsWith("xl/"u8) ? Xlsx
                : name.StartsWith("ppt/"u8) ? Pptx
                : name.StartsWith("visio/"u8) ? Vsdx
                : name.StartsWith("Documents/"u8) || name.StartsWith("FixedDoc"u8) ? Xps
                : null;
        }

        return name.SequenceEqual("AndroidManifest.xml"u8) || name.SequenceEqual("classes.dex"u8) ? Apk
            : name.StartsWith("META-INF/MANIFEST.MF"u8) ? Jar
            : name.StartsWith("META-INF/"u8) && name.Length == 9 ? Jar
            : name.StartsWith("Payload/"u8) && name.IndexOf(".app/"u8) > 0 ? Ipa
            : name.SequenceEqual("doc.kml"u8) ? Kmz
            : name.StartsWith("Index/Document.iwa"u8) || name.SequenceEqual("index.xml"u8) || name.SequenceEqual("index.apxl"u8) || name.SequenceEqual("buildVersionHistory.plist"u8) ? Iwork
            : null;
    }

    /// <summary>Whether the entry's name (UTF-16, its length with the final zero at 0x40) is <paramref name="name"/>.</summary>
    private static bool Named(ReadOnlySpan<byte> entry, string name)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(entry[0x40..]) != (name.Length + 1) * 2)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (entry[2 * i] != name[i] || entry[(2 * i) + 1] != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static ContentType? ByClass(ReadOnlySpan<byte> id)
    {
        // The last eight bytes that most of Microsoft's own classes share.
        if (id[8..].SequenceEqual((ReadOnlySpan<byte>)[0xC0, 0, 0, 0, 0, 0, 0, 0x46]) && id.Slice(4, 4).IndexOfAnyExcept((byte)0) < 0)
        {
            return BinaryPrimitives.ReadUInt32LittleEndian(id) switch
            {
                0x00020906 or 0x00020900 => Doc,
                0x00020810 or 0x00020820 or 0x00020821 => Xls,
                0x00020D0B => Msg,
                0x00021A13 or 0x00021A14 => Visio,
                0x00021201 => Publisher,
                0x000C1084 or 0x000C1082 or 0x000C1086 => Msi,
                _ => null,
            };
        }

        return id.SequenceEqual((ReadOnlySpan<byte>)[0x10, 0x8D, 0x81, 0x64, 0x9B, 0x4F, 0xCF, 0x11, 0x86, 0xEA, 0x00, 0xAA, 0x00, 0xB9, 0x29, 0xE8]) ? Ppt : null;
    }
}
