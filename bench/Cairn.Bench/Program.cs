using Cairn.Bench;

return args switch
{
    ["case-write", string directory] => CaseStoreBenchmarks.Run(directory),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Cairn.Bench case-write DIRECTORY");
    return 2;
}
