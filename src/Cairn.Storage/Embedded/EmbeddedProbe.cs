using Cairn.Core;

namespace Cairn.Storage.Embedded;

/// <summary>First bytes for probes, which never throw.</summary>
internal static class EmbeddedProbe
{
    /// <summary>Fills <paramref name="head"/>; false where the content is shorter or cannot be read.</summary>
    public static bool Head(IByteSource content, Span<byte> head)
    {
        try
        {
            return content.ReadAt(0, head) == head.Length;
        }
        catch (UnreadableDataException)
        {
            return false;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    /// <summary>As much as there is, up to <paramref name="count"/> bytes.</summary>
    public static byte[] Start(IByteSource content, int count)
    {
        byte[] head = new byte[(int)Math.Min(count, Math.Max(0, content.Length))];
        try
        {
            return head[..content.ReadAt(0, head)];
        }
        catch (UnreadableDataException)
        {
            return [];
        }
        catch (MalformedDataException)
        {
            return [];
        }
    }
}
