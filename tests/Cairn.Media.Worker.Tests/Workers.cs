using Cairn.Media.Decoding;

[assembly: AssemblyFixture(typeof(Cairn.Media.Worker.Tests.Workers))]

namespace Cairn.Media.Worker.Tests;

/// <summary>One pool for all tests that do not break it.</summary>
public sealed class Workers : IAsyncLifetime
{
    public static readonly PictureRequest WithThumbnail = new() { Thumbnail = true };

    public PictureWorkerPool Pool { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 2 });

    public ValueTask DisposeAsync() => Pool.DisposeAsync();
}
