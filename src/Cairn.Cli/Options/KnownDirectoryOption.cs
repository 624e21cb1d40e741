using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--known-directory DIR: where imported known sets are kept.</summary>
internal sealed class KnownDirectoryOption : Option<string?>
{
    public const string Variable = "CAIRN_KNOWN_DIRECTORY";

    public KnownDirectoryOption()
        : base("--known-directory")
    {
        Description = $"Folder of imported known sets. Without it: the variable {Variable}, or cairn/known in the user's settings folder.";
        HelpName = "DIR";
    }

    /// <summary>The folder in force: the option, else the variable, else the user's settings folder.</summary>
    /// <exception cref="UsageException">There is none of the three.</exception>
    public string Of(ParseResult parsed, Terminal terminal) => OrNone(parsed, terminal)
        ?? throw new UsageException($"this user has no settings folder for known sets: give --known-directory or set {Variable}.");

    /// <summary>As <see cref="Of"/>; null where there is none of the three.</summary>
    public string? OrNone(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(this) is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        if (terminal.Variable(Variable) is { Length: > 0 } variable)
        {
            return Path.GetFullPath(variable);
        }

        string settings = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return settings.Length > 0 ? Path.Combine(settings, "cairn", "known") : null;
    }
}
