namespace Cairn.CaseStore;

/// <summary>The case cannot be opened, written or read: the message says what and how to put it right (exit code 2).</summary>
public sealed class CaseException : Exception
{
    /// <summary>One line for the person at the terminal.</summary>
    public CaseException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
