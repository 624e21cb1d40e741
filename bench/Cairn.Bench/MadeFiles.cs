using Cairn.Core;

namespace Cairn.Bench;

/// <summary>Numbers by chance, the same for the same seed.</summary>
internal sealed class MadeChance(ulong seed)
{
    private ulong state = seed;

    public ulong Bits() => DrawnHashes.Next(ref state);

    public int Below(int most) => (int)((Bits() >> 33) % (uint)Math.Max(1, most));

    public bool OneIn(int many) => Below(many) == 0;

    public T Of<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    /// <summary>Bytes around <paramref name="middle"/>, a quarter to four times it.</summary>
    public long Size(long middle) => Math.Max(1, (long)(middle * Math.Pow(2, (Below(4_001) - 2_000) / 1_000.0)));
}

/// <summary>What a made file holds.</summary>
/// <param name="Extension">Of its name, with the dot.</param>
/// <param name="Mime">Of its content; null where nothing is recognised.</param>
/// <param name="Size">Bytes, about.</param>
internal sealed record MadeKind(string Extension, string? Mime, long Size)
{
    public static readonly MadeKind Library = new(".dll", "application/vnd.microsoft.portable-executable", 200_000);
    public static readonly MadeKind Program = new(".exe", "application/vnd.microsoft.portable-executable", 900_000);
    public static readonly MadeKind Manifest = new(".manifest", "text/xml", 3_000);
    public static readonly MadeKind Resource = new(".mui", "application/vnd.microsoft.portable-executable", 12_000);
    public static readonly MadeKind Settings = new(".json", "application/json", 2_000);
    public static readonly MadeKind Text = new(".txt", "text/plain", 4_000);
    public static readonly MadeKind Log = new(".log", "text/plain", 80_000);
    public static readonly MadeKind Unknown = new(".dat", null, 30_000);
    public static readonly MadeKind Cache = new("", null, 25_000);
    public static readonly MadeKind Page = new(".html", "text/html", 40_000);
    public static readonly MadeKind Pdf = new(".pdf", "application/pdf", 400_000);
    public static readonly MadeKind Word = new(".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 90_000);
    public static readonly MadeKind Sheet = new(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 60_000);
    public static readonly MadeKind Zip = new(".zip", "application/zip", 3_000_000);
    public static readonly MadeKind Database = new(".db", "application/vnd.sqlite3", 300_000);
    public static readonly MadeKind Mail = new(".eml", "message/rfc822", 50_000);
    public static readonly MadeKind Song = new(".mp3", "audio/mpeg", 5_000_000);
    public static readonly MadeKind Package = new(".apk", "application/vnd.android.package-archive", 30_000_000);
    public static readonly MadeKind Event = new(".evtx", "application/x-ms-evtx", 1_000_000);
    public static readonly MadeKind Link = new(".lnk", "application/x-ms-shortcut", 1_500);
    public static readonly MadeKind Jpeg = new(".jpg", "image/jpeg", 2_500_000);
    public static readonly MadeKind Png = new(".png", "image/png", 600_000);
    public static readonly MadeKind Webp = new(".webp", "image/webp", 90_000);
    public static readonly MadeKind Heic = new(".heic", "image/heic", 1_800_000);
    public static readonly MadeKind Video = new(".mp4", "video/mp4", 40_000_000);

    public bool IsPicture => Mime?.StartsWith("image/", StringComparison.Ordinal) == true;

    public bool IsVideo => Mime?.StartsWith("video/", StringComparison.Ordinal) == true;
}

/// <summary>What is known of a made row, beside what is stored of it.</summary>
/// <param name="Kind">What it holds; null for a folder.</param>
/// <param name="Content">Stands for its bytes: the same number is the same content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="State">Allocated, deleted, orphan.</param>
/// <param name="Mismatch">Its extension is that of another type.</param>
internal readonly record struct MadeRow(MadeKind? Kind, ulong Content, long Size, EntryState State, bool Mismatch);

/// <summary>How a made part writes times, addresses and paths.</summary>
internal enum MadeFileSystem
{
    Ntfs,
    Fat,
    Ext,
    Folder,
}

/// <summary>Makes the folders and files of one part, a number of rows of which a number are pictures and videos.</summary>
internal sealed class MadeFiles(MadeFileSystem fileSystem, MadeChance chance, MadeContents contents)
{
    private const int InFolder = 220;

    private static readonly string[] People = ["Jürgen", "anna", "Наталья", "王伟", "محمد", "José María", "Ελένη", "Nguyễn Thị Ánh"];
    private static readonly string[] Albums =
    [
        "Holiday", "Отпуск 2019", "夏休み", "عيد الفطر", "Ελλάδα", "Geburtstag Müller", "Weihnachten", "Garden", "Été à la mer", "वाराणसी", "한국 여행", "Misc", "Scan", "Wedding", "New folder (2)",
    ];

    private static readonly string[] Words = ["report", "invoice", "notes", "draft", "Rechnung", "lettre", "счёт", "資料", "список", "budget", "contract", "minutes", "plan", "résumé", "ملف", "todo"];
    private static readonly string[] Components = ["shell", "netfx", "dism", "audio", "tcpip", "printing", "security", "font", "media", "update", "wmi", "usb", "search", "input", "store"];
    private static readonly string[] Vendors = ["Contoso", "Fabrikam", "Northwind", "Tailspin", "Litware", "Adatum"];
    private static readonly string[] Apps = ["com.example.chat", "org.example.mail", "com.example.maps", "net.example.browser", "com.example.camera", "org.example.notes"];
    private static readonly MadeKind[] System = [MadeKind.Library, MadeKind.Library, MadeKind.Library, MadeKind.Manifest, MadeKind.Resource, MadeKind.Program];
    private static readonly MadeKind[] Office = [MadeKind.Pdf, MadeKind.Word, MadeKind.Sheet, MadeKind.Text, MadeKind.Mail, MadeKind.Zip];
    private static readonly MadeKind[] Browser = [MadeKind.Cache, MadeKind.Cache, MadeKind.Cache, MadeKind.Settings, MadeKind.Page, MadeKind.Database];
    private static readonly MadeKind[] Application = [MadeKind.Database, MadeKind.Settings, MadeKind.Log, MadeKind.Unknown, MadeKind.Unknown, MadeKind.Package];
    private static readonly MadeKind[] Download = [MadeKind.Zip, MadeKind.Program, MadeKind.Pdf, MadeKind.Song, MadeKind.Page, MadeKind.Link, MadeKind.Event];

    private readonly HashSet<string> folders = new(StringComparer.Ordinal);
    private long key = fileSystem == MadeFileSystem.Ntfs ? 24 : 11;

    /// <summary>What was made, row by row.</summary>
    public List<MadeRow> Rows { get; } = [];

    /// <summary>Yields entries with <paramref name="rows"/> streams in all, <paramref name="pictures"/> of them pictures and videos.</summary>
    public IEnumerable<FileEntry> Make(int rows, int pictures)
    {
        yield return Folder("", EntryState.Allocated);
        int made = 0;
        while (Rows.Count < rows)
        {
            int left = rows - Rows.Count, picturesLeft = pictures - made;

            // Folders need rows too; near the end it is pictures alone that are still owed.
            bool picture = picturesLeft > 0 && (chance.Below(left) < picturesLeft || left - picturesLeft < 64);
            (string path, MadeKind[] kinds) = picture ? PictureFolder() : OtherFolder();
            int files = Math.Min(picture ? picturesLeft : left - picturesLeft, 4 + chance.Below(picture ? InFolder * 2 : kinds == System ? 8 : InFolder));
            EntryState state = chance.OneIn(120) ? EntryState.Deleted : EntryState.Allocated;
            foreach (FileEntry folder in Folders(path, state))
            {
                if (Rows.Count >= rows - picturesLeft)
                {
                    break;
                }

                yield return Counted(folder, new MadeRow(null, 0, 4096, folder.State, false));
            }

            for (int i = 0; i < files && Rows.Count < rows; i++)
            {
                MadeKind kind = picture ? chance.OneIn(40) ? MadeKind.Video : chance.Of(kinds) : chance.Of(kinds);
                made += picture ? 1 : 0;
                bool marked = fileSystem == MadeFileSystem.Ntfs && path.EndsWith("/Downloads", StringComparison.Ordinal) && rows - Rows.Count - 1 > pictures - made;
                yield return Counted(File(path, kind, i, state, marked, out MadeRow row), row);
                if (marked)
                {
                    Rows.Add(new MadeRow(MadeKind.Text, chance.Bits(), 26, row.State, false));
                }
            }
        }
    }

    private FileEntry Counted(FileEntry entry, MadeRow row)
    {
        Rows.Add(row);
        return entry;
    }

    private IEnumerable<FileEntry> Folders(string path, EntryState state)
    {
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (folders.Add(path[..slash]))
            {
                yield return Folder(path[..slash], EntryState.Allocated);
            }
        }

        if (folders.Add(path))
        {
            yield return Folder(path, state);
        }
    }

    private FileEntry Folder(string path, EntryState state)
    {
        if (path.Length == 0)
        {
            Rows.Add(new MadeRow(null, 0, 4096, state, false));
        }

        long own = path.Length == 0 ? fileSystem == MadeFileSystem.Ntfs ? 5 : 2 : key++;
        return Entry(own, path, EntryType.Directory, state, 4096, streams: [Stream(own, 144, "", 4096, StreamFlags.Index)]);
    }

    private FileEntry File(string folder, MadeKind kind, int number, EntryState folderState, bool marked, out MadeRow row)
    {
        (ulong content, long size) = contents.Next(kind);
        EntryState state = folderState != EntryState.Allocated || chance.OneIn(18) ? chance.OneIn(8) ? EntryState.Orphan : EntryState.Deleted : EntryState.Allocated;
        bool mismatch = kind.IsPicture && chance.OneIn(150);
        string name = Name(kind, number) + (mismatch ? ".docx" : kind.Extension);
        string path = state == EntryState.Orphan ? $"$OrphanFiles/{name}" : folder.Length == 0 ? name : $"{folder}/{name}";
        if (chance.OneIn(400))
        {
            (content, size) = (0, 0);
        }

        long own = key++;
        row = new MadeRow(kind, content, size, state, mismatch);
        List<StreamInfo> streams = [Stream(own, 128, "", size, size < 700 ? StreamFlags.Resident : StreamFlags.None)];
        if (marked)
        {
            streams.Add(Stream(own, 128, "Zone.Identifier", 26, StreamFlags.Resident));
        }

        return Entry(own, path, EntryType.File, state, size, streams);
    }

    private string Name(MadeKind kind, int number)
    {
        if (kind.IsPicture || kind.IsVideo)
        {
            return chance.Below(6) switch
            {
                0 => $"DSC_{chance.Below(9_999):D4}",
                1 => $"{(kind.IsVideo ? "VID" : "IMG")}-{2014 + chance.Below(11)}{1 + chance.Below(12):D2}{1 + chance.Below(28):D2}-WA{number:D4}",
                2 => $"{chance.Of(Albums)} {number}",
                3 => chance.OneIn(200) ? $"photo\u202Egpj.{number}" : $"Screenshot_{number}",
                _ => $"IMG_{2014 + chance.Below(11)}{1 + chance.Below(12):D2}{1 + chance.Below(28):D2}_{chance.Below(24):D2}{chance.Below(60):D2}{chance.Below(60):D2}",
            };
        }

        return kind == MadeKind.Cache ? $"f_{number:x6}" : kind == MadeKind.Library || kind == MadeKind.Resource ? $"{chance.Of(Components)}{chance.Below(500)}" : $"{chance.Of(Words)} {number}";
    }

    private (string Path, MadeKind[] Kinds) PictureFolder()
    {
        string person = chance.Of(People), album = chance.Of(Albums);
        int year = 2012 + chance.Below(13);
        return fileSystem switch
        {
            MadeFileSystem.Ntfs => chance.Below(5) switch
            {
                0 => ($"Users/{person}/Downloads", [MadeKind.Jpeg, MadeKind.Png, MadeKind.Webp]),
                1 => ($"Users/{person}/AppData/Local/Packages/Pictures.{chance.Below(40)}/LocalCache", [MadeKind.Webp, MadeKind.Png]),
                2 => ($"Users/{person}/Desktop/{album}", [MadeKind.Jpeg]),
                _ => ($"Users/{person}/Pictures/{year}/{album} {chance.Below(30)}", [MadeKind.Jpeg, MadeKind.Jpeg, MadeKind.Heic]),
            },
            MadeFileSystem.Fat => ($"DCIM/{100 + chance.Below(60)}MEDIA", [MadeKind.Jpeg]),
            MadeFileSystem.Ext => ($"srv/photos/{person}/{year}/{album}", [MadeKind.Jpeg, MadeKind.Png]),
            _ => chance.Below(3) switch
            {
                0 => ($"data/media/0/DCIM/Camera/{year}-{1 + chance.Below(12):D2}", [MadeKind.Jpeg, MadeKind.Heic]),
                1 => ($"data/media/0/Android/media/{chance.Of(Apps)}/Images/Sent {chance.Below(20)}", [MadeKind.Jpeg, MadeKind.Webp]),
                _ => ($"data/data/{chance.Of(Apps)}/cache/image_manager_disk_cache/{chance.Below(90)}", [MadeKind.Webp]),
            },
        };
    }

    private (string Path, MadeKind[] Kinds) OtherFolder()
    {
        string person = chance.Of(People);
        if (fileSystem == MadeFileSystem.Folder)
        {
            string app = chance.Of(Apps);
            return chance.Below(3) == 0 ? ($"data/app/{app}-{chance.Below(900)}/lib/arm64", Application) : ($"data/data/{app}/{chance.Of(["databases", "files", "shared_prefs", "no_backup"])}/{chance.Below(400)}", Application);
        }

        if (fileSystem != MadeFileSystem.Ntfs)
        {
            return ($"{(fileSystem == MadeFileSystem.Fat ? "Backup" : $"home/{person}/documents")}/{2010 + chance.Below(15)}/{chance.Of(Words)} {chance.Below(60)}", Office);
        }

        return chance.Below(12) switch
        {
            0 => ($"Users/{person}/Documents/{chance.Of(Words)} {chance.Below(80)}", Office),
            1 => ($"Users/{person}/Downloads", Download),
            2 or 3 => ($"Users/{person}/AppData/Local/Contoso/Browser/User Data/Profile {chance.Below(9)}/Cache/Cache_Data{chance.Below(40)}", Browser),
            4 => ($"Program Files/{chance.Of(Vendors)}/{chance.Of(Words)} {chance.Below(50)}", System),
            5 => ($"ProgramData/{chance.Of(Vendors)}/{chance.Of(Components)}/{chance.Below(200)}", Application),
            6 => ($"$Recycle.Bin/S-1-5-21-1000-{chance.Below(4)}", Office),
            7 => ($"Windows/System32/{chance.Of(Components)}/{chance.Below(60)}", System),
            _ => ($"Windows/WinSxS/amd64_{chance.Of(Components)}-{chance.Below(4_000):x4}_31bf3856ad364e35_10.0.19041.{chance.Below(2_000)}_none", System),
        };
    }

    private FileEntry Entry(long own, string path, EntryType type, EntryState state, long size, IReadOnlyList<StreamInfo> streams)
    {
        long second = 1_400_000_000L + (chance.Below(330_000) * 1_000L) + chance.Below(1_000), later = second + chance.Below(9_000_000);
        EntryTimes times = fileSystem == MadeFileSystem.Fat
            ? new EntryTimes(Fat(second), Fat(later / 86_400 * 86_400), default, Fat(second))
            : new EntryTimes(Time(second), chance.OneIn(20) ? default : Time(later), fileSystem == MadeFileSystem.Folder ? default : Time(later), fileSystem == MadeFileSystem.Folder ? default : Time(second - chance.Below(1_000_000)));
        return new FileEntry
        {
            Key = own,
            Path = path,
            Type = type,
            State = state,
            MetadataReallocated = state == EntryState.Deleted && chance.OneIn(12),
            Times = times,
            NameTimes = fileSystem == MadeFileSystem.Ntfs ? times : default,
            DosAttributes = fileSystem is MadeFileSystem.Ntfs or MadeFileSystem.Fat ? type == EntryType.Directory ? 16 : 32 : null,
            Mode = fileSystem is MadeFileSystem.Ext or MadeFileSystem.Folder ? type == EntryType.Directory ? 0x41ED : 0x81A4 : null,
            Uid = fileSystem is MadeFileSystem.Ext or MadeFileSystem.Folder ? 1_000 : null,
            Gid = fileSystem is MadeFileSystem.Ext or MadeFileSystem.Folder ? 1_000 : null,
            ShortName = fileSystem == MadeFileSystem.Ntfs && size % 5 == 0 ? $"FILE{own % 1_000}~1" : null,
            Streams = streams,
        };
    }

    private EvidenceTime Time(long second) => fileSystem == MadeFileSystem.Ntfs
        ? new EvidenceTime(((second + 11_644_473_600) * 10_000_000) + chance.Below(10_000_000), TimeKind.FileTime)
        : new EvidenceTime((second * 1_000_000_000) + chance.Below(1_000_000_000), TimeKind.UnixNanoseconds);

    private static EvidenceTime Fat(long second)
    {
        DateTime time = DateTimeOffset.FromUnixTimeSeconds(second).UtcDateTime;
        long date = ((time.Year - 1980) << 9) | (time.Month << 5) | time.Day, clock = (time.Hour << 11) | (time.Minute << 5) | (time.Second / 2);
        return new EvidenceTime((date << 24) | (clock << 8) | (long)(time.Second % 2 * 100), TimeKind.FatLocal);
    }

    private StreamInfo Stream(long own, int type, string name, long size, StreamFlags flags) => new()
    {
        Ref = new StreamRef(own, (type << 16) | (name.Length == 0 ? 1 : 4)),
        Name = name,
        Address = fileSystem == MadeFileSystem.Ntfs ? $"{own}-{type}-{(name.Length == 0 ? 1 : 4)}" : $"{own}",
        Size = size,
        ValidLength = size,
        AllocatedSize = (size + 4_095) / 4_096 * 4_096,
        Flags = flags,
        FirstOffset = own * 131_072,
    };
}

/// <summary>Contents of made files; some are the same as earlier ones.</summary>
internal sealed class MadeContents(MadeChance chance)
{
    private const int Remembered = 512;
    private readonly Dictionary<MadeKind, List<(ulong Content, long Size)>> recent = [];

    public (ulong Content, long Size) Next(MadeKind kind)
    {
        if (!recent.TryGetValue(kind, out List<(ulong, long)>? earlier))
        {
            recent.Add(kind, earlier = []);
        }

        if (earlier.Count > 0 && chance.OneIn(kind == MadeKind.Library ? 3 : 9))
        {
            return chance.Of(earlier);
        }

        (ulong, long) fresh = (chance.Bits() | 1, chance.Size(kind.Size));
        if (earlier.Count < Remembered)
        {
            earlier.Add(fresh);
        }
        else
        {
            earlier[chance.Below(Remembered)] = fresh;
        }

        return fresh;
    }
}
