using Cairn.Media.Decoding;
using Cairn.Media.Worker.Tests;
using Cairn.TestKit;
using Xunit.Runner.InProc.SystemConsole;

if (Environment.GetEnvironmentVariable(PoolHost.Variable) is not string mime)
{
    return await ConsoleRunner.Run(args);
}

// A process with a pool and nothing else, for the test that kills one.
PictureWorkerPool pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1, TestHooks = true });
int worker = await pool.TakeProcessIdAsync();
if (mime != "idle")
{
    _ = pool.AnalyseAsync(TestFiles.Fixture("pictures/baseline.jpg"), mime, new PictureRequest());
    await Task.Delay(300);
}

Console.WriteLine(worker);
await Task.Delay(TimeSpan.FromMinutes(1));
return 1;
