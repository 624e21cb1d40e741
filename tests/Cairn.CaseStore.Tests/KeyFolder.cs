using System.Runtime.CompilerServices;

namespace Cairn.CaseStore.Tests;

/// <summary>Keeps the user's own signing key out of the tests.</summary>
internal static class KeyFolder
{
    [ModuleInitializer]
    internal static void Use()
    {
        // A child process of a test signs with its parent's key.
        if (Environment.GetEnvironmentVariable("CAIRN_KEY_DIRECTORY") is null)
        {
            string folder = Directory.CreateTempSubdirectory("cairn-test-key-").FullName;
            Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        }
    }
}
