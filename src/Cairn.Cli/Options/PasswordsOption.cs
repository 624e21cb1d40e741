using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--passwords FILE: what to try on encrypted archives and documents.</summary>
internal sealed class PasswordsOption : Option<FileInfo?>
{
    private const int MostPasswords = 10_000;

    public PasswordsOption()
        : base("--passwords")
    {
        Description = "Text file (UTF-8) with one password a line, tried on encrypted archives and documents in this order. The case never holds what they were.";
        HelpName = "FILE";
    }

    /// <summary>The passwords, none where the option was not given.</summary>
    /// <exception cref="UsageException">The file cannot be read or is no list.</exception>
    public IReadOnlyList<string> Read(ParseResult parsed)
    {
        if (parsed.GetValue(this) is not FileInfo file)
        {
            return [];
        }

        try
        {
            List<string> lines = [.. File.ReadLines(file.FullName).Where(line => line.Length > 0).Take(MostPasswords + 1)];
            return lines.Count > MostPasswords
                ? throw new UsageException($"--passwords {file} has more than {MostPasswords:N0} lines; each is tried on each archive, so give a shorter list")
                : lines;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--passwords {file} cannot be read: {error.Message}");
        }
    }
}
