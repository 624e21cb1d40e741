using Cairn.CaseStore;
using Cairn.Web;

using var error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
try
{
    using var stop = new CancellationTokenSource();
    using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
    // Whoever started us says by closing our input that we are to end, and so does their death.
    Task watch = WebServer.WatchAsync(Console.OpenStandardInput(), stop);
    await WebServer.RunAsync(ServeSettings.Parse(args), output, error, stop.Token).ConfigureAwait(false);
    return 0;
}
catch (Exception problem) when (problem is SettingsException or CaseException)
{
    error.WriteLine($"cairn: {problem.Message}.");
}
catch (IOException problem)
{
    error.WriteLine($"cairn: {problem.Message} Is the address in use already? Give another with --urls.");
}

return 2;
