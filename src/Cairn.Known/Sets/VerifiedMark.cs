using System.Globalization;

namespace Cairn.Known.Sets;

/// <summary>
/// A small file beside a set file: that it was read to its end and fitted its checksum, and which size and time of change it had. While it has
/// both still, it is not read again when it is loaded. It guards against damage, not against people: whoever can change the set can change
/// this too.
/// </summary>
internal static class VerifiedMark
{
    public const string Ending = ".verified";

    /// <summary>Whether the set file is as it was when it was last read to its end.</summary>
    public static bool Fits(string path)
    {
        try
        {
            return File.ReadAllText(path + Ending) == Text(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Notes that the set file was found whole. A file that was changed a moment ago is not noted: another change might leave the same time.
    /// </summary>
    public static void Write(string path)
    {
        try
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > TimeSpan.FromSeconds(3))
            {
                File.WriteAllText(path + Ending, Text(path));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be written: the set is read to its end every time.
        }
    }

    private static string Text(string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length} {File.GetLastWriteTimeUtc(path).Ticks}\n");
}
