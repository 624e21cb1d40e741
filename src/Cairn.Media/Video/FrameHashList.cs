using System.Globalization;
using System.Text;
using System.Text.Json;
using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.Media.Video;

/// <summary>
/// Reads the frame hashes of one video as vPDQ's tools write them: JSON with sixteen 16-bit words a hash, the lowest first, or text with
/// frame number, quality, hash and time in a line (quality and hash in either order). Source: facebook/ThreatExchange, vpdq.
/// </summary>
public static class FrameHashList
{
    private const int MaximumBytes = 64 << 20;
    private const int MaximumFrames = 1_000_000;

    /// <summary>Reads <paramref name="bytes"/>; frames in the order of the list.</summary>
    /// <exception cref="MalformedDataException">It is neither, larger than 64 MiB, or damaged: a list that is cut off is refused whole.</exception>
    public static IReadOnlyList<FrameFingerprint> Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaximumBytes)
        {
            throw new MalformedDataException("list", 0, $"at most {MaximumBytes} bytes", $"{bytes.Length}");
        }

        ReadOnlySpan<byte> text = bytes.Span;
        int start = text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        while (start < text.Length && text[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }

        return start < text.Length && text[start] == (byte)'{' ? ReadJson(bytes[start..]) : ReadLines(text[start..], start);
    }

    private static List<FrameFingerprint> ReadJson(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 });
            List<FrameFingerprint> frames = [];
            Span<ulong> words = stackalloc ulong[4];
            foreach (JsonProperty frame in document.RootElement.EnumerateObject())
            {
                if (frames.Count == MaximumFrames)
                {
                    throw new MalformedDataException("frames", 0, $"at most {MaximumFrames:N0}", "more");
                }

                JsonElement list = frame.Value.GetProperty("hash").GetProperty("w");
                if (list.GetArrayLength() != 16)
                {
                    throw new MalformedDataException("hash", frames.Count, "16 words", $"{list.GetArrayLength()}");
                }

                words.Clear();
                int i = 0;
                foreach (JsonElement word in list.EnumerateArray())
                {
                    words[i / 4] |= (ulong)word.GetUInt16() << (i % 4 * 16);
                    i++;
                }

                frames.Add(new FrameFingerprint(
                    new PdqHash(words[0], words[1], words[2], words[3]), frame.Value.GetProperty("quality").GetInt32(), frame.Value.GetProperty("timestamp").GetDouble()));
            }

            return frames;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new MalformedDataException("list", error is JsonException json ? json.BytePositionInLine ?? 0 : 0, "vPDQ's JSON", error.Message);
        }
    }

    private static List<FrameFingerprint> ReadLines(ReadOnlySpan<byte> text, int offset)
    {
        List<FrameFingerprint> frames = [];
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
            if (!line.IsEmpty)
            {
                if (frames.Count == MaximumFrames)
                {
                    throw new MalformedDataException("frames", offset, $"at most {MaximumFrames:N0}", "more");
                }

                frames.Add(ReadLine(line, offset));
            }

            int taken = end < 0 ? text.Length : end + 1;
            text = text[taken..];
            offset += taken;
        }

        return frames;
    }

    private static FrameFingerprint ReadLine(ReadOnlySpan<byte> line, int offset)
    {
        string[] fields = line.Length > 512 ? [] : Encoding.ASCII.GetString(line).Split(',', StringSplitOptions.TrimEntries);
        if (fields.Length == 4)
        {
            (string hash, string quality) = fields[1].Length == 2 * PdqHash.ByteLength ? (fields[1], fields[2]) : (fields[2], fields[1]);
            if (PdqHash.TryParse(hash, out PdqHash pdq) && int.TryParse(quality, NumberStyles.None, CultureInfo.InvariantCulture, out int points) && points <= 100
                && double.TryParse(fields[3], NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds))
            {
                return new FrameFingerprint(pdq, points, seconds);
            }
        }

        throw new MalformedDataException("line", offset, "frame number, quality, hash, time", fields.Length == 4 ? "other values" : $"{fields.Length} fields");
    }
}
