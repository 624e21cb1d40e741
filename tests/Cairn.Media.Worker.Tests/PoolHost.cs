namespace Cairn.Media.Worker.Tests;

/// <summary>How a test tells this program to be a process with a pool.</summary>
internal static class PoolHost
{
    public const string Variable = "CAIRN_TEST_POOL_HOST";
}
