using System.Text;
using Cairn.Reports;

namespace Cairn.Cli;

/// <summary>Where the command's results, its progress and its problems go.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Results that are bytes; shares its destination with <see cref="Out"/>.</summary>
    public required Stream OutBytes { get; init; }

    /// <summary>Progress and problems.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>A person reads the results.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>A person reads the progress, on a terminal that can redraw.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        Stream output = Console.OpenStandardOutput();
        return new Terminal
        {
            OutBytes = output,
            Out = new StreamWriter(output, Utf8, 1 << 12, leaveOpen: true),
            Error = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError(), Utf8, 1 << 10) { AutoFlush = true }),
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or ""),
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>One line for the person: what went wrong and what to do.</summary>
    public void Complain(string message) => Error.WriteLine("cairn: " + VisibleText.Escape(message));

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Out.Flush();
        }
        catch (IOException)
        {
            // Whoever read the results has gone; there is nobody to tell.
        }
    }
}
