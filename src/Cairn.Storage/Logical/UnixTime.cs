using Cairn.Core;

namespace Cairn.Storage.Logical;

/// <summary>Seconds and nanoseconds as one evidence time.</summary>
internal static class UnixTime
{
    /// <summary>Whole seconds where the nanoseconds since 1970 do not fit 64 bits (years before 1678 and after 2261).</summary>
    public static EvidenceTime From(long seconds, long nanoseconds) =>
        seconds is > -9_000_000_000 and < 9_000_000_000
            ? new EvidenceTime((seconds * 1_000_000_000) + nanoseconds, TimeKind.UnixNanoseconds)
            : new EvidenceTime(seconds, TimeKind.UnixSeconds);
}
