using System.Collections.Frozen;
using static Cairn.Core.ContentTypes.ContentFamily;

namespace Cairn.Core.ContentTypes;

/// <summary>Bytes that stand at a fixed offset.</summary>
/// <param name="Offset">From the start of the content.</param>
/// <param name="Bytes">What stands there.</param>
/// <param name="Type">What it then is.</param>
internal sealed record Signature(int Offset, byte[] Bytes, ContentType Type);

/// <summary>The types and their signatures, from the formats' specifications.</summary>
internal static class ContentSignatures
{
    // Types that a closer look chooses between; the kin "zip", "ole" and so on ties them together.
    public static readonly ContentType Zip = new("application/zip", "ZIP archive", "zip zipx cbz", Archive, "zip");
    public static readonly ContentType PdfLater = new("application/pdf", "PDF document (after other bytes)", "pdf ai fdf", Document, isCertain: false);
    public static readonly ContentType Docx = new("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document (OOXML)", "docx docm dotx dotm", Document, "zip");
    public static readonly ContentType Xlsx = new("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel workbook (OOXML)", "xlsx xlsm xltx xltm xlsb xlam", Document, "zip");
    public static readonly ContentType Pptx = new("application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint presentation (OOXML)", "pptx pptm potx potm ppsx ppsm", Document, "zip");
    public static readonly ContentType Vsdx = new("application/vnd.ms-visio.drawing.main+xml", "Visio drawing (OPC)", "vsdx vsdm vstx", Document, "zip");
    public static readonly ContentType Xps = new("application/vnd.ms-xpsdocument", "XPS document", "xps oxps", Document, "zip");
    public static readonly ContentType Ooxml = new("application/vnd.openxmlformats-officedocument", "Office Open XML", "", Document, "zip");
    public static readonly ContentType Odt = new("application/vnd.oasis.opendocument.text", "OpenDocument text", "odt ott odm", Document, "zip");
    public static readonly ContentType Ods = new("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet", "ods ots", Document, "zip");
    public static readonly ContentType Odp = new("application/vnd.oasis.opendocument.presentation", "OpenDocument presentation", "odp otp", Document, "zip");
    public static readonly ContentType Odg = new("application/vnd.oasis.opendocument.graphics", "OpenDocument drawing", "odg otg", Document, "zip");
    public static readonly ContentType Odf = new("application/vnd.oasis.opendocument", "OpenDocument file", "odf odb odc odi", Document, "zip");
    public static readonly ContentType Epub = new("application/epub+zip", "EPUB book", "epub", Document, "zip");
    public static readonly ContentType Hwpx = new("application/hwp+zip", "Hangul document (OWPML)", "hwpx", Document, "zip");
    public static readonly ContentType Iwork = new("application/vnd.apple.iwork", "iWork document", "pages numbers key", Document, "zip");
    public static readonly ContentType Jar = new("application/java-archive", "Java archive", "jar war ear", Executable, "zip");
    public static readonly ContentType Apk = new("application/vnd.android.package-archive", "Android package", "apk", Executable, "zip");
    public static readonly ContentType Ipa = new("application/x-ios-app", "iOS package", "ipa", Executable, "zip");
    public static readonly ContentType Kmz = new("application/vnd.google-earth.kmz", "KMZ map", "kmz", Document, "zip");

    public static readonly ContentType Ole = new("application/x-ole-storage", "OLE compound file", "db doc dot xls xlt ppt pps pot msg oft msi msp mst vsd pub wps mpp hwp docx docm xlsx xlsm pptx pptm", Document, "ole");
    public static readonly ContentType Doc = new("application/msword", "Word document", "doc dot wbk", Document, "ole");
    public static readonly ContentType Xls = new("application/vnd.ms-excel", "Excel workbook", "xls xlt xla xlm", Document, "ole");
    public static readonly ContentType Ppt = new("application/vnd.ms-powerpoint", "PowerPoint presentation", "ppt pps pot ppa", Document, "ole");
    public static readonly ContentType Msg = new("application/vnd.ms-outlook", "Outlook message", "msg oft", ContentFamily.Mail, "ole");
    public static readonly ContentType Visio = new("application/vnd.visio", "Visio drawing", "vsd vss vst", Document, "ole");
    public static readonly ContentType Publisher = new("application/x-mspublisher", "Publisher document", "pub", Document, "ole");
    public static readonly ContentType Msi = new("application/x-msi", "Windows Installer package", "msi msp mst", Executable, "ole");
    public static readonly ContentType EncryptedOffice = new("application/encrypted", "encrypted Office document", "docx docm dotx xlsx xlsm xlsb xltx pptx pptm potx ppsx", Encrypted, "ole");
    public static readonly ContentType Hwp = new("application/x-hwp", "Hangul document", "hwp", Document, "ole");
    public static readonly ContentType ThumbsDb = new("application/x-thumbs-db", "Windows thumbnails (Thumbs.db)", "db", ContentFamily.System, "ole");
    public static readonly ContentType JumpList = new("application/x-ms-jumplist", "Windows jump list", "automaticdestinations-ms", ContentFamily.System, "ole");

    public static readonly ContentType Webp = new("image/webp", "WebP picture", "webp", Picture);
    public static readonly ContentType Wave = new("audio/x-wav", "WAVE audio", "wav", Audio);
    public static readonly ContentType Avi = new("video/x-msvideo", "AVI video", "avi divx", Video);
    public static readonly ContentType AnimatedCursor = new("application/x-navi-animation", "animated cursor", "ani", Picture);
    public static readonly ContentType RiffMidi = new("audio/midi", "MIDI (RIFF)", "rmi mid midi", Audio, "audio/midi");
    public static readonly ContentType Aiff = new("audio/x-aiff", "AIFF audio", "aif aiff aifc", Audio);
    public static readonly ContentType Ilbm = new("image/x-ilbm", "ILBM picture", "iff lbm ilbm", Picture);
    public static readonly ContentType Riff = new("application/x-riff", "RIFF file", "", Other, isCertain: false);

    public static readonly ContentType Heic = new("image/heic", "HEIC picture", "heic heif hif", Picture, "heif");
    public static readonly ContentType Heif = new("image/heif", "HEIF picture", "heic heif hif avci", Picture, "heif");
    public static readonly ContentType Avif = new("image/avif", "AVIF picture", "avif avifs", Picture, "heif");
    public static readonly ContentType Cr3 = new("image/x-canon-cr3", "Canon raw picture (CR3)", "cr3 crm", Picture);
    public static readonly ContentType Mp4 = new("video/mp4", "MP4 video", "mp4 m4v f4v", Video, "isom");
    public static readonly ContentType Mov = new("video/quicktime", "QuickTime video", "mov qt mp4", Video, "isom");
    public static readonly ContentType M4a = new("audio/x-m4a", "MPEG-4 audio", "m4a m4b m4p aac mp4", Audio, "isom");
    public static readonly ContentType M4v = new("video/x-m4v", "M4V video", "m4v mp4", Video, "isom");
    public static readonly ContentType ThreeGp = new("video/3gpp", "3GPP video", "3gp 3gpp 3g2 mp4", Video, "isom");

    public static readonly ContentType Matroska = new("video/x-matroska", "Matroska video", "mkv mka mks mk3d", Video, "ebml");
    public static readonly ContentType Webm = new("video/webm", "WebM video", "webm weba", Video, "ebml");
    public static readonly ContentType OggAudio = new("audio/ogg", "Ogg audio", "ogg oga opus spx", Audio, "ogg");
    public static readonly ContentType OggVideo = new("video/ogg", "Ogg video", "ogv ogg ogm", Video, "ogg");
    public static readonly ContentType Ogg = new("application/ogg", "Ogg file", "ogg ogx", Audio, "ogg");

    public static readonly ContentType Pe = new("application/vnd.microsoft.portable-executable", "Windows program (PE)", "exe dll sys scr ocx cpl drv mui efi ax com acm tsp ime winmd node pyd", Executable, "mz");
    public static readonly ContentType Dos = new("application/x-dosexec", "DOS or 16-bit Windows program", "exe dll com drv sys ovl fon", Executable, "mz");
    public static readonly ContentType MachOFat = new("application/x-mach-binary", "Mach-O program", "dylib bundle o", Executable, "macho");
    public static readonly ContentType JavaClass = new("application/x-java-applet", "Java class", "class", Executable);

    public static readonly ContentType Tiff = new("image/tiff", "TIFF picture", "tif tiff dng nef nrw arw sr2 pef cr2 raw 3fr fff iiq kdc dcr erf mef mos srw rwl", Picture, "tiff");
    public static readonly ContentType Cr2 = new("image/x-canon-cr2", "Canon raw picture (CR2)", "cr2", Picture, "tiff");
    public static readonly ContentType Dng = new("image/x-adobe-dng", "DNG raw picture", "dng", Picture, "tiff");
    public static readonly ContentType Nef = new("image/x-nikon-nef", "Nikon raw picture (NEF)", "nef nrw", Picture, "tiff");
    public static readonly ContentType Arw = new("image/x-sony-arw", "Sony raw picture (ARW)", "arw sr2 srf", Picture, "tiff");
    public static readonly ContentType Srw = new("image/x-samsung-srw", "Samsung raw picture (SRW)", "srw", Picture, "tiff");
    public static readonly ContentType Pef = new("image/x-pentax-pef", "Pentax raw picture (PEF)", "pef", Picture, "tiff");
    public static readonly ContentType BigTiff = new("image/tiff", "BigTIFF picture", "tif tiff btf", Picture, "tiff");

    public static readonly ContentType Prefetch = new("application/x-ms-prefetch", "Windows prefetch", "pf", ContentFamily.System, "prefetch");
    public static readonly ContentType Mp3 = new("audio/mpeg", "MP3 audio", "mp3 mp2 mpga", Audio);
    public static readonly ContentType Mp3Likely = new("audio/mpeg", "MPEG audio", "mp3 mp2 mp1 mpga", Audio, isCertain: false);
    public static readonly ContentType Aac = new("audio/x-hx-aac-adts", "AAC audio (ADTS)", "aac", Audio, isCertain: false);
    public static readonly ContentType MpegTs = new("video/mp2t", "MPEG transport stream", "ts m2ts mts m2t tod", Video);
    public static readonly ContentType Tga = new("image/x-tga", "Targa picture", "tga icb vda vst", Picture, isCertain: false);
    public static readonly ContentType Bmp = new("image/bmp", "BMP picture", "bmp dib rle", Picture);
    public static readonly ContentType Icon = new("image/vnd.microsoft.icon", "Windows icon", "ico", Picture, "icon");
    public static readonly ContentType Cursor = new("image/x-win-bitmap", "Windows cursor", "cur", Picture, "icon");
    public static readonly ContentType Pcx = new("image/x-pcx", "PCX picture", "pcx", Picture, isCertain: false);
    public static readonly ContentType Pnm = new("image/x-portable-anymap", "Netpbm picture", "pnm pbm pgm ppm pam", Picture, "pnm");
    public static readonly ContentType Pbm = new("image/x-portable-bitmap", "PBM picture", "pbm pnm", Picture, "pnm");
    public static readonly ContentType Pgm = new("image/x-portable-graymap", "PGM picture", "pgm pnm", Picture, "pnm");
    public static readonly ContentType Ppm = new("image/x-portable-pixmap", "PPM picture", "ppm pnm", Picture, "pnm");
    public static readonly ContentType Dbf = new("application/x-dbf", "dBASE table", "dbf", Database, isCertain: false);
    public static readonly ContentType Lzma = new("application/x-lzma", "LZMA compressed", "lzma tlz", Archive, isCertain: false);
    public static readonly ContentType Lzh = new("application/x-lzh-compressed", "LHA archive", "lzh lha", Archive);
    public static readonly ContentType Tar = new("application/x-tar", "TAR archive", "tar gem ova", Archive);
    public static readonly ContentType SqlitePlain = new("application/vnd.sqlite3", "SQLite database", "sqlite sqlite3 db db3 s3db sl3 sqlitedb", Database, "sqlite");
    public static readonly ContentType Certificate = new("application/pkix-cert", "X.509 certificate", "cer crt der", ContentFamily.Certificate, "der");
    public static readonly ContentType Pkcs7 = new("application/pkcs7-mime", "PKCS #7 signed or enveloped data", "p7m p7s p7b p7c spc cat", ContentFamily.Certificate, "der");
    public static readonly ContentType Pkcs12 = new("application/x-pkcs12", "PKCS #12 key store", "p12 pfx keystore jks", ContentFamily.Certificate, "der");
    public static readonly ContentType PgpBinary = new("application/pgp-keys", "PGP key (binary)", "gpg pgp key asc pub sec kbx", ContentFamily.Certificate, isCertain: false);
    public static readonly ContentType Torrent = new("application/x-bittorrent", "BitTorrent file", "torrent", Network);
    public static readonly ContentType Chrome = new("application/x-chrome-extension", "Chrome extension", "crx", Archive);

    public static readonly ContentType Ntfs = new("application/x-raw-disk-image", "NTFS volume", "dd img raw 001 bin", DiskImage, "disk");
    public static readonly ContentType BitLocker = new("application/x-bitlocker", "BitLocker volume", "dd img raw 001 bin", Encrypted, "disk");
    public static readonly ContentType Fat = new("application/x-raw-disk-image", "FAT volume", "dd img raw ima flp vfd 001 bin", DiskImage, "disk");
    public static readonly ContentType ExFat = new("application/x-raw-disk-image", "exFAT volume", "dd img raw 001 bin", DiskImage, "disk");
    public static readonly ContentType Ext = new("application/x-raw-disk-image", "ext2/3/4 volume", "dd img raw ext4 001 bin", DiskImage, "disk");
    public static readonly ContentType Hfs = new("application/x-raw-disk-image", "HFS+ volume", "dd img raw dmg 001 bin", DiskImage, "disk");
    public static readonly ContentType Apfs = new("application/x-raw-disk-image", "APFS container", "dd img raw dmg 001 bin", DiskImage, "disk");
    public static readonly ContentType Gpt = new("application/x-raw-disk-image", "disk with a GUID partition table", "dd img raw 001 bin", DiskImage, "disk");
    public static readonly ContentType Mbr = new("application/x-raw-disk-image", "boot sector or disk with a partition table", "dd img raw 001 bin mbr", DiskImage, "disk", isCertain: false);
    public static readonly ContentType Iso = new("application/x-iso9660-image", "ISO 9660 image", "iso cdr img udf dd raw", DiskImage, "disk");

    public static readonly ContentType Ascii = new("text/plain", "text (ASCII)", "", Text, "text", isCertain: false);
    public static readonly ContentType Utf8 = new("text/plain", "text (UTF-8)", "", Text, "text", isCertain: false);
    public static readonly ContentType Utf16Le = new("text/plain", "text (UTF-16, little-endian)", "", Text, "text", isCertain: false);
    public static readonly ContentType Utf16Be = new("text/plain", "text (UTF-16, big-endian)", "", Text, "text", isCertain: false);
    public static readonly ContentType Utf32 = new("text/plain", "text (UTF-32)", "", Text, "text", isCertain: false);
    public static readonly ContentType EightBit = new("text/plain", "text (8-bit)", "", Text, "text", isCertain: false);
    public static readonly ContentType Html = new("text/html", "HTML page", "html htm xhtml shtml hta mht php asp aspx jsp", Text, "text");
    public static readonly ContentType Xml = new("text/xml", "XML", "xml xsd xsl xslt rss atom config manifest xaml resx csproj kml gpx svg plist fb2 rdf dfxml", Text, "text");
    public static readonly ContentType Svg = new("image/svg+xml", "SVG picture", "svg", Picture, "text");
    public static readonly ContentType PlistXml = new("application/x-plist", "property list (XML)", "plist mobileconfig strings webloc", ContentFamily.System, "plist");
    public static readonly ContentType Kml = new("application/vnd.google-earth.kml+xml", "KML map", "kml", Document, "text");
    public static readonly ContentType Gpx = new("application/gpx+xml", "GPX track", "gpx", Document, "text");
    public static readonly ContentType Json = new("application/json", "JSON", "json geojson ipynb har map webmanifest", Text, "text", isCertain: false);
    public static readonly ContentType Ndjson = new("application/x-ndjson", "JSON lines", "jsonl ndjson json", Text, "text", isCertain: false);
    public static readonly ContentType Script = new("text/x-script", "script", "sh bash py pl rb js cgi zsh", Text, "text", isCertain: false);
    public static readonly ContentType Shell = new("text/x-shellscript", "shell script", "sh bash zsh ksh command", Text, "text", isCertain: false);
    public static readonly ContentType Python = new("text/x-script.python", "Python script", "py pyw", Text, "text", isCertain: false);
    public static readonly ContentType Perl = new("text/x-perl", "Perl script", "pl pm", Text, "text", isCertain: false);
    public static readonly ContentType Php = new("text/x-php", "PHP script", "php phtml php5", Text, "text", isCertain: false);
    public static readonly ContentType Batch = new("text/x-msdos-batch", "Windows batch file", "bat cmd", Text, "text", isCertain: false);
    public static readonly ContentType Mail = new("message/rfc822", "mail message", "eml mht mhtml emlx nws", ContentFamily.Mail, "text", isCertain: false);
    public static readonly ContentType Mbox = new("application/mbox", "mailbox (mbox)", "mbox mbx", ContentFamily.Mail, "text", isCertain: false);
    public static readonly ContentType Vcard = new("text/vcard", "vCard contact", "vcf vcard", ContentFamily.Mail, "text");
    public static readonly ContentType Calendar = new("text/calendar", "iCalendar", "ics ical vcs", ContentFamily.Mail, "text");
    public static readonly ContentType Pem = new("application/x-pem-file", "PEM certificate or key", "pem crt cer key csr p7b p8 pub ca-bundle", ContentFamily.Certificate, "text");
    public static readonly ContentType PgpText = new("application/pgp-encrypted", "PGP message (ASCII)", "asc pgp gpg key sig", Encrypted, "text");
    public static readonly ContentType PgpKeys = new("application/pgp-keys", "PGP key (ASCII)", "asc pgp gpg key", ContentFamily.Certificate, "text");
    public static readonly ContentType SshKey = new("application/x-ssh-key", "SSH private key", "key pem ppk", ContentFamily.Certificate, "text");
    public static readonly ContentType RegistryText = new("text/x-ms-regedit", "Windows registry export", "reg", ContentFamily.System, "text");
    public static readonly ContentType InternetShortcut = new("application/x-mswinurl", "Internet shortcut", "url website", ContentFamily.System, "text", isCertain: false);
    public static readonly ContentType VmdkDescriptor = new("application/x-vmdk", "VMDK descriptor", "vmdk", DiskImage, "vmdk");
    public static readonly ContentType Playlist = new("application/vnd.apple.mpegurl", "M3U playlist", "m3u m3u8", Text, "text", isCertain: false);
    public static readonly ContentType Vtt = new("text/vtt", "WebVTT subtitles", "vtt", Text, "text", isCertain: false);

    /// <summary>Extensions of text that are not those of a signature here; they make a picture named .txt a mismatch.</summary>
    private const string TextExtensions = "txt log csv tsv md ini cfg conf c h cpp hpp cs java js mjs css sql yml yaml toml ps1 psm1 vbs go rs swift kt lua tex srt nfo diff patch rst cmake gradle properties ts";

    /// <summary>Signatures at offset 0 by their first byte, longest first.</summary>
    public static readonly Signature[][] ByFirstByte;

    /// <summary>Signatures elsewhere, in the order they are tried.</summary>
    public static readonly Signature[] Elsewhere;

    /// <summary>Kin of the types that use an extension.</summary>
    public static readonly FrozenDictionary<string, string[]> KinByExtension;

    /// <summary>Every type.</summary>
    public static readonly ContentType[] All;

    static ContentSignatures()
    {
        List<Signature> signatures = [];
        HashSet<ContentType> types =
        [
            Zip, PdfLater, Docx, Xlsx, Pptx, Vsdx, Xps, Ooxml, Odt, Ods, Odp, Odg, Odf, Epub, Hwpx, Iwork, Jar, Apk, Ipa, Kmz, Ole, Doc, Xls, Ppt, Msg, Visio, Publisher, Msi, EncryptedOffice, Hwp, ThumbsDb,
            JumpList, Webp, Wave, Avi, AnimatedCursor, RiffMidi, Aiff, Ilbm, Riff, Heic, Heif, Avif, Cr3, Mp4, Mov, M4a, M4v, ThreeGp, Matroska, Webm, OggAudio, OggVideo, Ogg, Pe, Dos, MachOFat,
            JavaClass, Tiff, Cr2, Dng, Nef, Arw, Srw, Pef, BigTiff, Prefetch, Mp3, Mp3Likely, Aac, MpegTs, Tga, Bmp, Icon, Cursor, Pcx, Pnm, Pbm, Pgm, Ppm, Dbf, Lzma, Lzh, Tar, SqlitePlain, Certificate,
            Pkcs7, Pkcs12, PgpBinary, Torrent, Chrome, Ntfs, BitLocker, Fat, ExFat, Ext, Hfs, Apfs, Gpt, Mbr, Iso, Ascii, Utf8, Utf16Le, Utf16Be, Utf32, EightBit, Html, Xml, Svg, PlistXml, Kml, Gpx,
            Json, Ndjson, Script, Shell, Python, Perl, Php, Batch, Mail, Mbox, Vcard, Calendar, Pem, PgpText, PgpKeys, SshKey, RegistryText, InternetShortcut, VmdkDescriptor, Playlist, Vtt,
        ];

        void At(int offset, ContentType type, params string[] patterns)
        {
            types.Add(type);
            foreach (string pattern in patterns)
            {
                signatures.Add(new Signature(offset, Parse(pattern), type));
            }
        }

        void Start(string mime, string name, string extensions, ContentFamily family, params string[] patterns) => At(0, new ContentType(mime, name, extensions, family), patterns);

        void Kin(string kin, string mime, string name, string extensions, ContentFamily family, params string[] patterns) => At(0, new ContentType(mime, name, extensions, family, kin), patterns);

        // Pictures.
        Start("image/jpeg", "JPEG picture", "jpg jpeg jpe jfif jif thm mpo", Picture, @"\xFF\xD8\xFF");
        Start("image/png", "PNG picture", "png apng", Picture, @"\x89PNG\r\n\x1A\n");
        Start("video/x-mng", "MNG animation", "mng", Picture, @"\x8AMNG\r\n\x1A\n");
        Start("image/x-jng", "JNG picture", "jng", Picture, @"\x8BJNG\r\n\x1A\n");
        Start("image/gif", "GIF picture", "gif", Picture, "GIF87a", "GIF89a");
        At(0, Cr2, @"II*\0\x10\0\0\0CR\x02");
        At(0, Tiff, @"II*\0", @"MM\0*");
        At(0, BigTiff, @"II+\0\x08\0", @"MM\0+\0\x08");
        Kin("tiff", "image/x-panasonic-rw2", "Panasonic raw picture", "rw2 raw rwl", Picture, @"IIU\0");
        Kin("tiff", "image/x-olympus-orf", "Olympus raw picture", "orf", Picture, @"IIRO", @"IIRS", @"MMOR");
        Start("image/x-fuji-raf", "Fujifilm raw picture", "raf", Picture, "FUJIFILMCCD-RAW");
        Start("image/x-sigma-x3f", "Sigma raw picture", "x3f", Picture, "FOVb");
        Start("image/x-minolta-mrw", "Minolta raw picture", "mrw", Picture, @"\0MRM");
        Start("image/x-canon-crw", "Canon raw picture (CRW)", "crw", Picture, @"II\x1A\0\0\0HEAPCCDR");
        Start("image/jxr", "JPEG XR picture", "jxr wdp hdp", Picture, @"II\xBC\x01");
        Kin("jxl", "image/jxl", "JPEG XL picture", "jxl", Picture, @"\xFF\x0A", @"\0\0\0\x0CJXL \r\n\x87\n");
        Kin("jp2", "image/jp2", "JPEG 2000 picture", "jp2 jpf jpx jpm mj2 j2k", Picture, @"\0\0\0\x0CjP  \r\n\x87\n");
        Kin("jp2", "image/x-jp2-codestream", "JPEG 2000 codestream", "j2k j2c jpc jp2", Picture, @"\xFF\x4F\xFF\x51\0");
        Start("image/x-jls", "JPEG-LS picture", "jls", Picture, @"\xFF\xD8\xFF\xF7");
        Start("image/vnd.adobe.photoshop", "Photoshop picture", "psd psb", Picture, @"8BPS\0\x01", @"8BPS\0\x02");
        Start("image/x-xcf", "GIMP picture", "xcf", Picture, "gimp xcf ");
        Start("image/x-qoi", "QOI picture", "qoi", Picture, "qoif");
        Start("image/bpg", "BPG picture", "bpg", Picture, @"BPG\xFB");
        Start("image/flif", "FLIF picture", "flif", Picture, "FLIF");
        Start("image/vnd.ms-dds", "DirectDraw surface", "dds", Picture, @"DDS \x7C\0\0\0");
        Start("image/x-exr", "OpenEXR picture", "exr", Picture, @"\x76\x2F\x31\x01");
        Start("image/vnd.radiance", "Radiance picture", "hdr pic rgbe xyze", Picture, "#?RADIANCE", "#?RGBE");
        Start("image/x-farbfeld", "farbfeld picture", "ff", Picture, "farbfeld");
        Start("image/x-dcx", "DCX picture", "dcx", Picture, @"\xB1\x68\xDE\x3A");
        Start("image/x-sun-raster", "Sun raster picture", "ras sun rs im1 im8 im24 im32", Picture, @"\x59\xA6\x6A\x95");
        Start("image/x-sgi", "SGI picture", "sgi rgb rgba bw", Picture, @"\x01\xDA\x00\x01\x00", @"\x01\xDA\x00\x02\x00", @"\x01\xDA\x01\x01\x00", @"\x01\xDA\x01\x02\x00");
        Start("image/fits", "FITS picture", "fits fit fts", Picture, "SIMPLE  =");
        Start("image/vnd.djvu", "DjVu document", "djvu djv", Document, "AT&TFORM");
        Start("image/wmf", "Windows metafile", "wmf", Picture, @"\xD7\xCD\xC6\x9A");
        Start("image/x-icns", "Apple icon", "icns", Picture, "icns");
        Start("image/x-mspaint", "Microsoft Paint picture (1.x, 2.0)", "msp", Picture, "DanM", "LinS");
        Start("image/x-paintshoppro", "Paint Shop Pro picture", "psp pspimage", Picture, "Paint Shop Pro Image File");
        Start("image/x-portable-floatmap", "PFM picture", "pfm", Picture, @"PF\n", @"Pf\n");
        Start("image/x-lepton", "Lepton picture", "lep", Picture, @"\xCF\x84\x01", @"\xCF\x84\x02");
        At(128, new ContentType("application/dicom", "DICOM picture", "dcm dicom", Picture), "DICM");

        // Video.
        Kin("asf", "video/x-ms-asf", "Windows Media file", "wmv wma asf", Video, @"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C");
        Start("video/x-flv", "Flash video", "flv", Video, @"FLV\x01");
        Kin("mpeg", "video/mpeg", "MPEG video", "mpg mpeg vob m2p ps mod mpe m1v m2v dat", Video, @"\0\0\x01\xBA", @"\0\0\x01\xB3");
        Start("application/vnd.rn-realmedia", "RealMedia", "rm rmvb ra ram", Video, @".RMF\0\0");
        Start("application/x-shockwave-flash", "Flash animation", "swf", Video, "FWS", "CWS", "ZWS");
        At(4, new ContentType("video/x-flc", "FLIC animation", "flc fli flx", Video, isCertain: false), @"\x11\xAF", @"\x12\xAF");
        Start("video/x-dv", "DV video", "dv dif", Video, @"\x1F\x07\0");
        Start("video/x-ivf", "IVF video", "ivf", Video, "DKIF");
        Start("application/mxf", "MXF video", "mxf", Video, @"\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02");
        Start("video/x-wtv", "Windows recorded TV", "wtv", Video, @"\xB7\xD8\x00\x20\x37\x49\xDA\x11\xA6\x4E\x00\x07\xE9\x5E\xAD\x8D");

        // Audio.
        At(0, Mp3, "ID3");
        Start("audio/flac", "FLAC audio", "flac fla", Audio, "fLaC");
        Start("audio/midi", "MIDI", "mid midi kar", Audio, @"MThd\0\0\0\x06");
        Start("audio/amr", "AMR audio", "amr", Audio, @"#!AMR\n");
        Start("audio/amr-wb", "AMR wideband audio", "awb amr", Audio, @"#!AMR-WB\n");
        Start("audio/x-ape", "Monkey's Audio", "ape", Audio, "MAC ");
        Start("audio/x-wavpack", "WavPack audio", "wv", Audio, "wvpk");
        Start("audio/x-caf", "Core Audio file", "caf", Audio, @"caff\0\x01");
        Start("audio/basic", "Sun audio", "au snd", Audio, @".snd\0\0\0");
        Start("audio/x-musepack", "Musepack audio", "mpc mp+", Audio, "MPCK", "MP+");
        Start("audio/x-dsf", "DSD audio", "dsf", Audio, @"DSD \x1C\0\0\0");
        Start("audio/silk", "SILK audio", "silk slk", Audio, "#!SILK_V3", @"\x02#!SILK_V3");
        Start("audio/x-w64", "Wave64 audio", "w64", Audio, @"riff\x2E\x91\xCF\x11");

        // Archives and compression.
        At(0, Zip, @"PK\x03\x04", @"PK\x05\x06", @"PK\x07\x08PK\x03\x04", @"PK00PK\x03\x04");
        Start("application/x-rar", "RAR archive", "rar cbr r00 rev", Archive, @"Rar!\x1A\x07\0", @"Rar!\x1A\x07\x01\0", @"RE~^");
        Start("application/x-7z-compressed", "7-Zip archive", "7z cb7 001", Archive, @"7z\xBC\xAF\x27\x1C");
        Start("application/gzip", "gzip compressed", "gz tgz svgz emz wmz adz dmp z", Archive, @"\x1F\x8B\x08");
        Start("application/x-bzip2", "bzip2 compressed", "bz2 tbz tbz2 bz", Archive, "BZh1", "BZh2", "BZh3", "BZh4", "BZh5", "BZh6", "BZh7", "BZh8", "BZh9");
        Start("application/x-xz", "xz compressed", "xz txz", Archive, @"\xFD7zXZ\0");
        Start("application/zstd", "Zstandard compressed", "zst tzst zstd", Archive, @"\x28\xB5\x2F\xFD", @"\x22\xB5\x2F\xFD", @"\x23\xB5\x2F\xFD", @"\x24\xB5\x2F\xFD", @"\x25\xB5\x2F\xFD", @"\x26\xB5\x2F\xFD", @"\x27\xB5\x2F\xFD");
        Start("application/x-lz4", "LZ4 compressed", "lz4 tlz4", Archive, @"\x04\x22\x4D\x18", @"\x02\x21\x4C\x18");
        Start("application/x-lz4+json", "Mozilla LZ4", "jsonlz4 mozlz4 baklz4", Archive, @"mozLz40\0");
        Start("application/x-compress", "compress (LZW)", "z taz", Archive, @"\x1F\x9D");
        Start("application/x-lzip", "lzip compressed", "lz tlz", Archive, @"LZIP\x01");
        Start("application/x-lzop", "lzop compressed", "lzo", Archive, @"\x89LZO\0\r\n\x1A\n");
        Start("application/x-lrzip", "lrzip compressed", "lrz", Archive, @"LRZI\0");
        Start("application/x-snappy-framed", "Snappy compressed", "sz snappy", Archive, @"\xFF\x06\0\0sNaPpY");
        Start("application/vnd.ms-cab-compressed", "Cabinet archive", "cab msu exd", Archive, @"MSCF\0\0\0\0");
        Start("application/x-installshield", "InstallShield cabinet", "cab hdr", Archive, @"ISc(");
        Start("application/x-ms-compress-szdd", "SZDD compressed", "ex_ dl_ sy_ in_ in", Archive, @"SZDD\x88\xF0\x27\x33", @"SZ \x88\xF0\x27\x33\xD1");
        Start("application/x-ms-compress-kwaj", "KWAJ compressed", "ex_ dl_", Archive, @"KWAJ\x88\xF0\x27\xD1");
        Start("application/x-arj", "ARJ archive", "arj", Archive, @"\x60\xEA");
        Start("application/x-archive", "ar archive", "a ar lib", Archive, @"!<arch>\n", @"!<thin>\n");
        Start("application/vnd.debian.binary-package", "Debian package", "deb udeb", Archive, @"!<arch>\ndebian-binary");
        Start("application/x-rpm", "RPM package", "rpm", Archive, @"\xED\xAB\xEE\xDB");
        Start("application/x-cpio", "cpio archive", "cpio newc crc", Archive, "070701", "070702", "070707", @"\xC7\x71", @"\x71\xC7");
        Start("application/x-xar", "XAR archive", "xar pkg safariextz", Archive, @"xar!\0\x1C");
        Start("application/x-stuffit", "StuffIt archive", "sit sitx", Archive, "StuffIt ", "SIT!", "StuffIt!");
        Start("application/x-mac-binhex40", "BinHex", "hqx", Archive, "(This file must be converted with BinHex");
        At(7, new ContentType("application/x-ace-compressed", "ACE archive", "ace", Archive), "**ACE**");
        Start("application/x-zoo", "ZOO archive", "zoo", Archive, "ZOO 2.");
        Start("application/x-freearc", "FreeArc archive", "arc", Archive, @"ArC\x01");
        Start("application/x-zpaq", "ZPAQ archive", "zpaq", Archive, @"7kSt\xA0\x31\x83\xD3\x8C\xB2\x28\xB0\xD3", @"zPQ\x01", @"zPQ\x02");
        Start("application/x-ms-wim", "Windows imaging file", "wim esd swm", DiskImage, @"MSWIM\0\0\0", @"WLPWM\0\0\0");
        Start("application/x-backup", "Android backup", "ab", Archive, @"ANDROID BACKUP\n");
        At(0, Chrome, "Cr24");
        Start("application/x-squashfs", "SquashFS", "sqfs squashfs snap sfs img", DiskImage, "hsqs", "sqsh");
        Start("application/x-cramfs", "cramfs", "cramfs img", DiskImage, @"\x45\x3D\xCD\x28");
        Start("application/warc", "web archive (WARC)", "warc", Network, "WARC/");
        Start("application/x-ms-backup", "Windows NT backup (MTF)", "bkf", Archive, "TAPE");

        // Documents.
        Start("application/pdf", "PDF document", "pdf ai fdf", Document, "%PDF-");
        Kin("text", "text/rtf", "RTF document", "rtf doc", Document, @"{\\rtf");
        At(0, Ole, @"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", @"\x0E\x11\xFC\x0D\xD0\xCF\x11\xE0");
        Kin("postscript", "application/postscript", "PostScript", "ps eps ai epsf", Document, "%!PS", @"\xC5\xD0\xD3\xC6", @"\x04%!PS");
        Start("application/vnd.ms-htmlhelp", "compiled HTML help", "chm chi", Document, @"ITSF\x03\0\0\0");
        Start("application/onenote", "OneNote section", "one onetoc2", Document, @"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", @"\xA1\x2F\xFF\x43\xD9\xEF\x76\x4C\x9E\xE2\x10\xEA\x57\x22\x76\x5F");
        At(60, new ContentType("application/x-mobipocket-ebook", "Mobipocket book", "mobi prc azw azw3", Document), "BOOKMOBI", "TEXtREAd");
        Start("application/x-hwp", "Hangul document (3.0)", "hwp", Document, "HWP Document File");
        Start("application/vnd.wordperfect", "WordPerfect document", "wpd wp wp5 wp6 wpg", Document, @"\xFFWPC");
        Kin("works", "application/vnd.ms-works", "Works document", "wps wks wdb", Document, @"\x01\xFE\x32\0", @"\xFF\0\x02\0\x04\x04");
        Kin("ole", "application/msword", "Word document (before 97)", "doc dot", Document, @"\xDB\xA5\x2D\0\0\0", @"\x31\xBE\0\0\0\xAB", @"\x31\xBE\0\0", @"\x9B\xA5");
        Kin("ole", "application/vnd.ms-excel", "Excel worksheet (before 97)", "xls xlw xlt", Document, @"\x09\x08\x08\0\0\x05", @"\x09\x08\x10\0\0\x06\x05\0", @"\x09\x04\x06\0\0\0\x10\0", @"\x09\x02\x06\0\0\0\x10\0", @"\x09\0\x04\0\x02\0\x10\0", @"\x09\0\x04\0\x07\0\x10\0");
        Start("application/vnd.lotus-1-2-3", "Lotus 1-2-3 worksheet", "wk1 wk3 wk4 123", Document, @"\0\0\x02\0\x06\x04\x06\0\x08\0", @"\0\0\x1A\0\0\x10\x04\0", @"\0\0\x1A\0\x02\x10\x04\0");
        Start("application/x-lotus-notes", "Notes database", "nsf ntf", ContentFamily.Mail, @"\x1A\0\0\x04\0\0");
        Start("application/acad", "AutoCAD drawing", "dwg", Document, "AC1006", "AC1009", "AC1012", "AC1014", "AC1015", "AC1018", "AC1021", "AC1024", "AC1027", "AC1032");
        Start("application/x-winhelp", "Windows help", "hlp", Document, @"\x3F\x5F\x03\0");
        Start("application/x-indesign", "InDesign document", "indd indt", Document, @"\x06\x06\xED\xF5\xD8\x1D\x46\xE5\xBD\x31\xEF\xE7\xFE\x74\xB7\x1D");

        // Mail.
        Start("application/vnd.ms-outlook-pst", "Outlook mail store", "pst ost pab", ContentFamily.Mail, "!BDN");
        Start("application/ms-tnef", "TNEF (winmail.dat)", "tnef dat", ContentFamily.Mail, @"\x78\x9F\x3E\x22");
        Start("application/x-ms-dbx", "Outlook Express mail folder", "dbx", ContentFamily.Mail, @"\xCF\xAD\x12\xFE");
        Start("application/x-ms-wab", "Windows address book", "wab", ContentFamily.Mail, @"\x9C\xCB\xCB\x8D\x13\x75\xD2\x11\x91\x58\0\xC0\x4F\x79\x56\xA4");

        // Databases.
        At(0, SqlitePlain, @"SQLite format 3\0");
        Kin("sqlite", "application/x-sqlite-wal", "SQLite write-ahead log", "db-wal sqlite-wal", Database, @"\x37\x7F\x06\x82", @"\x37\x7F\x06\x83");
        Kin("sqlite", "application/x-sqlite-journal", "SQLite rollback journal", "db-journal sqlite-journal", Database, @"\xD9\xD5\x05\xF9\x20\xA1\x63\xD7");
        Start("application/x-msaccess", "Access database", "mdb accdb mda mde ldf", Database, @"\0\x01\0\0Standard Jet DB\0", @"\0\x01\0\0Standard ACE DB\0");
        At(4, new ContentType("application/x-ms-ese", "ESE database", "edb dit sdb dat db chk mdb", Database), @"\xEF\xCD\xAB\x89");
        At(16, new ContentType("application/x-realm", "Realm database", "realm", Database), "T-DB");
        Start("application/x-gdbm", "GDBM database", "gdbm db", Database, @"\x13\x57\x9A\xCE", @"\xCE\x9A\x57\x13");
        At(12, new ContentType("application/x-berkeley-db", "Berkeley DB", "db", Database), @"\x62\x31\x05\0", @"\x61\x15\x06\0", @"\0\x05\x31\x62", @"\0\x06\x15\x61");
        Start("application/x-parquet", "Parquet table", "parquet", Database, "PAR1");
        Start("application/x-hdf5", "HDF5 data", "h5 hdf5 he5", Database, @"\x89HDF\r\n\x1A\n");

        // Records of operating systems.
        Start("application/x-ms-registry-hive", "Windows registry hive", "dat hve hiv log1 log2 log", ContentFamily.System, "regf");
        Start("application/x-ms-evtx", "Windows event log (EVTX)", "evtx", ContentFamily.System, @"ElfFile\0");
        Start("application/x-ms-evt", "Windows event log (EVT)", "evt", ContentFamily.System, @"\x30\0\0\0LfLe");
        Start("application/x-ms-shortcut", "Windows shortcut", "lnk", ContentFamily.System, @"\x4C\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46");
        At(0, Prefetch, @"MAM\x04", @"MAM\x84");
        At(4, Prefetch, "SCCA");
        Start("application/x-ms-thumbcache", "Windows thumbnail cache", "db", ContentFamily.System, "CMMM", "IMMM");
        Kin("plist", "application/x-bplist", "property list (binary)", "plist strings nib binarycookies", ContentFamily.System, "bplist0");
        Start("application/x-binarycookies", "Safari cookies", "binarycookies", ContentFamily.System, "cook");
        Start("application/x-ds-store", "Finder folder settings", "ds_store", ContentFamily.System, @"\0\0\0\x01Bud1");
        Start("application/x-apple-double", "AppleDouble", "", ContentFamily.System, @"\0\x05\x16\x07\0\x02", @"\0\x05\x16\0\0\x02");
        Start("application/x-ms-index-dat", "Internet Explorer history (index.dat)", "dat", ContentFamily.System, "Client UrlCache MMF Ver ");
        Start("application/x-ms-minidump", "Windows minidump", "dmp mdmp hdmp", ContentFamily.System, "MDMP");
        Start("application/x-ms-crashdump", "Windows memory dump", "dmp", ContentFamily.System, "PAGEDUMP", "PAGEDU64");
        Start("application/x-ms-hibernation", "Windows hibernation file", "sys", ContentFamily.System, "hibr", "HIBR", "wake", "WAKE");
        Start("application/x-systemd-journal", "systemd journal", "journal", ContentFamily.System, "LPKSHHRH");
        Start("application/x-ms-pdb", "program database", "pdb", Executable, @"Microsoft C/C++ MSF 7.00\r\n\x1A");
        Start("application/x-ntfs-mft", "NTFS file records ($MFT)", "", ContentFamily.System, @"FILE0\0\x03\0", @"FILE*\0\x03\0", @"BAAD0\0\x03\0");
        Start("application/x-ntfs-logfile", "NTFS journal ($LogFile)", "", ContentFamily.System, @"RSTR\x1E\0", @"RCRD\x28\0");
        Start("application/x-ntfs-index", "NTFS directory index ($I30)", "", ContentFamily.System, @"INDX\x28\0");
        Start("application/x-ms-registry-9x", "Windows 9x registry", "dat da0", ContentFamily.System, "CREG");
        Start("application/x-ms-registry-pol", "group policy registry settings", "pol", ContentFamily.System, @"PReg\x01\0\0\0");
        Start("application/x-chrome-cache-index", "Chromium cache index", "", ContentFamily.System, @"\xC3\xCA\x03\xC1");
        Start("application/x-chrome-cache-data", "Chromium cache block file", "", ContentFamily.System, @"\xC3\xCA\x04\xC1");
        Start("application/x-chrome-cache-entry", "Chromium simple cache entry", "", ContentFamily.System, @"\x30\x5C\x72\xA7\x1B\x6D\xFB\xFC");
        Start("application/x-apple-keychain", "macOS keychain", "keychain", ContentFamily.Certificate, "kych");
        Start("application/x-apple-asl", "macOS system log (ASL)", "asl", ContentFamily.System, @"ASL DB\0");
        Start("application/tzif", "time zone rules", "tzif", ContentFamily.System, "TZif");
        Start("application/x-mlocate", "mlocate database", "db", ContentFamily.System, @"\0mlocate");
        Start("application/x-fseventsd", "macOS file system events", "", ContentFamily.System, "1SLD", "2SLD", "3SLD");
        At(36, new ContentType("application/vnd.iccprofile", "ICC colour profile", "icc icm", Other), "acsp");

        // Programs.
        At(0, Dos, "MZ");
        Start("application/x-executable", "ELF program", "elf so o ko bin out axf mod", Executable, @"\x7F" + "ELF");
        At(0, MachOFat, @"\xFE\xED\xFA\xCE", @"\xFE\xED\xFA\xCF", @"\xCE\xFA\xED\xFE", @"\xCF\xFA\xED\xFE");
        Start("application/vnd.android.dex", "Android program (DEX)", "dex", Executable, @"dex\n03", @"dex\n04", @"dey\n03");
        Start("application/wasm", "WebAssembly program", "wasm", Executable, @"\0asm");
        Start("application/x-llvm", "LLVM bitcode", "bc", Executable, @"BC\xC0\xDE");
        Start("application/x-python-bytecode", "Python bytecode", "pyc pyo", Executable, @"\x42\x0D\x0D\x0A", @"\x55\x0D\x0D\x0A", @"\x61\x0D\x0D\x0A", @"\x6F\x0D\x0D\x0A", @"\xA7\x0D\x0D\x0A", @"\xCB\x0D\x0D\x0A", @"\xF3\x0D\x0D\x0A", @"\x03\xF3\x0D\x0A");
        Start("application/x-java-keystore", "Java key store", "jks keystore", ContentFamily.Certificate, @"\xFE\xED\xFE\xED\0\0\0");
        Start("application/x-lua-bytecode", "Lua bytecode", "luac", Executable, @"\x1BLua");
        Start("application/vnd.android.ota", "Android boot image", "img", DiskImage, "ANDROID!");
        Start("application/x-doom", "Doom data", "wad", Other, "IWAD", "PWAD");

        // Fonts.
        Kin("sfnt", "font/ttf", "TrueType font", "ttf ttc otf tte dfont", Font, @"\0\x01\0\0\0", @"true\0");
        Kin("sfnt", "font/otf", "OpenType font", "otf ttf otc", Font, @"OTTO\0");
        Kin("sfnt", "font/collection", "font collection", "ttc otc", Font, @"ttcf\0");
        Start("font/woff", "WOFF font", "woff", Font, "wOFF");
        Start("font/woff2", "WOFF2 font", "woff2", Font, "wOF2");
        Start("application/x-font-type1", "PostScript font", "pfa pfb", Font, "%!PS-AdobeFont", @"\x80\x01");

        // Images of media and virtual disks.
        Start("application/x-ewf", "EWF image (E01)", "e01 ewf s01", DiskImage, @"EVF\x09\x0D\x0A\xFF\0");
        Start("application/x-ewf-logical", "EWF logical evidence (L01)", "l01", DiskImage, @"LVF\x09\x0D\x0A\xFF\0");
        Start("application/x-ewf2", "EWF2 image (Ex01)", "ex01", DiskImage, @"EVF2\x0D\x0A\x81\0");
        Start("application/x-ewf2-logical", "EWF2 logical evidence (Lx01)", "lx01", DiskImage, @"LEF2\x0D\x0A\x81\0");
        Start("application/x-aff", "AFF image", "aff afd", DiskImage, @"AFF10\r\n\0");
        Start("application/x-ad1", "AD1 logical evidence", "ad1", DiskImage, "ADSEGMENTEDFILE");
        Start("application/x-ad-encrypted", "AD encrypted image", "e01 ad1 001", Encrypted, "ADCRYPT");
        Start("application/x-vhdx", "VHDX virtual disk", "vhdx avhdx vhdpmem", DiskImage, "vhdxfile");
        Start("application/x-vhd", "VHD virtual disk", "vhd avhd vpc", DiskImage, @"conectix\0\0\0");
        Kin("vmdk", "application/x-vmdk", "VMDK virtual disk", "vmdk", DiskImage, @"KDMV", "COWD");
        Start("application/x-qemu-disk", "QCOW virtual disk", "qcow qcow2 qcow3 img", DiskImage, @"QFI\xFB\0\0\0");
        At(64, new ContentType("application/x-virtualbox-vdi", "VirtualBox virtual disk", "vdi", DiskImage), @"\x7F\x10\xDA\xBE");
        Start("application/x-parallels-disk", "Parallels virtual disk", "hds hdd", DiskImage, "WithoutFreeSpace", "WithouFreSpacExt");
        Start("application/x-apple-sparseimage", "Apple sparse image", "sparseimage", DiskImage, @"sprs\0\0\0");
        Start("application/x-apple-encrypted-image", "Apple encrypted disk image", "dmg sparseimage", Encrypted, "encrcdsa", "cdsaencr");
        Start("application/x-lime", "LiME memory image", "lime mem", DiskImage, @"EMiL\x01\0\0\0");
        Start("application/x-nero", "Alcohol disc description", "mds", DiskImage, "MEDIA DESCRIPTOR");
        At(3, Ntfs, "NTFS    ");
        At(3, ExFat, "EXFAT   ");
        At(3, BitLocker, "-FVE-FS-");
        At(82, Fat, "FAT32   ");
        At(54, Fat, "FAT12   ", "FAT16   ", "FAT     ");
        At(512, Gpt, @"EFI PART\0\0\x01\0");
        At(32, Apfs, "NXSB");
        At(1024, Hfs, @"H+\0\x04", @"HX\0\x05");
        At(257, Tar, @"ustar\0", "ustar ");
        At(32769, Iso, "CD001");
        At(1080, Ext, @"\x53\xEF");

        // Encrypted.
        Start("application/x-luks", "LUKS volume", "luks img dd raw", Encrypted, @"LUKS\xBA\xBE\0");
        Start("application/x-keepass", "KeePass passwords", "kdbx kdb", Encrypted, @"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5", @"\x03\xD9\xA2\x9A\x66\xFB\x4B\xB5", @"\x03\xD9\xA2\x9A\x65\xFB\x4B\xB5");
        Start("application/x-axcrypt", "AxCrypt file", "axx", Encrypted, @"\xC0\xB9\x07\x2E\x4F\x93\xF1\x46\xA0\x15\x79\x2C\xA1\xD9\xE8\x21");
        Start("application/x-aescrypt", "AES Crypt file", "aes", Encrypted, @"AES\x01", @"AES\x02", @"AES\0");
        Start("application/x-openssl-salted", "OpenSSL encrypted", "enc aes", Encrypted, "Salted__");
        Start("application/x-age", "age encrypted", "age", Encrypted, "age-encryption.org/v1");
        Start("application/x-password-safe", "Password Safe", "psafe3", Encrypted, "PWS3");

        // Network.
        Kin("pcap", "application/vnd.tcpdump.pcap", "network capture (pcap)", "pcap cap dmp", Network, @"\xD4\xC3\xB2\xA1", @"\xA1\xB2\xC3\xD4", @"\x4D\x3C\xB2\xA1", @"\xA1\xB2\x3C\x4D");
        Kin("pcap", "application/x-pcapng", "network capture (pcapng)", "pcapng ntar pcap", Network, @"\x0A\x0D\x0D\x0A");
        Start("application/x-snoop", "network capture (snoop)", "snoop cap", Network, @"snoop\0\0\0");
        Start("application/x-netmon", "network capture (Network Monitor)", "cap", Network, "GMBU");

        All = [.. types];
        ByFirstByte = new Signature[256][];
        for (int b = 0; b < 256; b++)
        {
            ByFirstByte[b] = [.. signatures.Where(s => s.Offset == 0 && s.Bytes[0] == b).OrderByDescending(s => s.Bytes.Length)];
        }

        Elsewhere = [.. signatures.Where(s => s.Offset > 0)];
        Dictionary<string, HashSet<string>> kin = [];
        foreach (ContentType type in All)
        {
            foreach (string extension in type.Extensions)
            {
                (kin.TryGetValue(extension, out HashSet<string>? set) ? set : kin[extension] = []).Add(type.Kin);
            }
        }

        foreach (string extension in TextExtensions.Split(' '))
        {
            (kin.TryGetValue(extension, out HashSet<string>? set) ? set : kin[extension] = []).Add("text");
        }

        // Extensions that any program gives to anything say nothing.
        foreach (string vague in (string[])["dat", "db", "bin", "raw", "img", "001", "log", "dmp", "chk", "mod", "out", "a", "o", "in", "z", "map"])
        {
            kin.Remove(vague);
        }

        KinByExtension = kin.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToArray());
    }

    /// <summary>Text with the escapes \xHH, \0, \r, \n and \\, each character one byte.</summary>
    private static byte[] Parse(string pattern)
    {
        List<byte> bytes = [];
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '\\')
            {
                bytes.Add((byte)pattern[i]);
                continue;
            }

            i++;
            switch (pattern[i])
            {
                case 'x':
                    bytes.Add(Convert.FromHexString(pattern.AsSpan(i + 1, 2))[0]);
                    i += 2;
                    break;
                case '0':
                    bytes.Add(0);
                    break;
                case 'r':
                    bytes.Add((byte)'\r');
                    break;
                case 'n':
                    bytes.Add((byte)'\n');
                    break;
                default:
                    bytes.Add((byte)pattern[i]);
                    break;
            }
        }

        return [.. bytes];
    }
}
