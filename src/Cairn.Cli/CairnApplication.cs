using System.CommandLine;
using System.CommandLine.Invocation;
using Cairn.CaseStore;
using Cairn.Cli.Commands;
using Cairn.Core;
using Cairn.Engine;
using Cairn.Known;

namespace Cairn.Cli;

/// <summary>The `cairn` command: parses, runs, and turns every failure into one line and exit code 2.</summary>
internal static class CairnApplication
{
    public static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Cairn examines digital evidence: disk images, folders and archives become a case that can be searched, exported and verified.")
        {
            new ExamineCommand(terminal),
            new VerifyCommand(terminal),
            new ShowCommand(terminal),
            new ExportCommand(terminal),
            new ReportCommand(terminal),
            new CatCommand(terminal),
            new KnownCommand(terminal),
            new ThumbnailsCommand(terminal),
            new ServeCommand(terminal),
            new ReaderCommand(terminal),
        };
        // Directives are for the library's own diagnosis.
        root.Directives.Clear();
        foreach (VersionOption version in root.Options.OfType<VersionOption>())
        {
            version.Description = "Show the version.";
            version.Action = new PrintVersion(terminal);
        }

        return root;
    }

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancel)
    {
        RootCommand root = Root(terminal);
        // A path may begin with "@": it is not a file of further arguments.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parsed.Action is ParseErrorAction || (parsed.Action is null && parsed.Errors.Count > 0))
            {
                string message = parsed.Errors.Count > 0 ? parsed.Errors[0].Message.TrimEnd('.') : "wrong usage";
                throw new UsageException($"{message}. See '{CommandPath(parsed)} --help'.");
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            }, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            terminal.Complain("stopped.");
        }
        catch (Exception error) when (error is UsageException or EvidenceException or CaseException or KnownSetException)
        {
            terminal.Complain(error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            terminal.Complain($"{error.Message} Check the path, the permissions and the free space.");
        }
        catch (Exception error) when (error is MalformedDataException or UnreadableDataException)
        {
            terminal.Complain($"the evidence cannot be read there: {error.Message}");
        }
        catch (Exception error) when (terminal.Variable("CAIRN_DEBUG") is null)
        {
            terminal.Complain($"an error of Cairn itself, not of the evidence: {error.GetType().Name}: {error.Message} Please report it with what CAIRN_DEBUG=1 shows; a case that was being written is sound and is continued by the same command.");
        }

        return ExitCodes.Failed;
    }

    private static string CommandPath(ParseResult parsed)
    {
        string path = "cairn";
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } command; at = at.Parent)
        {
            path = path == "cairn" ? $"cairn {command.Command.Name}" : $"cairn {command.Command.Name}{path["cairn".Length..]}";
        }

        return path;
    }

    private sealed class PrintVersion(Terminal terminal) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            terminal.Out.WriteLine(Examiner.ToolVersion);
            return ExitCodes.Done;
        }
    }
}
