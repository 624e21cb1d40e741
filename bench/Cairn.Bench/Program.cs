using Cairn.Bench;

return args switch
{
    ["case-write", string directory] => CaseStoreBenchmarks.Run(directory),
    ["hash-limit", .. string[] rest] => HashingBenchmarks.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Cairn.Bench case-write DIRECTORY");
    Console.Error.WriteLine("       Cairn.Bench hash-limit [THREADS [SECONDS]]");
    return 2;
}
