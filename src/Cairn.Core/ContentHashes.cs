namespace Cairn.Core;

/// <summary>The three hashes of a content.</summary>
/// <param name="Md5">16 bytes.</param>
/// <param name="Sha1">20 bytes.</param>
/// <param name="Sha256">32 bytes.</param>
public sealed record ContentHashes(byte[] Md5, byte[] Sha1, byte[] Sha256);
