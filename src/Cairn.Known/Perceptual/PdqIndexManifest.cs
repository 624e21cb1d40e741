using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cairn.Known.Perceptual;

/// <summary>A segment of an index.</summary>
/// <param name="File">Name of its file.</param>
/// <param name="Hashes">How many it holds, withdrawn ones included.</param>
/// <param name="Digest">SHA-256 of its body, as its header holds it; hexadecimal.</param>
/// <param name="Withdrawn">Name of the file that says which are withdrawn, or null.</param>
/// <param name="WithdrawnDigest">SHA-256 of that file; hexadecimal.</param>
internal sealed record PdqSegmentEntry(string File, int Hashes, string Digest, string? Withdrawn, string? WithdrawnDigest);

/// <summary>Which files are the index. One line of JSON and one with its SHA-256; replaced as a whole, by renaming.</summary>
/// <param name="Generation">Grows with each change.</param>
/// <param name="Segments">Oldest first.</param>
internal sealed record PdqIndexManifest(long Generation, PdqSegmentEntry[] Segments)
{
    public const string FileName = "manifest";
    private const int MaxBytes = 64 << 20;

    /// <summary>The manifest of a folder; an empty one where there is none.</summary>
    /// <exception cref="KnownSetException">It is damaged.</exception>
    public static PdqIndexManifest Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return new PdqIndexManifest(0, []);
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw Damaged(path, null);
        }

        string[] lines = File.ReadAllText(path).Split('\n');
        if (lines.Length < 2 || lines[1] != Digest(lines[0]))
        {
            throw Damaged(path, null);
        }

        try
        {
            PdqIndexManifest manifest = JsonSerializer.Deserialize(lines[0], PdqIndexManifestJson.Default.PdqIndexManifest) ?? throw Damaged(path, null);
            return manifest.Segments is null || manifest.Segments.Any(s => s is null || !IsName(s.File) || (s.Withdrawn is not null && !IsName(s.Withdrawn))) ? throw Damaged(path, null) : manifest;
        }
        catch (JsonException error)
        {
            throw Damaged(path, error);
        }
    }

    /// <summary>Replaces the manifest: whoever reads it sees the old or the new one.</summary>
    public void Write(string directory)
    {
        string json = JsonSerializer.Serialize(this, PdqIndexManifestJson.Default.PdqIndexManifest), path = Path.Combine(directory, FileName), temporary = path + ".new";
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Encoding.UTF8.GetBytes($"{json}\n{Digest(json)}\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static string Digest(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));

    private static bool IsName(string? name) => name is { Length: > 0 and < 100 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') && name[0] != '.';

    private static KnownSetException Damaged(string path, Exception? inner) => new($"{path}: the list of the segments of this PDQ index is damaged; delete the folder and make the index again", inner);
}

[JsonSerializable(typeof(PdqIndexManifest))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class PdqIndexManifestJson : JsonSerializerContext;
