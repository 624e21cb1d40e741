using System.CommandLine;
using Cairn.CaseStore;
using Cairn.Cli.Options;
using Cairn.Engine.Reading;

namespace Cairn.Cli.Commands;

/// <summary>cairn reader --case DIR: reads content for the review application, which starts it; the pipes are described in Cairn.Core.Reading.</summary>
internal sealed class ReaderCommand : Command
{
    public ReaderCommand(Terminal terminal)
        : base("reader", "Read content for the review application (started by it, not by people).")
    {
        Hidden = true;
        var caseDirectory = new CaseOption("Folder of the case.");
        var passphrase = new ThumbnailPassphraseOption();
        Options.Add(caseDirectory);
        Options.Add(passphrase);
        SetAction(async (parsed, cancel) =>
        {
            using CaseReader reader = CaseReader.Open(parsed.GetRequiredValue(caseDirectory));
            await using var content = new ContentReader(reader, passphrase.Read(parsed));
            using Stream questions = Console.OpenStandardInput();
            await content.ServeAsync(questions, terminal.OutBytes, cancel).ConfigureAwait(false);
            return ExitCodes.Done;
        });
    }
}
