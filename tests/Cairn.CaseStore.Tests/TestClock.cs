namespace Cairn.CaseStore.Tests;

/// <summary>A clock that a test sets; each look is a second later.</summary>
internal sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now = Now.AddSeconds(1);
}
