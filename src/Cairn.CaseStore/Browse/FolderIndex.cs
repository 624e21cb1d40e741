using System.Text;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Gives each folder of each part its number in table folder, as paths come. A folder's parent has a lower number. Those met last are kept in
/// memory, the others are looked up.
/// </summary>
internal sealed class FolderIndex : IDisposable
{
    /// <summary>Names deeper than this are taken as one with "/" in it, so that a path of nothing but "/" stays cheap.</summary>
    public const int MostDepth = 255;

    private const int MostKept = 100_000;

    private readonly SqliteStatement find;
    private readonly SqliteStatement add;
    private readonly SqliteStatement own;
    private readonly Dictionary<(int Part, string Path), int> kept = [];
    private byte[] lastPath = [];
    private int lastPart = -1;
    private int lastFolder;

    public FolderIndex(SqliteDatabase database, int count)
    {
        Count = count;
        find = database.Prepare("SELECT id FROM folder WHERE parent=?1 AND part=?2 AND name=?3");
        add = database.Prepare("INSERT INTO folder(id, parent, part, name, fold, own, own_state, is_file) VALUES (?1, ?2, ?3, ?4, ?5, 0, 9, 0)");
        own = database.Prepare("UPDATE folder SET own=?2, own_state=?3, is_file=?4 WHERE id=?1 AND own_state>?3");
    }

    /// <summary>Folders there are; the last one's number.</summary>
    public int Count { get; private set; }

    /// <summary>Where the name begins in a path: after the last "/", or after the one at <see cref="MostDepth"/>.</summary>
    public static int NameStart(ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        if (slash < 0 || path.Length <= MostDepth || path.Count((byte)'/') <= MostDepth)
        {
            return slash + 1;
        }

        int at = -1;
        for (int i = 0; i < MostDepth; i++)
        {
            at += 1 + path[(at + 1)..].IndexOf((byte)'/');
        }

        return at + 1;
    }

    /// <summary>The folder of a path without its name, as <see cref="NameStart"/> cuts it: "a/b/" of "a/b/c", "" at the root.</summary>
    public int Of(int part, ReadOnlySpan<byte> folder)
    {
        if (part == lastPart && folder.SequenceEqual(lastPath))
        {
            return lastFolder;
        }

        lastFolder = Number(part, Encoding.UTF8.GetString(folder));
        lastPath = folder.ToArray();
        lastPart = part;
        return lastFolder;
    }

    /// <summary>The folder that a path is itself.</summary>
    public int At(int part, ReadOnlySpan<byte> path) => Of(part, path.IsEmpty ? path : [.. path, (byte)'/']);

    /// <summary>A row is a folder, or a file that holds others; the allocated one counts where several have the path.</summary>
    public void Own(int folder, long entryId, EntryState state, bool isFile)
    {
        own.Bind(1, folder);
        own.Bind(2, entryId);
        own.Bind(3, (long)state);
        own.Bind(4, isFile ? 1 : 0);
        own.Run();
    }

    public void Dispose()
    {
        find.Dispose();
        add.Dispose();
        own.Dispose();
    }

    private int Number(int part, string path)
    {
        if (kept.TryGetValue((part, path), out int known))
        {
            return known;
        }

        // Up to the nearest folder that is known, then down again: at most MostDepth steps.
        Stack<(string Path, string Name)> missing = new();
        string rest = path;
        int parent = 0;
        while (true)
        {
            if (kept.TryGetValue((part, rest), out parent))
            {
                break;
            }

            if (rest.Length == 0)
            {
                parent = FindOrAdd(0, part, "");
                kept[(part, "")] = parent;
                break;
            }

            int name = rest.AsSpan(0, rest.Length - 1).LastIndexOf('/') + 1;
            missing.Push((rest, rest[name..^1]));
            rest = rest[..name];
        }

        while (missing.TryPop(out (string Path, string Name) step))
        {
            parent = FindOrAdd(parent, part, step.Name);
            if (kept.Count >= MostKept)
            {
                kept.Clear();
            }

            kept[(part, step.Path)] = parent;
        }

        return parent;
    }

    private int FindOrAdd(int parent, int part, string name)
    {
        find.Bind(1, parent);
        find.Bind(2, part);
        find.Bind(3, name);
        try
        {
            if (find.Step())
            {
                return find.Int32(0);
            }
        }
        finally
        {
            find.Reset();
        }

        int id = ++Count;
        add.Bind(1, id);
        add.Bind(2, parent);
        add.Bind(3, part);
        add.Bind(4, name);
        add.Bind(5, Fold.Text(name));
        add.Run();
        return id;
    }
}
