using System.Runtime.InteropServices;
using Cairn.Cli;

using var stop = new CancellationTokenSource();

// The first signal asks the work to stop where it leaves the case sound; the second is the operating system's to handle.
void Stop(PosixSignalContext context)
{
    if (!stop.IsCancellationRequested)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
using Terminal terminal = Terminal.OfProcess();
return await CairnApplication.RunAsync(args, terminal, stop.Token);
