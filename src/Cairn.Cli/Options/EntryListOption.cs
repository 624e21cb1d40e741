using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli.Options;

/// <summary>--list FILE: entries by their ids, from a file.</summary>
internal sealed class EntryListOption : Option<FileInfo?>
{
    private const int Most = 10_000_000;

    public EntryListOption()
        : base("--list")
    {
        Description = "Only the entries whose row ids stand in this text file, one a line; lines that begin with # are passed over.";
        HelpName = "FILE";
    }

    /// <summary>The ids, or null where the option was not given.</summary>
    /// <exception cref="UsageException">The file cannot be read or is no such list.</exception>
    public IReadOnlySet<long>? Read(ParseResult parsed)
    {
        if (parsed.GetValue(this) is not FileInfo file)
        {
            return null;
        }

        HashSet<long> ids = [];
        long number = 0;
        try
        {
            foreach (string line in File.ReadLines(file.FullName))
            {
                number++;
                string text = line.Trim();
                if (text.Length == 0 || text[0] == '#')
                {
                    continue;
                }

                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) || id == 0)
                {
                    throw new UsageException($"--list {file}: line {number} is no row id; give one id a line.");
                }

                if (ids.Count == Most)
                {
                    throw new UsageException($"--list {file} has more than {Most:N0} ids: use a filter in its place.");
                }

                ids.Add(id);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--list {file} cannot be read: {error.Message}");
        }

        return ids.Count > 0 ? ids : throw new UsageException($"--list {file} names no entry.");
    }
}
