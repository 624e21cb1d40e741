namespace Cairn.Core;

/// <summary>Bounds on what hostile evidence can make the program do. Each is a problem when reached.</summary>
public static class Limits
{
    /// <summary>Directories below the root that are followed.</summary>
    public const int DirectoryDepth = 20_000;

    /// <summary>Characters of a path before it is cut and reported.</summary>
    public const int PathLength = 65_536;

    /// <summary>Names in one directory.</summary>
    public const int NamesInDirectory = 10_000_000;

    /// <summary>Bytes of one NTFS attribute list.</summary>
    public const int AttributeListBytes = 4 << 20;

    /// <summary>Extents of one stream.</summary>
    public const int ExtentsPerStream = 4_000_000;

    /// <summary>Links of an extended partition chain.</summary>
    public const int ExtendedPartitions = 1_024;

    /// <summary>Bytes held at once for one structure read from evidence.</summary>
    public const int StructureBytes = 64 << 20;

    /// <summary>Problems of one kind at one evidence that are stored one by one; the rest are counted.</summary>
    public const int ProblemsPerKind = 100_000;
}
