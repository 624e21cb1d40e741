using System.Diagnostics;
using Cairn.TestKit;

namespace Cairn.Golden;

/// <summary>A run killed at any moment is continued by running it again, and the case is that of an undisturbed run.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_undisturbed_runs_export_the_same_bytes()
    {
        string first = Undisturbed("one"), second = Undisturbed("two");
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(250)]
    public void Runs_killed_again_and_again_end_as_an_undisturbed_one(int firstKillMilliseconds)
    {
        string expected = Undisturbed("calm");
        string image = Image();
        string disturbed = folder.File("disturbed");
        int kills = 0, exit = -1;
        for (int delay = firstKillMilliseconds; exit is not (0 or 1); delay += delay / 3)
        {
            using Process process = CairnProcess.Start(folder, "examine", image, "--case", disturbed, "--json");
            if (process.WaitForExit(delay))
            {
                exit = process.ExitCode;
                Assert.True(exit is 0 or 1, process.StandardError.ReadToEnd());
                break;
            }

            process.Kill();
            process.WaitForExit();
            kills++;
            Assert.True(kills < 60, "it never ends");
        }

        Assert.True(kills > 0, "the run ended before the first kill");
        Assert.Equal(expected, Export(disturbed));
        CairnResult verified = CairnProcess.Run(folder, "verify", "--case", disturbed);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Errors);
    }

    private string Undisturbed(string name)
    {
        string path = folder.File(name);
        CairnResult result = CairnProcess.Run(folder, "examine", Image(), "--case", path, "--json");
        Assert.InRange(result.ExitCode, 0, 1);
        return Export(path);
    }

    /// <summary>The sample: a partition table, three file systems, deleted files, compressed chunks.</summary>
    private static string Image() => Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.E01");

    private string Export(string path)
    {
        CairnResult export = CairnProcess.Run(folder, "export", "jsonl", "--case", path, "-o", "-");
        Assert.Equal(0, export.ExitCode);
        return export.Output;
    }
}
