using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Cairn.Cli.Options;

namespace Cairn.Cli.Commands;

/// <summary>cairn serve [--case DIR | --cases DIR] [--urls URL]: starts the review application, a program of its own, and ends with it.</summary>
internal sealed class ServeCommand : Command
{
    private const string Program = "Cairn.Web";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly Terminal terminal;

    public ServeCommand(Terminal terminal)
        : base("serve", "Open cases in a browser: look, grade, decide and print.")
    {
        this.terminal = terminal;
        var one = new CaseOption("Folder of the case to open.", required: false);
        var many = new CasesOption();
        var urls = new UrlsOption();
        var data = new WebDataOption();
        var accounts = new AccountsOption();
        var certificate = new CertificateOption();
        var key = new CertificateKeyOption();
        var settings = new WebSettingsOption();
        var passphrase = new ThumbnailPassphraseOption();
        Options.Add(one);
        Options.Add(many);
        Options.Add(urls);
        Options.Add(data);
        Options.Add(accounts);
        Options.Add(certificate);
        Options.Add(key);
        Options.Add(settings);
        Options.Add(passphrase);
        SetAction(async (parsed, cancel) =>
        {
            string? caseFolder = parsed.GetValue(one), casesFolder = parsed.GetValue(many);
            if (caseFolder is null == casesFolder is null)
            {
                throw new UsageException("give --case DIR for one case, or --cases DIR for a folder of cases. See 'cairn serve --help'.");
            }

            List<string> arguments = [];
            void Pass(string name, string? value)
            {
                if (value is not null)
                {
                    arguments.AddRange([name, value]);
                }
            }

            Pass("--case", caseFolder is null ? null : Path.GetFullPath(caseFolder));
            Pass("--cases", casesFolder is null ? null : Path.GetFullPath(casesFolder));
            Pass("--urls", parsed.GetValue(urls));
            Pass("--data", parsed.GetValue(data) is string folder ? Path.GetFullPath(folder) : null);
            Pass("--accounts", parsed.GetValue(accounts) ? "true" : null);
            Pass("--certificate", parsed.GetValue(certificate)?.FullName);
            Pass("--certificate-key", parsed.GetValue(key)?.FullName);
            Pass("--settings", parsed.GetValue(settings)?.FullName);
            Pass("--thumbnail-passphrase", parsed.GetValue(passphrase)?.FullName);
            foreach (string word in Itself())
            {
                Pass("--reader", word);
            }

            return await RunAsync(Find(), arguments, cancel).ConfigureAwait(false);
        });
    }

    /// <summary>The words that start this very program.</summary>
    private static IReadOnlyList<string> Itself()
    {
        string path = Environment.ProcessPath ?? throw new UsageException("the path of cairn itself is not known to the system, so the reader of content cannot be started.");
        return string.Equals(Path.GetFileNameWithoutExtension(path), "dotnet", StringComparison.OrdinalIgnoreCase) ? [path, Path.Combine(AppContext.BaseDirectory, "cairn.dll")] : [path];
    }

    /// <summary>The words that start the review application: in the folder "web" beside cairn, or where CAIRN_WEB says.</summary>
    private List<string> Find()
    {
        string folder = terminal.Variable("CAIRN_WEB") is { Length: > 0 } named ? Path.GetFullPath(named) : Path.Combine(AppContext.BaseDirectory, "web");
        string host = Path.Combine(folder, Program + (OperatingSystem.IsWindows() ? ".exe" : ""));
        string library = Path.Combine(folder, Program + ".dll");
        if (File.Exists(host))
        {
            return [host];
        }

        return File.Exists(library)
            ? ["dotnet", library]
            : throw new UsageException($"the review application is missing: there is no {Program} in {folder}. './cairn' publishes it there; for a build of your own, 'dotnet publish src/Cairn.Web -o {folder}'.");
    }

    private async Task<int> RunAsync(List<string> program, List<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program[0]) { UseShellExecute = false, RedirectStandardInput = true };
        foreach (string word in program.Skip(1).Concat(arguments))
        {
            start.ArgumentList.Add(word);
        }

        terminal.Out.Flush();
        Process process;
        try
        {
            process = Process.Start(start) ?? throw new UsageException("the review application could not be started.");
        }
        catch (Win32Exception error)
        {
            throw new UsageException($"the review application could not be started: {error.Message}");
        }

        using (process)
        {
            try
            {
                await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The end of its input asks it to stop, whatever the signal was; it also comes when this process is killed.
                process.StandardInput.Close();
                using var patience = new CancellationTokenSource(Patience);
                try
                {
                    await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    process.Kill(entireProcessTree: true);
                }
            }

            return process.HasExited && process.ExitCode == 0 ? ExitCodes.Done : ExitCodes.Failed;
        }
    }
}
