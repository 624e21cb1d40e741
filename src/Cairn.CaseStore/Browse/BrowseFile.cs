using System.Buffers.Binary;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Browse;

/// <summary>Columns of the side file; stable numbers, stored. See README.md.</summary>
internal enum Column
{
    // One cell for each row of table entry, ascending by id.
    Folder = 1,
    Shape = 2,
    Size = 3,
    Modified = 4,
    Accessed = 5,
    Changed = 6,
    Created = 7,
    Names = 8,
    Address = 9,

    // The same, but what they say comes later than the row and changes as the examination goes on.
    Marks = 20,
    ContentRow = 21,
    Mime = 22,
    Status = 23,
    Same = 24,

    // One cell for each row of the table named, ascending by rowid.
    ContentEntry = 40,
    ContentHas = 41,
    ContentMd5 = 42,
    ContentSha1 = 43,
    ContentSha256 = 44,
    ContentMime = 45,
    ContentStatus = 46,
    HitEntry = 50,
    HitSet = 51,
    HitWay = 52,
    HitOrdinal = 47,
    HitMeaning = 48,
    KnownEntry = 53,
    KnownOrdinal = 49,
    KnownMeaning = 65,
    ProblemEntry = 54,
    ProblemKind = 55,
    RecoveryEntry = 56,
    RecoveryGrade = 68,
    ClaimEntry = 57,
    MemberEntry = 58,
    MemberParent = 59,
    PictureEntry = 60,
    PictureKind = 64,
    AlikeEntry = 61,
    AlikeGroup = 62,
    AlikeGrouping = 63,

    // One cell for each item of the gallery, in its order.
    GalleryEntry = 70,
    GalleryStart = 71,

    // One cell for each folder, ascending by id.
    FolderParent = 80,
    FolderPart = 81,
    FolderRank = 82,
    FolderLast = 83,
    FolderOwn = 84,
    FolderRows = 85,
    FolderBelow = 86,
    FolderBytes = 87,
    FolderHits = 88,
    FolderKids = 89,
    FolderByRank = 90,

    // Orders: Order + SortField gives row ids by rank, Rank + SortField ranks by row.
    Order = 100,
    Rank = 120,
}

/// <summary>
/// <c>browse.db</c>, the side file of a case: columns cut into pieces, each a blob. It is made from case.db alone, can be deleted at any time, and is
/// no part of what the audit log covers.
/// </summary>
internal static class BrowseFile
{
    /// <summary>"CarB".</summary>
    public const int ApplicationId = 0x43617242;

    /// <summary>A file of another version is made anew.</summary>
    public const int Version = 1;

    /// <summary>Cells in a piece.</summary>
    public const int Piece = 1 << 16;

    /// <summary>CRC-32C behind the cells of a piece: what the disk changed is said, not shown.</summary>
    private const int CheckBytes = 4;

    /// <summary>Rows in a piece of <see cref="Column.Names"/>.</summary>
    public const int NamesPiece = 1 << 12;

    public const string Sql =
        "CREATE TABLE piece(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
        + "CREATE TABLE mark(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
        + "CREATE TABLE tie(case_id TEXT NOT NULL, seq INTEGER NOT NULL, root BLOB NOT NULL) STRICT;"
        + "CREATE TABLE part(id INTEGER PRIMARY KEY, evidence_id INTEGER NOT NULL, volume_index INTEGER) STRICT;"
        + "CREATE TABLE mime(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
        + "CREATE TABLE folder(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, part INTEGER NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, own INTEGER NOT NULL, own_state INTEGER NOT NULL, is_file INTEGER NOT NULL) STRICT;"
        + "CREATE UNIQUE INDEX folder_name ON folder(parent, part, name);"
        + "CREATE TABLE sum(topic TEXT NOT NULL, key INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(topic, key)) STRICT;";

    public static string Path(string directory) => System.IO.Path.Combine(directory, "browse.db");

    public static string Lock(string directory) => System.IO.Path.Combine(directory, "browse.lock");

    /// <summary>Key of a piece: the column above, the number of the piece below.</summary>
    public static long Key(Column column, int piece) => ((long)column << 32) | (uint)piece;

    /// <summary>Cells with their check behind them.</summary>
    public static byte[] Sealed(ReadOnlySpan<byte> cells)
    {
        byte[] blob = new byte[cells.Length + CheckBytes];
        cells.CopyTo(blob);
        BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(cells.Length), CanonicalEncoding.RowCheck(cells));
        return blob;
    }

    /// <summary>The cells of a blob, or none of an empty one.</summary>
    /// <exception cref="CaseException">They are not as they were written.</exception>
    public static ReadOnlySpan<byte> Opened(ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty)
        {
            return blob;
        }

        ReadOnlySpan<byte> cells = blob[..Math.Max(0, blob.Length - CheckBytes)];
        return blob.Length >= CheckBytes && BinaryPrimitives.ReadUInt32LittleEndian(blob[cells.Length..]) == CanonicalEncoding.RowCheck(cells) ? cells : throw Damaged();
    }

    public static CaseException Damaged(Exception? inner = null) => new("browse.db is damaged: delete it, it is made anew from the case", inner);

    /// <summary>Whether the file is one that this build made and can go on with.</summary>
    public static bool IsOurs(SqliteDatabase database) => database.Scalar("PRAGMA application_id") == ApplicationId && database.Scalar("PRAGMA user_version") == Version;

    public static void Delete(string directory)
    {
        foreach (string suffix in (string[])["", "-wal", "-shm", "-journal"])
        {
            File.Delete(Path(directory) + suffix);
        }
    }
}
