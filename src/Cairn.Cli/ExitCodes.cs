namespace Cairn.Cli;

/// <summary>What the command's exit codes mean.</summary>
internal static class ExitCodes
{
    /// <summary>Done, nothing to report.</summary>
    public const int Done = 0;

    /// <summary>Done, with problems listed.</summary>
    public const int DoneWithProblems = 1;

    /// <summary>Could not be done, stopped, or wrong usage; one line on standard error says what and how to put it right.</summary>
    public const int Failed = 2;
}
