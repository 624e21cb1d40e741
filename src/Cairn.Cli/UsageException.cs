namespace Cairn.Cli;

/// <summary>Wrong usage: the message says what and how to put it right.</summary>
internal sealed class UsageException(string message) : Exception(message);
