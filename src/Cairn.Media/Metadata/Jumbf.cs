namespace Cairn.Media.Metadata;

/// <summary>JUMBF boxes (ISO/IEC 19566-5) in which C2PA keeps its manifests.</summary>
internal static class Jumbf
{
    /// <summary>Whether a superbox begins here whose description box has the type of a C2PA manifest store ("c2pa", C2PA 2.1, 11.1.4.2).</summary>
    public static bool IsC2pa(ReadOnlySpan<byte> box) => box.Length >= 20 && box[4..].StartsWith("jumb"u8) && box[12..].StartsWith("jumdc2pa"u8);
}
