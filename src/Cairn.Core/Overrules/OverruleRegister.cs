using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cairn.Core.Overrules;

/// <summary>A hit on a known set that a person said is wrong, in whichever case.</summary>
public sealed record RegisteredOverrule
{
    /// <summary>Id of the act: the same overrule is registered once.</summary>
    public required Guid Act { get; init; }

    /// <summary>32 hexadecimal digits that name the case.</summary>
    public required string CaseId { get; init; }

    /// <summary>Name of the set.</summary>
    public required string Set { get; init; }

    /// <summary>Its version, or null.</summary>
    public string? SetVersion { get; init; }

    /// <summary>Identity of the entry in the set; of a set that has hashes only, the content that was hit.</summary>
    public required string KnownEntry { get; init; }

    /// <summary>What was hit: SHA-256 in hexadecimal, or "entry:" and a number within the case.</summary>
    public required string Content { get; init; }

    /// <summary>Why it is wrong.</summary>
    public required string Reason { get; init; }

    /// <summary>Who said so.</summary>
    public required string Who { get; init; }

    /// <summary>When, ISO 8601 UTC.</summary>
    public required string Utc { get; init; }
}

/// <summary>
/// The overrules of all cases that share a folder of known sets, so that a hit on the same entry shows in the next case how often it was wrong before:
/// <c>overrules.jsonl</c>, a line for each overrule and each one taken back, only ever added to. See README.md.
/// </summary>
public sealed class OverruleRegister
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "overrules.jsonl";

    private const string LockName = "overrules.lock";
    private const int MostLine = 64 << 10;
    private const int MostOverrules = 1_000_000;
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(30);
    private readonly Dictionary<Guid, RegisteredOverrule> overrules = [];
    private readonly HashSet<Guid> withdrawn = [];
    private readonly Lazy<ILookup<(string Set, string KnownEntry), RegisteredOverrule>> byEntry;

    private OverruleRegister() => byEntry = new(() => Standing.ToLookup(overrule => (overrule.Set, overrule.KnownEntry)));

    /// <summary>Lines that are no overrule: the file was edited, or a line was cut short when a computer stopped.</summary>
    public long UnreadableLines { get; private set; }

    /// <summary>Overrules that were not taken back, in the order they were registered.</summary>
    public IEnumerable<RegisteredOverrule> Standing => overrules.Values.Where(overrule => !withdrawn.Contains(overrule.Act));

    /// <summary>The register in a folder of known sets; an empty one where there is none yet.</summary>
    /// <param name="knownDirectory">The folder.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static OverruleRegister Load(string knownDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(knownDirectory);
        OverruleRegister register = new();
        string path = Path.Combine(knownDirectory, FileName);
        if (File.Exists(path))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
            register.Read(file);
        }

        return register;
    }

    /// <summary>Adds what is not there yet; returns the lines written.</summary>
    /// <param name="knownDirectory">The folder, made where it is missing.</param>
    /// <param name="present">Overrules that stand.</param>
    /// <param name="takenBack">Ids of those that were taken back.</param>
    /// <exception cref="IOException">It cannot be written, or another process does not let go of it.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static int Merge(string knownDirectory, IReadOnlyList<RegisteredOverrule> present, IReadOnlyList<Guid> takenBack)
    {
        ArgumentException.ThrowIfNullOrEmpty(knownDirectory);
        ArgumentNullException.ThrowIfNull(present);
        ArgumentNullException.ThrowIfNull(takenBack);
        if (present.Count == 0 && takenBack.Count == 0)
        {
            return 0;
        }

        Directory.CreateDirectory(knownDirectory);
        using FileStream alone = FileLock.Await(Path.Combine(knownDirectory, LockName), MostWait) ?? throw new IOException($"the register of overrules in '{knownDirectory}' is in use by another process that does not end");
        using FileStream file = new(Path.Combine(knownDirectory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        OverruleRegister register = new();
        bool endsInLine = register.Read(file);
        ArrayBufferWriter<byte> lines = new();
        if (!endsInLine)
        {
            lines.Write("\n"u8);
        }

        int written = 0;
        foreach (RegisteredOverrule overrule in present)
        {
            if (register.overrules.TryAdd(overrule.Act, overrule))
            {
                Write(lines, overrule);
                written++;
            }
        }

        foreach (Guid act in takenBack)
        {
            if (register.overrules.ContainsKey(act) && register.withdrawn.Add(act))
            {
                WriteTakenBack(lines, act);
                written++;
            }
        }

        if (written > 0)
        {
            file.Seek(0, SeekOrigin.End);
            file.Write(lines.WrittenSpan);
            file.Flush(flushToDisk: true);
        }

        return written;
    }

    /// <summary>The overrules of an entry that stand.</summary>
    public IEnumerable<RegisteredOverrule> Of(string set, string knownEntry) => byEntry.Value[(set, knownEntry)];

    /// <summary>How often an entry was overruled, each content of each case once.</summary>
    /// <param name="set">Name of the set.</param>
    /// <param name="knownEntry">Identity of the entry.</param>
    /// <param name="exceptCase">The case whose own overrules are left out; null for none.</param>
    public int Count(string set, string knownEntry, string? exceptCase) =>
        Of(set, knownEntry).Where(overrule => overrule.CaseId != exceptCase).Select(overrule => (overrule.CaseId, overrule.Content)).Distinct().Count();

    /// <summary>Reads to the end; false where the last line does not end.</summary>
    private bool Read(Stream file)
    {
        byte[] buffer = new byte[MostLine * 2];
        int held = 0;
        bool isPassingOver = false;
        while (file.Read(buffer, held, buffer.Length - held) is int got and > 0)
        {
            int end = held + got;
            int start = 0;
            while (buffer.AsSpan(start, end - start).IndexOf((byte)'\n') is int length and >= 0)
            {
                if (!isPassingOver)
                {
                    Line(buffer.AsSpan(start, length));
                }

                isPassingOver = false;
                start += length + 1;
            }

            held = end - start;
            buffer.AsSpan(start, held).CopyTo(buffer);
            if (held > MostLine)
            {
                UnreadableLines += isPassingOver ? 0 : 1;
                isPassingOver = true;
                held = 0;
            }
        }

        if (held > 0 && !isPassingOver)
        {
            Line(buffer.AsSpan(0, held));
        }

        return held == 0 && !isPassingOver;
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (line.Trim((byte)'\r').IsEmpty)
        {
            return;
        }

        try
        {
            Dictionary<string, string> members = [];
            Utf8JsonReader json = new(line);
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                if (json.TokenType == JsonTokenType.String)
                {
                    members[name] = json.GetString()!;
                }
                else
                {
                    json.Skip();
                }
            }

            while (json.Read())
            {
            }

            if (members.TryGetValue("takenBack", out string? taken) && Guid.TryParse(taken, out Guid act))
            {
                withdrawn.Add(act);
            }
            else if (overrules.Count < MostOverrules && Guid.TryParse(members["act"], out act))
            {
                overrules.TryAdd(act, new RegisteredOverrule
                {
                    Act = act,
                    CaseId = members["case"],
                    Set = members["set"],
                    SetVersion = members.GetValueOrDefault("version"),
                    KnownEntry = members["entry"],
                    Content = members["content"],
                    Reason = members["reason"],
                    Who = members["who"],
                    Utc = members["utc"],
                });
            }
            else
            {
                UnreadableLines++;
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            UnreadableLines++;
        }
    }

    private static void Write(ArrayBufferWriter<byte> lines, RegisteredOverrule overrule)
    {
        Object(lines, json =>
        {
            json.WriteString("act", overrule.Act);
            json.WriteString("case", overrule.CaseId);
            json.WriteString("set", overrule.Set);
            if (overrule.SetVersion is string version)
            {
                json.WriteString("version", version);
            }

            json.WriteString("entry", overrule.KnownEntry);
            json.WriteString("content", overrule.Content);
            json.WriteString("reason", overrule.Reason);
            json.WriteString("who", overrule.Who);
            json.WriteString("utc", overrule.Utc);
        });
    }

    private static void WriteTakenBack(ArrayBufferWriter<byte> lines, Guid act) => Object(lines, json => json.WriteString("takenBack", act));

    private static void Object(ArrayBufferWriter<byte> lines, Action<Utf8JsonWriter> members)
    {
        using (Utf8JsonWriter json = new(lines, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        lines.Write("\n"u8);
    }
}
