using System.Text.Json;
using Cairn.Core;

namespace Cairn.Reports;

/// <summary>A problem as JSON; the same shape everywhere.</summary>
public static class ProblemJson
{
    /// <summary>An object with kind, place, reason and, where known, offset and length.</summary>
    public static void Write(Utf8JsonWriter json, Problem problem)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(problem);
        json.WriteStartObject();
        WriteFields(json, problem);
        json.WriteEndObject();
    }

    /// <summary>The fields of <see cref="Write"/> inside an object that has more.</summary>
    public static void WriteFields(Utf8JsonWriter json, Problem problem)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(problem);
        json.WriteString("kind"u8, FieldWords.Of(problem.Kind));
        json.WriteString("place"u8, problem.Place);
        json.WriteString("reason"u8, problem.Reason);
        if (problem.Offset is long offset)
        {
            json.WriteNumber("offset"u8, offset);
        }

        if (problem.Length is long length)
        {
            json.WriteNumber("length"u8, length);
        }
    }
}
