using Cairn.Bench;

return args switch
{
    ["alike"] => AlikeBenchmarks.Run(1_000_000),
    ["alike", string count] => AlikeBenchmarks.Run(int.Parse(count)),
    ["browse", string directory, .. string[] rest] => BrowseBenchmarks.Run(directory, Number(rest, "--cache", 256)),
    ["case-write", string directory] => CaseStoreBenchmarks.Run(directory),
    ["hash-limit", .. string[] rest] => HashingBenchmarks.Run(rest),
    ["known", string directory] => KnownBenchmarks.Run(directory, 20_000_000),
    ["known", string directory, string count] => KnownBenchmarks.Run(directory, int.Parse(count)),
    ["made-case", string directory, .. string[] rest] => MadeCase.Run(directory, Number(rest, "--entries", 1_000_000), Number(rest, "--pictures", 100_000)),
    ["nsrl", string directory, string count] => KnownBenchmarks.RunNsrl(directory, int.Parse(count)),
    ["pdq-files"] => await PdqFiles.RunAsync(),
    ["pdq-index", string directory, string count] => PdqIndexBenchmarks.Run(directory, int.Parse(count)),
    ["pdq-unlike", string directory, string count] => UnlikePictures.Run(directory, int.Parse(count)),
    ["pdq-pixels"] => PdqPixels.Run(),
    ["picture-limit", string directory] => PictureBenchmarks.RunLimit(directory, 10),
    ["picture-limit", string directory, string seconds] => PictureBenchmarks.RunLimit(directory, double.Parse(seconds)),
    ["pictures", string directory] => await PictureBenchmarks.RunAsync(directory, 10),
    ["pictures", string directory, string seconds] => await PictureBenchmarks.RunAsync(directory, double.Parse(seconds)),
    _ => Usage(),
};

static int Number(string[] options, string name, int otherwise)
{
    int at = Array.IndexOf(options, name);
    return at < 0 ? otherwise : int.Parse(options[at + 1]);
}

static int Usage()
{
    Console.Error.WriteLine("usage: Cairn.Bench alike [COUNT]");
    Console.Error.WriteLine("       Cairn.Bench browse CASE [--cache MEGABYTES]");
    Console.Error.WriteLine("       Cairn.Bench case-write DIRECTORY");
    Console.Error.WriteLine("       Cairn.Bench hash-limit [THREADS [SECONDS]]");
    Console.Error.WriteLine("       Cairn.Bench known DIRECTORY [COUNT]");
    Console.Error.WriteLine("       Cairn.Bench made-case DIRECTORY [--entries COUNT] [--pictures COUNT]");
    Console.Error.WriteLine("       Cairn.Bench nsrl DIRECTORY COUNT");
    Console.Error.WriteLine("       Cairn.Bench pdq-files (paths, one a line, on standard input)");
    Console.Error.WriteLine("       Cairn.Bench pdq-index DIRECTORY COUNT");
    Console.Error.WriteLine("       Cairn.Bench pdq-unlike DIRECTORY COUNT");
    Console.Error.WriteLine("       Cairn.Bench pdq-pixels (PPM pictures one after the other on standard input)");
    Console.Error.WriteLine("       Cairn.Bench picture-limit DIRECTORY [SECONDS]");
    Console.Error.WriteLine("       Cairn.Bench pictures DIRECTORY [SECONDS]");
    return 2;
}
