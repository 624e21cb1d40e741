using System.Globalization;
using System.Text;
using System.Text.Json;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// JSON of ThreatExchange and the tools around it: objects with a hash, wherever they lie in arrays, objects or lines. The hash is
/// <c>indicator</c>, <c>signal_value</c> or <c>hash</c> with a type beside it (HASH_PDQ, pdq, HASH_MD5…; PDQ where there is none), or <c>pdq</c>,
/// <c>md5</c>, <c>sha1</c>, <c>sha256</c>. Beside it: id, tags, status, should_delete, owner, quality, times.
/// </summary>
internal sealed class PdqJsonReader(FileStream file, ImportOptions options) : SetReader
{
    private readonly JsonTokens tokens = new(file, manyValues: true);
    private long objects;

    /// <inheritdoc/>
    public override string FormatName => "pdq json";

    /// <inheritdoc/>
    public override bool HasEntries => true;

    /// <summary>Whether the first bytes name a hash in the way of such files.</summary>
    public static bool LooksLike(ReadOnlySpan<byte> start)
    {
        string text = Encoding.UTF8.GetString(start);
        return text.Contains("pdq", StringComparison.OrdinalIgnoreCase) || text.Contains("\"indicator\"", StringComparison.Ordinal) || text.Contains("\"signal_value\"", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        void Count()
        {
            if ((++objects & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new ImportProgress("reading", tokens.Done, tokens.Total, writer.Entries));
            }
        }

        while (tokens.Read())
        {
            ReadValue(writer, Count);
        }
    }

    /// <summary>An object, or what is in an array; a single value says nothing. As deep as the reader of JSON allows.</summary>
    private void ReadValue(SetWriter writer, Action count)
    {
        if (tokens.Type == JsonTokenType.StartArray)
        {
            for (tokens.Expect(); tokens.Type != JsonTokenType.EndArray; tokens.Expect())
            {
                ReadValue(writer, count);
            }
        }
        else if (tokens.Type == JsonTokenType.StartObject)
        {
            count();
            ReadObject(writer, count);
        }
    }

    private void ReadObject(SetWriter writer, Action count)
    {
        SourceEntry entry = new();
        List<(HashKind Kind, string Value)> named = [];
        string? value = null, type = null, status = null, tags = null;
        int quality = 100;
        for (tokens.Expect(); tokens.Type == JsonTokenType.PropertyName; tokens.Expect())
        {
            if (tokens.IsProperty("tags"u8) || tokens.IsProperty("labels"u8))
            {
                tags = ReadWords() ?? tags;
                continue;
            }

            string name = tokens.Text;
            tokens.Expect();
            if (tokens.Type is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                ReadValue(writer, count);
                continue;
            }

            string? text = tokens.Type switch
            {
                JsonTokenType.String or JsonTokenType.Number => tokens.Text,
                JsonTokenType.True => "true",
                _ => null,
            };
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            switch (name.ToLowerInvariant())
            {
                case "indicator" or "signal_value" or "hash" or "hash_value":
                    value = text;
                    break;
                case "type" or "signal_type" or "hash_type" or "threat_type":
                    type = text;
                    break;
                case "pdq" or "pdq_hash" or "md5" or "sha1" or "sha256":
                    if (named.Count == SourceEntry.MostHashes)
                    {
                        throw tokens.Malformed($"an entry has more than {SourceEntry.MostHashes:N0} hashes");
                    }

                    named.Add((HashKinds.Parse(name.Split('_')[0]), text));
                    break;
                case "id" or "content_id" or "indicator_id":
                    entry.Id ??= text;
                    break;
                case "status" or "category":
                    status = text;
                    break;
                case "should_delete" or "deleted" or "is_deleted" or "withdrawn":
                    entry.IsWithdrawn |= text.Equals("true", StringComparison.OrdinalIgnoreCase) || text == "1";
                    break;
                case "owner" or "source" or "bank" or "bank_name" or "privacy_group":
                    entry.VouchedBy = text;
                    break;
                case "last_updated":
                    entry.VouchedAt = UnixTime.Text(text);
                    break;
                case "creation_time" or "added_on" or "created_at" or "date":
                    entry.VouchedAt ??= UnixTime.Text(text);
                    break;
                case "quality" or "pdq_quality":
                    quality = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
                    break;
                case "description" or "filename" or "file_name" or "label":
                    entry.Detail = text;
                    break;
                default:
                    break;
            }
        }

        if (value is not null)
        {
            named.Add((type is null ? HashKind.Pdq : HashKinds.Parse(type), value));
        }

        if (named.Count > 0)
        {
            Finish(writer, entry, named, status, tags, quality);
        }
    }

    private void Finish(SetWriter writer, SourceEntry entry, List<(HashKind Kind, string Value)> named, string? status, string? tags, int quality)
    {
        foreach ((HashKind kind, string value) in named)
        {
            KnownImportNotes notes = writer.Notes;
            if (kind == HashKind.PhotoDna)
            {
                writer.Notes = notes with { PhotoDnaIgnored = notes.PhotoDnaIgnored + 1 };
            }
            else if (kind == HashKind.Other)
            {
                writer.Notes = notes with { OtherHashesIgnored = notes.OtherHashesIgnored + 1 };
            }
            else if (kind == HashKind.Pdq && quality < options.MinQuality)
            {
                writer.Notes = notes with { LowQualityIgnored = notes.LowQualityIgnored + 1 };
            }
            else if (!HashKinds.TryAdd(entry, kind, value.Trim()))
            {
                throw tokens.Malformed($"this is no {kind.ToString().ToUpperInvariant()} hash: {Shown(value)}");
            }
        }

        entry.Detail ??= tags;
        entry.Category = status;
        if (options.Mapping is CategoryMapping mapping && !entry.IsWithdrawn)
        {
            CategoryMeaning meaning = mapping.Find(status) ?? throw tokens.Malformed($"the mapping does not say what {Shown(status ?? CategoryMapping.None)} means");
            (entry.Meaning, entry.Category) = (meaning.Meaning, meaning.Label);
        }

        writer.Add(entry);
    }

    private static string Shown(string text) => HashListReader.Shown(Encoding.UTF8.GetBytes(text));

    /// <summary>The words of an array of text or of objects with a text or name, or a text.</summary>
    private string? ReadWords()
    {
        tokens.Expect();
        if (tokens.Type == JsonTokenType.String)
        {
            return tokens.Text;
        }

        if (tokens.Type is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return null;
        }

        StringBuilder words = new();
        int depth = tokens.Depth;
        bool wanted = true;
        for (tokens.Expect(); tokens.Depth > depth; tokens.Expect())
        {
            if (tokens.Type == JsonTokenType.PropertyName)
            {
                wanted = tokens.IsProperty("text"u8) || tokens.IsProperty("name"u8);
            }
            else if (tokens.Type == JsonTokenType.String && wanted && words.Length < SetFileLayout.MaxDetailLength)
            {
                words.Append(words.Length > 0 ? " " : "").Append(tokens.Text);
            }
        }

        return words.Length > 0 ? words.ToString() : null;
    }
}
