namespace Cairn.Reports.Vics;

/// <summary>How an export in the manner of Project VIC names its model and writes categories.</summary>
/// <param name="Profile">"UK", "US", "CUSTOM" or "Default": whose codes are meant.</param>
/// <param name="Categories">The codes.</param>
public sealed record VicsSettings(string Profile, VicsCategories Categories)
{
    /// <summary>The profiles that files are seen with.</summary>
    public static IReadOnlyList<string> Profiles { get; } = ["UK", "US", "CUSTOM", "Default"];
}
