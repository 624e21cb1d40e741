using System.Globalization;
using System.Text;
using Cairn.CaseStore;
using Cairn.Core.Pictures;

namespace Cairn.Reports;

/// <summary>A hit explained in a sentence.</summary>
public static class HitWords
{
    /// <summary>Set, version and meaning, how it was found, the entry and who vouched for it.</summary>
    public static string Explain(HitRow hit, ExportContext context)
    {
        ArgumentNullException.ThrowIfNull(hit);
        ArgumentNullException.ThrowIfNull(context);
        KnownSetRow? set = context.Set(hit.SetId);
        var text = new StringBuilder();
        text.Append(set?.Name ?? string.Create(CultureInfo.InvariantCulture, $"set {hit.SetId}"));
        if (set?.SetVersion is string version)
        {
            text.Append(", version ").Append(version);
        }

        text.Append(" (").Append(context.MeaningOf(hit) ?? "no meaning").Append("): ").Append(hit.Method switch
        {
            "md5" => "the same MD5",
            "sha1" => "the same SHA-1",
            "sha256" => "the same SHA-256",
            "pdq" => "looks alike",
            "video" => "a known video, or one that holds or is held by it",
            "frames" => "shares frames with a known video",
            _ => hit.Method,
        });
        if (hit.Entry is HitEntryRow entry)
        {
            if (entry.Distance is int distance)
            {
                text.Append(CultureInfo.InvariantCulture, $", {distance} of 256 bits differ (allowed {entry.Threshold ?? 0}), quality {entry.Quality ?? 0}, {FieldWords.Of(entry.Orientation ?? PdqOrientation.Original)}");
            }

            text.Append(", entry ").Append(entry.Id);
            if (entry.Category is string category)
            {
                text.Append(", category ").Append(category);
            }

            if (entry.VouchedBy is string who)
            {
                text.Append(", vouched for by ").Append(who);
                if (entry.VouchedAt is string when)
                {
                    text.Append(' ').Append(when);
                }
            }
        }

        if (hit.Detail is string detail)
        {
            text.Append(", ").Append(detail);
        }

        return text.ToString();
    }
}
