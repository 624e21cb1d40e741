using System.Globalization;
using System.Text;
using System.Text.Json;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// Project VIC's JSON as files of it look (versions 1.2, 1.3 and 2.0; the specification itself is shared under agreement only): an object whose
/// <c>value</c> is an array of media, or of cases with an array <c>Media</c> each. Names are compared without regard to case.
/// </summary>
internal sealed class VicsReader(FileStream file, ImportOptions options) : SetReader
{
    private readonly JsonTokens tokens = new(file);
    private readonly CategoryMapping? mapping = options.Mapping;
    private readonly SourceEntry entry = new();
    private SetWriter writer = null!;
    private string version = "";
    private string? source;
    private long media;

    /// <inheritdoc/>
    public override string FormatName => version.Length == 0 ? "vics (uncertified)" : $"vics {version} (uncertified)";

    /// <inheritdoc/>
    public override bool HasEntries => true;

    /// <summary>Whether a file begins as such JSON does.</summary>
    public static bool LooksLike(ReadOnlySpan<byte> start)
    {
        string text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        return text.StartsWith('{') && (text.Contains("odata.", StringComparison.OrdinalIgnoreCase) || text.Contains("\"MediaID\"", StringComparison.OrdinalIgnoreCase))
            && (text.Contains("ProjectVic", StringComparison.OrdinalIgnoreCase) || text.Contains("Media", StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        if (mapping is null)
        {
            throw new KnownSetException($"{tokens.Name}: the codes of categories differ from profile to profile, so a VICS file is not imported without saying what they mean; "
                + "give a mapping, for example --categories 0=ignorable,1=notable:LABEL,none=known or a file with one");
        }

        this.writer = writer;
        tokens.Expect();
        if (tokens.Type != JsonTokenType.StartObject)
        {
            throw tokens.Malformed("it does not begin with an object as a VICS file does");
        }

        bool any = false;
        while (NextProperty())
        {
            if (tokens.IsProperty("@odata.context"u8) || tokens.IsProperty("odata.metadata"u8))
            {
                version = VersionOf(tokens.Value() ?? "");
            }
            else if (tokens.IsProperty("value"u8) || tokens.IsProperty("Media"u8))
            {
                any = true;
                ReadArray(progress, cancel);
            }
            else
            {
                tokens.Skip();
            }
        }

        if (tokens.Read())
        {
            throw tokens.Malformed("there is more after the end of the object");
        }

        if (!any)
        {
            throw tokens.Malformed("it has no \"value\" with media as a VICS file has");
        }
    }

    private static string VersionOf(string context)
    {
        int end = context.IndexOf(".xml", StringComparison.OrdinalIgnoreCase), start = end < 0 ? -1 : context.LastIndexOf('/', end);
        string number = start < 0 ? "" : context[(start + 1)..end];
        return number.Length is > 0 and < 10 && number.All(c => char.IsAsciiDigit(c) || c == '.') ? number : "";
    }

    private static string? Shortened(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Goes to the next name in an object; false at its end.</summary>
    private bool NextProperty()
    {
        tokens.Expect();
        return tokens.Type == JsonTokenType.PropertyName;
    }

    /// <summary>Media, or cases with media.</summary>
    private void ReadArray(IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        tokens.Expect();
        if (tokens.Type == JsonTokenType.Null)
        {
            return;
        }

        if (tokens.Type != JsonTokenType.StartArray)
        {
            throw tokens.Malformed("media are no array");
        }

        tokens.Expect();
        for (; tokens.Type != JsonTokenType.EndArray; tokens.Expect())
        {
            if (tokens.Type != JsonTokenType.StartObject)
            {
                throw tokens.Malformed("a media or case is no object");
            }

            if ((++media & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new ImportProgress("reading", tokens.Done, tokens.Total, writer.Entries));
            }

            ReadItem(progress, cancel);
        }
    }

    private void ReadItem(IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        entry.Clear();
        string? category = null, comments = null, name = null, series = null, tags = null;
        bool isMedia = false;
        while (NextProperty())
        {
            if (tokens.IsProperty("Media"u8))
            {
                // A case: what stands in front of its media says who made it; media fields are those of its media.
                ReadArray(progress, cancel);
                entry.Clear();
                isMedia = false;
            }
            else if (tokens.IsProperty("MediaID"u8))
            {
                isMedia = true;
                entry.Id = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("Category"u8))
            {
                // 0 is a category; null and nothing are none.
                category = Shortened(tokens.Value());
                isMedia = true;
            }
            else if (tokens.IsProperty("MD5"u8))
            {
                isMedia = true;
                AddHash("MD5", tokens.Value());
            }
            else if (tokens.IsProperty("SHA1"u8))
            {
                AddHash("SHA1", tokens.Value());
            }
            else if (tokens.IsProperty("SHA256"u8))
            {
                AddHash("SHA256", tokens.Value());
            }
            else if (tokens.IsProperty("PDQ"u8))
            {
                AddHash("PDQ", tokens.Value());
            }
            else if (tokens.IsProperty("PhotoDNA"u8))
            {
                AddHash("PhotoDNA", tokens.Value());
            }
            else if (tokens.IsProperty("AlternativeHashes"u8))
            {
                ReadAlternativeHashes();
            }
            else if (tokens.IsProperty("MediaFiles"u8))
            {
                name = ReadFirstName() ?? name;
            }
            else if (tokens.IsProperty("RelativeFilePath"u8))
            {
                name ??= Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("PrecategorizationSource"u8))
            {
                entry.VouchedBy = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("DateUpdated"u8))
            {
                entry.VouchedAt = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("Series"u8))
            {
                series = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("Tags"u8))
            {
                tags = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("Comments"u8))
            {
                comments = Shortened(tokens.Value());
            }
            else if (tokens.IsProperty("IsDeleted"u8) || tokens.IsProperty("IsWithdrawn"u8))
            {
                // The flags of these files are often text.
                entry.IsWithdrawn = string.Equals(tokens.Value(), "true", StringComparison.OrdinalIgnoreCase);
            }
            else if (tokens.IsProperty("ContactOrganization"u8))
            {
                source = Shortened(tokens.Value());
            }
            else
            {
                tokens.Skip();
            }
        }

        if (isMedia)
        {
            Finish(category, string.Join("; ", ((string?[])[name, series, tags, comments]).Where(t => t is not null)));
        }
    }

    private void Finish(string? category, string detail)
    {
        if (!entry.IsWithdrawn)
        {
            CategoryMeaning meaning = mapping!.Find(category) ?? throw tokens.Malformed(
                $"the mapping does not say what {(category is null ? "an entry without a category" : $"category {HashListReader.Shown(Encoding.UTF8.GetBytes(category))}")} means; add {(category is null ? CategoryMapping.None : "it")}, or * for all others");
            entry.Meaning = meaning.Meaning;
            entry.Category = meaning.Label;
        }

        entry.Detail = detail.Length > 0 ? detail : null;
        entry.VouchedBy ??= source;
        writer.Add(entry);
    }

    private void ReadAlternativeHashes()
    {
        tokens.Expect();
        if (tokens.Type != JsonTokenType.StartArray)
        {
            tokens.Skip();
            return;
        }

        tokens.Expect();
        for (; tokens.Type != JsonTokenType.EndArray; tokens.Expect())
        {
            if (tokens.Type != JsonTokenType.StartObject)
            {
                tokens.Skip();
                continue;
            }

            string? name = null, value = null;
            while (NextProperty())
            {
                if (tokens.IsProperty("HashName"u8) || tokens.IsProperty("HashType"u8) || tokens.IsProperty("Name"u8) || tokens.IsProperty("Type"u8) || tokens.IsProperty("Algorithm"u8))
                {
                    name = tokens.Value();
                }
                else if (tokens.IsProperty("HashValue"u8) || tokens.IsProperty("Value"u8) || tokens.IsProperty("Hash"u8))
                {
                    value = tokens.Value();
                }
                else
                {
                    tokens.Skip();
                }
            }

            AddHash(name ?? "", value);
        }
    }

    private string? ReadFirstName()
    {
        tokens.Expect();
        if (tokens.Type != JsonTokenType.StartArray)
        {
            tokens.Skip();
            return null;
        }

        string? first = null;
        tokens.Expect();
        for (; tokens.Type != JsonTokenType.EndArray; tokens.Expect())
        {
            if (tokens.Type != JsonTokenType.StartObject)
            {
                tokens.Skip();
                continue;
            }

            while (NextProperty())
            {
                if (tokens.IsProperty("FileName"u8))
                {
                    first ??= Shortened(tokens.Value());
                }
                else
                {
                    tokens.Skip();
                }
            }
        }

        return first;
    }

    private void AddHash(string algorithm, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return;
        }

        HashKind kind = HashKinds.Parse(algorithm);
        if (kind == HashKind.PhotoDna)
        {
            writer.Notes = writer.Notes with { PhotoDnaIgnored = writer.Notes.PhotoDnaIgnored + 1 };
        }
        else if (kind == HashKind.Other)
        {
            writer.Notes = writer.Notes with { OtherHashesIgnored = writer.Notes.OtherHashesIgnored + 1 };
        }
        else if (entry.IsFull)
        {
            throw tokens.Malformed($"an entry has more than {SourceEntry.MostHashes:N0} hashes");
        }
        else if (!HashKinds.TryAdd(entry, kind, value.Trim()))
        {
            throw tokens.Malformed(string.Create(CultureInfo.InvariantCulture, $"this is no {algorithm} hash: {HashListReader.Shown(Encoding.UTF8.GetBytes(value))}"));
        }
    }
}
