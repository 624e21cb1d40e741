using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
    private KnownSetInfo[] sets = [];
    private DamagedSet[] damaged = [];

    private KnownLibrary(string directory)
    {
        this.directory = directory;
        Scan();
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

    /// <summary>Set files that cannot be used. A set that has one is refused where it would be the version asked for.</summary>
    public IReadOnlyList<DamagedSet> Damaged
    {
        get
        {
            lock (turn)
            {
                return damaged;
            }
        }
    }

    /// <summary>The names of all sets, those that cannot be used included: whoever means all sets is told of these when they are loaded.</summary>
    public IReadOnlyList<string> Names => [.. Sets.Select(s => s.Name).Concat(Damaged.Select(d => d.Name)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The sets in <paramref name="directory"/>, which need not exist yet.</summary>
    /// <exception cref="KnownSetException">The folder cannot be read.</exception>
    public static KnownLibrary Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new KnownLibrary(Path.GetFullPath(directory));
    }

    /// <summary>The newest version of <paramref name="name"/>; see <see cref="Load(string, string?)"/>.</summary>
    /// <exception cref="KnownSetException">There is none, or it is damaged.</exception>
    public KnownSet Load(string name) => Load(name, null);

    /// <summary>
    /// A version of <paramref name="name"/>, null for the newest. Its header and indexes are checked; all of it is held against its checksum the
    /// first time, and again whenever the file has changed since.
    /// </summary>
    /// <exception cref="KnownSetException">There is none, or it is damaged; an older version is not taken in place of a damaged one.</exception>
    public KnownSet Load(string name, string? version)
    {
        KnownSetInfo info = Find(name, version);
        try
        {
            bool isVerified = VerifiedMark.Fits(info.Path);
            KnownSet set = KnownSet.Open(info.Path, checkAll: !isVerified);
            if (!isVerified)
            {
                VerifiedMark.Write(info.Path);
            }

            return set;
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

    /// <summary>Reads every set file to its end and holds it against its checksum.</summary>
    /// <returns>Those that are damaged, the ones in <see cref="Damaged"/> included.</returns>
    public IReadOnlyList<DamagedSet> Check(CancellationToken cancel = default)
    {
        List<DamagedSet> found = [.. Damaged];
        foreach (KnownSetInfo info in Sets)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                KnownSet.Open(info.Path, checkAll: true).Dispose();
                VerifiedMark.Write(info.Path);
            }
            catch (Exception error) when (error is KnownSetException or IOException or UnauthorizedAccessException)
            {
                found.Add(new DamagedSet(info.Name, info.Version, info.Path, error.Message));
            }
        }

        return found;
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
            string[] doomed = [.. sets.Where(s => s.Name == name && (version is null || s.Version == version)).Select(s => s.Path), .. damaged.Where(d => d.Name == name && (version is null || d.Version == version)).Select(d => d.Path)];
            if (doomed.Length == 0)
            {
                throw Missing(name, version);
            }

            try
            {
                foreach (string path in doomed)
                {
                    File.Delete(path);
                    File.Delete(path + VerifiedMark.Ending);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new KnownSetException($"the set {name} cannot be removed: {error.Message}", error);
            }
            finally
            {
                Scan();
            }

            return doomed.Length;
        }
    }

    /// <summary>Imports <paramref name="files"/> on another thread; see <see cref="Import(IReadOnlyList{string}, ImportOptions, IProgress{ImportProgress}?, CancellationToken)"/>.</summary>
    public Task<KnownSetInfo> ImportAsync(IReadOnlyList<string> files, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default) =>
        Task.Run(() => Import(files, options, progress, cancel), cancel);

    /// <summary>Imports one file; see <see cref="Import(IReadOnlyList{string}, ImportOptions, IProgress{ImportProgress}?, CancellationToken)"/>.</summary>
    /// <exception cref="KnownSetException">The file is not what it should be, with the line or entry; or the version is there already.</exception>
    public KnownSetInfo Import(string file, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default) => Import([file], options, progress, cancel);

    /// <summary>
    /// Imports files as one set, whole or not at all: whatever is malformed, cut short or cancelled leaves the library as it was. Memory does not
    /// grow with the files, but for about 60 bytes a PDQ hash, up to 1 GiB. An entry that a later file withdraws is left out.
    /// </summary>
    /// <exception cref="KnownSetException">A file is not what it should be, with the line or entry; or the version is there already.</exception>
    public KnownSetInfo Import(IReadOnlyList<string> files, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(files.Count);
        CheckText("name", options.Name, NameLength, required: true);
        CheckText("version", options.Version, NameLength, required: false);
        CheckText("source", options.Source, NoteLength, required: false);
        CheckText("licence note", options.Licence, NoteLength, required: false);
        if (options.MinQuality is < 0 or > 100)
        {
            throw new KnownSetException("the least quality of a PDQ hash is a number from 0 to 100");
        }

        try
        {
            return ImportChecked(files, options, progress, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KnownSetException($"{string.Join(", ", files)} cannot be imported: {error.Message}", error);
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

    private KnownSetInfo ImportChecked(IReadOnlyList<string> files, ImportOptions options, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        if (files.FirstOrDefault(f => !File.Exists(f)) is string missing)
        {
            throw new KnownSetException($"{missing}: there is no such file");
        }

        Directory.CreateDirectory(directory);
        RemoveAbandoned();
        string temporary = Path.Combine(directory, $"{TemporaryPrefix}{Guid.NewGuid():N}");
        string finished = temporary + ".set";
        List<FileStream> streams = [];
        try
        {
            // Nobody changes a source between its hash and its reading.
            List<KnownSourceFile> sources = [];
            foreach (string file in files)
            {
                streams.Add(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0));
                sources.Add(new KnownSourceFile(Path.GetFileName(file), SourceHash(streams[^1], progress, cancel)));
            }

            SetReader[] readers = [.. streams.Select(s => SetReader.For(s, options))];
            using SetWriter writer = new(temporary, readers.Any(r => r.HasEntries), options.Meaning);
            DateTime changed = files.Max(File.GetLastWriteTimeUtc);
            string version = options.Version ?? readers.Select(r => r.Version).FirstOrDefault(v => v is not null) ?? changed.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            string target = Target(options.Name, version);
            RefuseExisting(target, options.Name, version);
            foreach (SetReader reader in readers)
            {
                reader.Read(writer, progress, cancel);
            }

            if (writer.Entries == 0)
            {
                throw new KnownSetException($"{files[0]}: there is no hash in it");
            }

            SetHeader header = new()
            {
                Name = options.Name,
                Meaning = options.Meaning.ToText(),
                Version = version,
                Source = options.Source ?? sources[0].Name + (files.Count > 1 ? $" and {files.Count - 1} more" : ""),
                Licence = options.Licence,
                Format = string.Join(", ", readers.Select(r => r.FormatName).Distinct()),
                SourceSha256 = files.Count == 1 ? sources[0].Sha256 : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(sources.Select(s => $"{s.Sha256}  {s.Name}\n"))))),
                Files = files.Count == 1 ? [] : [.. sources],
                Mapping = options.Mapping?.ToString(),
                Entries = 0,
                HasDetails = false,
                Sections = [],
                Details = 0,
                DetailTableOffset = 0,
                DetailTextOffset = 0,
                BodyLength = 0,
            };
            SetHeader written = writer.Write(
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
            if (written.PdqCount + written.Sections.Sum(s => s.Count) == 0)
            {
                throw new KnownSetException($"{files[0]}: there is no hash in it that can be used; of its entries {writer.Withdrawals:N0} are withdrawals, which take back {written.Notes.Withdrawn:N0} others; {written.Notes.LowQualityIgnored:N0} PDQ hashes are of too low a quality");
            }

            cancel.ThrowIfCancellationRequested();

            // The time of the source, in whole seconds: whatever changes the file later leaves another, even in the moment of its making.
            File.SetLastWriteTimeUtc(finished, new DateTime(changed.Ticks - (changed.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc));
            lock (turn)
            {
                RefuseExisting(target, options.Name, version);
                File.Move(finished, target, overwrite: false);
                VerifiedMark.Write(target);
                Scan();
                return Find(options.Name, version);
            }
        }
        finally
        {
            foreach (FileStream stream in streams)
            {
                stream.Dispose();
            }

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
        KnownSetInfo? info = sets.FirstOrDefault(s => s.Name == name && (version is null || s.Version == version));
        DamagedSet? bad = damaged.FirstOrDefault(d => d.Name == name && (version is null || d.Version == version));
        if (bad is not null && (info is null || CompareVersions(bad.Version, info.Version) >= 0))
        {
            throw new KnownSetException(bad.Reason);
        }

        return info ?? throw Missing(name, version);
    }

    private KnownSetException Missing(string name, string? version)
    {
        string[] all = [.. Names];
        string there = all.Length == 0 ? "none is imported" : "there are " + string.Join(", ", all.Take(20));
        return new KnownSetException($"there is no known set {name}{(version is null ? "" : " version " + version)}; {there}");
    }

    private void Scan()
    {
        List<KnownSetInfo> found = [];
        List<DamagedSet> bad = [];
        try
        {
            foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + Ending) : [])
            {
                try
                {
                    using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
                    (SetHeader header, byte[] digest) = SetFile.Read(file);
                    found.Add(SetFile.Info(header, digest, path));
                }
                catch (Exception error) when (error is KnownSetException or IOException or UnauthorizedAccessException)
                {
                    string[] names = Path.GetFileName(path)[..^Ending.Length].Split('@', 2);
                    string reason = error is KnownSetException ? error.Message : $"{path}: this known set cannot be read: {error.Message}";
                    bad.Add(new DamagedSet(Uri.UnescapeDataString(names[0]), names.Length > 1 ? Uri.UnescapeDataString(names[1]) : "", path, reason));
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KnownSetException($"the known sets in {directory} cannot be read: {error.Message}", error);
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name) is int byName and not 0 ? byName : CompareVersions(b.Version, a.Version));
        bad.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name) is int byName and not 0 ? byName : CompareVersions(b.Version, a.Version));
        (sets, damaged) = ([.. found], [.. bad]);
    }
}
