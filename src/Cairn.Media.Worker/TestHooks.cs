using System.Runtime.InteropServices;

namespace Cairn.Media.Worker;

/// <summary>
/// Ways to go wrong on purpose, so that tests see what the pool makes of them. Obeyed only where the worker was started with an option that
/// only an internal setting of the pool gives, and by what a picture is taken for, never by its bytes.
/// </summary>
internal static class TestHooks
{
    public static void Obey(string mime)
    {
        switch (mime)
        {
            case "x-test/hang":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "x-test/crash":
                Marshal.WriteInt32(IntPtr.Zero, 64, 1);
                break;
            case "x-test/exit":
                Environment.Exit(3);
                break;
            case "x-test/memory":
                for (List<byte[]> kept = []; ;)
                {
                    kept.Add(GC.AllocateUninitializedArray<byte>(64 << 20));
                    kept[^1].AsSpan().Fill(1);
                }

            case "x-test/write":
                File.WriteAllBytes(Path.Combine(Path.GetTempPath(), "cairn-worker-test"), new byte[64]);
                break;
            case "x-test/interfaces":
                // Only the loopback, which is down: exits where there is more.
                if (System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().Any(n => n.NetworkInterfaceType != System.Net.NetworkInformation.NetworkInterfaceType.Loopback))
                {
                    Environment.Exit(4);
                }

                break;
            default:
                break;
        }
    }
}
