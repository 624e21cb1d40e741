using System.Globalization;
using System.Security.Cryptography;
using Cairn.Known.Import;
using Cairn.Known.Sets;

namespace Cairn.Known;

/// <summary>The imported sets of one folder: one immutable file for each version of each set.</summary>
public sealed class KnownLibrary
{
    private const string Ending = ".known";
    private const string TemporaryPrefix = ".import-";
    private const int NameLength = 100;
    private const int NoteLength = 1_000;

    private readonly string directory;
    private readonly Lock turn = new();
    private KnownSetInfo[] sets;

    private KnownLibrary(string directory)
    {
        this.directory = directory;
        sets = Scan();
    }

    /// <summary>Every version of every set: by name, newest version first.</summary>
    public IReadOnlyList<KnownSetInfo> Sets
    {
        get
        {
            lock (turn)
            {
                return sets;
            }
        }
    }

    /// <summary>The sets in <paramref name="directory"/>, which need not exist yet.</summary>
    /// <exception cref="KnownSetException">One of the set files is damaged or cannot be read: none is passed over silently.</exception>
    public static KnownLibrary Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new KnownLibrary(Path.GetFullPath(directory));
    }

    /// <summary>The newest version of <paramref name="name"/>, its checksum verified.</summary>
    /// <exception cref="KnownSetException">There is none, or it is damaged.</exception>
    public KnownSet Load(string name) => Load(name, null);

    /// <summary>A version of <paramref name="name"/>, null for the newest, its checksum verified.</summary>
    /// <exception cref="KnownSetException">There is none, or it is damaged.</exception>
    public KnownSet Load(string name, string? version)
    {
        KnownSetInfo info = Find(name, version);
        try
        {
            return KnownSet.Open(info.Path);
        }
        catch (IOException error)
        {
            throw new KnownSetException($"{info.Path}: {error.Message}", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new KnownSetException($"{info.Path}: {error.Message}", error);
        }
    }

    /// <summary>Removes every version of <paramref name="name"/>; returns how many there were.</summary>
    /// <exception cref="KnownSetException">There is none, or a file cannot be deleted.</exception>
    public int Remove(string name) => Remove(name, null);

    /// <summary>Removes a version of <paramref name="name"/>, null for all; returns how many there were.</summary>
    /// <exception cref="KnownSetException">There is none, or a file cannot be deleted.</exception>
    public int Remove(string name, string? version)
    {
        lock (turn)
        {
            Find(name, version);
            KnownSetInfo[] doomed = [.. sets.Where(s => s.Name == name && (version is null || s.Version == version))];
            try
            {
                foreach (KnownSetInfo info in doomed)
                {
                    File.Delete(info.Path);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new KnownSetException($"the set {name} cannot be removed: {error.Message}", error);
            }
            finally
            {
                sets = Scan();
            }

            return doomed.Length;
        }
    }

    /// <summary>Imports <paramref name="file"/> on another thread; see <see cref="Import"/>.</summary>
    public Task<KnownSetInfo> ImportAsync(string file, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default) =>
        Task.Run(() => Import(file, options, progress, cancel), cancel);

    /// <summary>
    /// Imports <paramref name="file"/> whole or not at all: whatever is malformed, cut short or cancelled leaves the library as it was. Memory
    /// does not grow with the file.
    /// </summary>
    /// <exception cref="KnownSetException">The file is not what it should be, with the line or entry; or the version is there already.</exception>
    public KnownSetInfo Import(string file, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        CheckText("name", options.Name, NameLength, required: true);
        CheckText("version", options.Version, NameLength, required: false);
        CheckText("source", options.Source, NoteLength, required: false);
        CheckText("licence note", options.Licence, NoteLength, required: false);
        try
        {
            return ImportChecked(file, options, progress, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KnownSetException($"{file} cannot be imported: {error.Message}", error);
        }
    }

    /// <summary>Orders versions as people count: 2024.3 before 2024.12.</summary>
    internal static int CompareVersions(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            if (char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]))
            {
                ReadOnlySpan<char> x = Digits(a, ref i), y = Digits(b, ref j);
                int order = x.Length != y.Length ? x.Length.CompareTo(y.Length) : x.SequenceCompareTo(y);
                if (order != 0)
                {
                    return order;
                }
            }
            else if (a[i] != b[j])
            {
                return a[i].CompareTo(b[j]);
            }
            else
            {
                i++;
                j++;
            }
        }

        int rest = (a.Length - i).CompareTo(b.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(a, b);
    }

    private static ReadOnlySpan<char> Digits(string text, ref int at)
    {
        while (at < text.Length && text[at] == '0')
        {
            at++;
        }

        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text.AsSpan(start, at - start);
    }

    private static void CheckText(string what, string? text, int longest, bool required)
    {
        if (text is null && !required)
        {
            return;
        }

        if (string.IsNullOrWhiteSpace(text) || text.Length > longest || text.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            throw new KnownSetException($"the {what} of a known set is 1 to {longest} printable characters");
        }
    }

    private KnownSetInfo ImportChecked(string file, ImportOptions options, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        if (!File.Exists(file))
        {
            throw new KnownSetException($"{file}: there is no such file");
        }

        Directory.CreateDirectory(directory);
        RemoveAbandoned();
        string temporary = Path.Combine(directory, $"{TemporaryPrefix}{Guid.NewGuid():N}");
        string finished = temporary + ".set";
        try
        {
            // Nobody changes the source between its hash and its reading.
            using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
            string sha256 = SourceHash(source, progress, cancel);
            using SetWriter writer = new(temporary);
            SetReader reader = SetReader.For(source, options);
            string? version = options.Version ?? reader.Version;
            version ??= File.GetLastWriteTimeUtc(file).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            string target = Target(options.Name, version);
            RefuseExisting(target, options.Name, version);
            reader.Read(writer, progress, cancel);
            if (writer.Entries == 0)
            {
                throw new KnownSetException($"{file}: there is no hash in it");
            }

            SetHeader header = new()
            {
                Name = options.Name,
                Meaning = options.Meaning.ToText(),
                Version = version,
                Source = options.Source ?? Path.GetFileName(file),
                Licence = options.Licence,
                Format = reader.FormatName,
                SourceSha256 = sha256,
                Entries = 0,
                HasDetails = false,
                Sections = [],
                Details = 0,
                DetailTableOffset = 0,
                DetailTextOffset = 0,
                BodyLength = 0,
            };
            writer.Write(
                finished,
                header,
                (stage, done, total) =>
                {
                    if ((done & 0xFFFFF) == 0)
                    {
                        progress?.Report(new ImportProgress(stage, done, total, writer.Entries));
                    }
                },
                cancel);
            cancel.ThrowIfCancellationRequested();
            lock (turn)
            {
                RefuseExisting(target, options.Name, version);
                File.Move(finished, target, overwrite: false);
                sets = Scan();
                return Find(options.Name, version);
            }
        }
        finally
        {
            File.Delete(finished);
        }
    }

    private static string SourceHash(FileStream source, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        int got;
        while ((got = source.Read(buffer)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, got);
            done += got;
            if ((done & 0x3FFFFFF) == 0)
            {
                progress?.Report(new ImportProgress("hashing", done, source.Length, 0));
            }
        }

        source.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string Target(string name, string version)
    {
        string file = $"{Uri.EscapeDataString(name)}@{Uri.EscapeDataString(version)}{Ending}";

        // A name that begins with a dot would be hidden, and would not be found again.
        file = file[0] == '.' ? "%2E" + file[1..] : file;
        if (file.Length > 250)
        {
            throw new KnownSetException("the name and version of the set make too long a file name; give shorter ones");
        }

        return Path.Combine(directory, file);
    }

    private static void RefuseExisting(string target, string name, string version)
    {
        if (File.Exists(target))
        {
            throw new KnownSetException($"the set {name} version {version} is there already; remove it first, or give another version");
        }
    }

    /// <summary>What a killed import left: nobody holds it open any more.</summary>
    private void RemoveAbandoned()
    {
        foreach (string path in Directory.EnumerateFiles(directory, TemporaryPrefix + "*"))
        {
            try
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > TimeSpan.FromDays(1))
                {
                    using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                    {
                    }

                    File.Delete(path);
                }
            }
            catch (IOException)
            {
                // In use by another import.
            }
            catch (UnauthorizedAccessException)
            {
                // Another person's import: theirs to remove.
            }
        }
    }

    private KnownSetInfo Find(string name, string? version)
    {
        KnownSetInfo[] all = sets;
        foreach (KnownSetInfo info in all)
        {
            if (info.Name == name && (version is null || info.Version == version))
            {
                return info;
            }
        }

        string there = all.Length == 0 ? "none is imported" : "there are " + string.Join(", ", all.Select(s => s.Name).Distinct().Order(StringComparer.Ordinal).Take(20));
        throw new KnownSetException($"there is no known set {name}{(version is null ? "" : " version " + version)}; {there}");
    }

    private KnownSetInfo[] Scan()
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        List<KnownSetInfo> found = [];
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*" + Ending))
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
                (SetHeader header, byte[] digest) = SetFile.Read(file);
                found.Add(SetFile.Info(header, digest, path));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KnownSetException($"the known sets in {directory} cannot be read: {error.Message}", error);
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name) is int byName and not 0 ? byName : CompareVersions(b.Version, a.Version));
        return [.. found];
    }
}
