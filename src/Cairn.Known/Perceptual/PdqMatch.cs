namespace Cairn.Known.Perceptual;

/// <summary>An entry near a query.</summary>
/// <param name="Id">The number that the entry was added under.</param>
/// <param name="Distance">Bits that differ, at the nearest of its hashes.</param>
/// <param name="Orientation">Which of the hashes of the query was the nearest; the first of equally near ones.</param>
public readonly record struct PdqMatch(uint Id, int Distance, int Orientation);

/// <summary>An entry near one of many queries.</summary>
/// <param name="Query">Number of the query.</param>
/// <param name="Match">The entry.</param>
public readonly record struct PdqBatchMatch(int Query, PdqMatch Match);
