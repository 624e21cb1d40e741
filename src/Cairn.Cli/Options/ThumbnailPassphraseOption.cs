using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--thumbnail-passphrase FILE: what wraps the key of the small pictures.</summary>
internal sealed class ThumbnailPassphraseOption : Option<FileInfo?>
{
    public ThumbnailPassphraseOption()
        : base("--thumbnail-passphrase")
    {
        Description = "Text file (UTF-8) whose first line is the passphrase of the key of the small pictures. It is asked for again by whatever reads them.";
        HelpName = "FILE";
    }

    /// <summary>The passphrase, null where the option was not given.</summary>
    /// <exception cref="UsageException">The file cannot be read or its first line is empty.</exception>
    public string? Read(ParseResult parsed)
    {
        if (parsed.GetValue(this) is not FileInfo file)
        {
            return null;
        }

        try
        {
            return File.ReadLines(file.FullName).FirstOrDefault() is { Length: > 0 } line
                ? line
                : throw new UsageException($"--thumbnail-passphrase {file} has an empty first line; write the passphrase there");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--thumbnail-passphrase {file} cannot be read: {error.Message}");
        }
    }
}
