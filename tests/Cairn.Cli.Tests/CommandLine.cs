using System.Text;
using System.Text.Json;
using Cairn.TestKit;

namespace Cairn.Cli.Tests;

/// <summary>What a command gave.</summary>
internal sealed record Outcome(int ExitCode, byte[] Bytes, string Error)
{
    public string Out => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;
}

/// <summary>Runs the command in this process, with its own known sets and settings.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly Dictionary<string, string> variables = new(StringComparer.Ordinal);

    public CommandLine()
    {
        variables["CAIRN_KNOWN_DIRECTORY"] = Folder.File("known");
        Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", Path.Combine(Path.GetTempPath(), "cairn-test-keys"));
    }

    public TempFolder Folder { get; } = new();

    /// <summary>Standard output is taken for a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    public string Case => Folder.File("case");

    public static string Sample => Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.E01");

    public void Set(string variable, string value) => variables[variable] = value;

    public Task<Outcome> RunAsync(params string[] arguments) => RunAsync(TestContext.Current.CancellationToken, arguments);

    public async Task<Outcome> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using (var terminal = new Terminal
        {
            OutBytes = output,
            Out = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true),
            Error = TextWriter.Synchronized(error),
            OutIsTerminal = OutIsTerminal,
            Variable = name => variables.GetValueOrDefault(name),
        })
        {
            int exitCode = await CairnApplication.RunAsync(arguments, terminal, cancel);
            terminal.Dispose();
            return new Outcome(exitCode, output.ToArray(), error.ToString());
        }
    }

    /// <summary>A folder of two text files and one that is not text, examined into <see cref="Case"/>.</summary>
    public async Task<Outcome> ExamineFolderAsync(params string[] more)
    {
        Folder.Write("evidence/a.txt", "alpha\n"u8);
        Folder.Write("evidence/sub/b.txt", "beta\n"u8);
        Folder.Write("evidence/raw.bin", [0, 1, 2, 27, 255]);
        return await RunAsync(["examine", Folder.File("evidence"), "--case", Case, .. more]);
    }

    /// <summary>PDQ hash of rgb.png among the fixtures, by the reference implementation.</summary>
    public const string PdqOfRgb = "2e079965a6f86793cb36f60947f05d37546c0fb111267864e505a1f4ea8de38b";

    /// <summary>Fixtures of the decoders examined into <see cref="Case"/>.</summary>
    public async Task<Outcome> ExaminePicturesAsync(string[] pictures, params string[] more)
    {
        foreach (string picture in pictures)
        {
            Folder.Write($"evidence/{picture}", TestFiles.Fixture($"pictures/{picture}"));
        }

        return await RunAsync(["examine", Folder.File("evidence"), "--case", Case, "--json", .. more]);
    }

    /// <summary>Imports a set of one PDQ hash, notable.</summary>
    public Task<Outcome> ImportPdqAsync(string hash) =>
        RunAsync("known", "import", Folder.Write("pictures.csv", Encoding.UTF8.GetBytes($"id,pdq,quality\none,{hash},100\n")), "--name", "pictures", "--as", "notable");

    /// <summary>The stream of an export of <see cref="Case"/> at a path.</summary>
    public async Task<JsonElement> LineOfAsync(string path) =>
        (await RunAsync("export", "jsonl", "--case", Case, "-o", "-")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => JsonDocument.Parse(text).RootElement).Single(row => row.GetProperty("path").GetString() == path);

    /// <summary>A report of the folder, as HTML.</summary>
    public async Task<string> ReportAsync(params string[] more)
    {
        await ExamineFolderAsync();
        return await ReportOfCaseAsync(more);
    }

    /// <summary>A report of <see cref="Case"/>, as HTML.</summary>
    public async Task<string> ReportOfCaseAsync(params string[] more)
    {
        string file = Folder.File("report.html");
        Outcome outcome = await RunAsync(["report", "--case", Case, "-o", file, .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return File.ReadAllText(file);
    }

    public void Dispose() => Folder.Dispose();
}
