using System.Numerics;
using Cairn.Core;

namespace Cairn.Storage.Volumes.Signatures;

/// <summary>Names what lies on a volume by the marks at its known places, for volumes that no registered file system opens.</summary>
public static class VolumeSignatures
{
    /// <summary>Volumes up to this many bytes are read whole before they are called blank.</summary>
    private const long ReadWhole = 64 << 20;

    private const int Samples = 1_024;
    private const int SampleBytes = 4_096;

    /// <summary>Everything that <see cref="Identify"/> knows, in the order asked: encryption first, then pools, then file systems.</summary>
    internal static IReadOnlyList<SignatureRule> Rules { get; } = SignatureRules.All();

    /// <summary>
    /// What <paramref name="volume"/> is by its marks, or by a sample of its sectors "blank" or of high entropy; null where nothing
    /// fits. Reads little and never throws; what it cannot read it takes as absent.
    /// </summary>
    public static VolumeSignature? Identify(IByteSource volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        Peek peek = new(volume);
        foreach (SignatureRule rule in Rules)
        {
            if (rule.Find(peek) is string where)
            {
                return new VolumeSignature(rule.Id, rule.Name, rule.Encrypted, where);
            }
        }

        return Sample(volume);
    }

    private static VolumeSignature? Sample(IByteSource volume)
    {
        if (volume.Length == 0)
        {
            return null;
        }

        bool whole = volume.Length <= ReadWhole;
        Span<long> histogram = stackalloc long[256];
        histogram.Clear();
        long sampled = 0;
        bool unreadable = false;
        if (whole)
        {
            byte[] buffer = new byte[1 << 20];
            for (long at = 0; at < volume.Length;)
            {
                int got = volume.ReadAvailable(at, buffer, (_, _) => unreadable = true);
                if (got == 0)
                {
                    unreadable = true;
                    break;
                }

                Count(buffer.AsSpan(0, got), histogram);
                sampled += got;
                at += got;
            }
        }
        else
        {
            byte[] buffer = new byte[SampleBytes];
            long step = (volume.Length - SampleBytes) / (Samples - 1) & ~511L;
            for (int i = 0; i < Samples; i++)
            {
                int got = volume.ReadAvailable(i * step, buffer, (_, _) => unreadable = true);
                Count(buffer.AsSpan(0, got), histogram);
                sampled += got;
            }
        }

        if (unreadable || sampled == 0)
        {
            return null;
        }

        if (histogram[0] == sampled)
        {
            return whole
                ? new VolumeSignature("blank", "blank", false, $"blank: every one of its {volume.Length:N0} bytes is zero")
                : new VolumeSignature("zero-sampled", "no mark, and zeros in every sampled place", false, $"{Samples:N0} places of {SampleBytes:N0} bytes were sampled, evenly spread; all are zero, the rest was not looked at");
        }

        double entropy = Entropy(histogram, sampled);
        return sampled >= 65_536 && entropy >= 7.99
            ? new VolumeSignature("high-entropy", "unknown, high entropy (may be encrypted)", false,
                $"no known mark; {entropy:F4} bits of entropy a byte over {sampled:N0} sampled bytes, as in encrypted (VeraCrypt and others leave no mark), compressed or wiped data")
            : null;
    }

    private static void Count(ReadOnlySpan<byte> bytes, Span<long> histogram)
    {
        if (bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            histogram[0] += bytes.Length;
            return;
        }

        foreach (byte b in bytes)
        {
            histogram[b]++;
        }
    }

    private static double Entropy(ReadOnlySpan<long> histogram, long total)
    {
        double bits = 0;
        foreach (long count in histogram)
        {
            if (count != 0)
            {
                double share = (double)count / total;
                bits -= share * Math.Log2(share);
            }
        }

        return bits;
    }
}

/// <summary>One thing that can be recognised.</summary>
/// <param name="Id">Short identity.</param>
/// <param name="Name">As the field writes it.</param>
/// <param name="Encrypted">Whether its content is encrypted.</param>
/// <param name="Find">What was seen and where, or null.</param>
internal sealed record SignatureRule(string Id, string Name, bool Encrypted, Func<Peek, string?> Find);

/// <summary>The marks and their places, from public documentation of each format.</summary>
internal static class SignatureRules
{
    /// <summary>BitLocker To Go's identifier, 4967D63B-2E29-4AD8-8399-F6A339E3D001 as stored.</summary>
    private static readonly byte[] BitLockerToGo = [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

    /// <summary>The same for a volume that holds used space only, 92A84D3B-DD80-4D0E-9E4E-B1E3284EAED8 as stored.</summary>
    private static readonly byte[] BitLockerUsedSpace = [0x3B, 0x4D, 0xA8, 0x92, 0x80, 0xDD, 0x0E, 0x4D, 0x9E, 0x4E, 0xB1, 0xE3, 0x28, 0x4E, 0xAE, 0xD8];

    private static readonly int[] PageSizes = [4096, 8192, 16384, 32768, 65536];
    private static readonly int[] UfsPlaces = [8192, 65536, 0, 262_144];
    private static readonly int[] OcfsPlaces = [1024, 2048, 4096, 8192, 512];
    private static readonly int[] BtrfsPlaces = [0x10000, 0x4000000];

    public static IReadOnlyList<SignatureRule> All() =>
    [
        new("bitlocker", "BitLocker", true, peek =>
            peek.Has(3, "-FVE-FS-"u8) ? "-FVE-FS- at offset 3"
            : peek.Has(0x1A8, BitLockerToGo) && peek.Has(3, "MSWIN4.1"u8) ? "BitLocker To Go: its GUID at offset 0x1A8"
            : peek.Has(0x1A8, BitLockerUsedSpace) || peek.Has(0xA0, BitLockerUsedSpace) || peek.Has(0xA0, BitLockerToGo) ? "the BitLocker GUID in the first sector" : null),
        new("luks1", "LUKS 1", true, peek => Luks(peek, 0) && peek.U16Be(6) == 1 ? "LUKS BA BE at offset 0, version 1" : null),
        new("luks2", "LUKS 2", true, peek => Luks(peek, 0) && peek.U16Be(6) == 2 ? "LUKS BA BE at offset 0, version 2" : SecondLuks(peek)),
        new("luks", "LUKS", true, peek => Luks(peek, 0) ? $"LUKS BA BE at offset 0, version {peek.U16Be(6)}" : null),
        new("corestorage", "Core Storage (FileVault 2)", true, peek =>
            peek.Has(88, "CS"u8) && peek.U16Le(8) == 1 && peek.U16Le(10) == 0x10 ? "CS at offset 88" : null),
        Text("filevault1", "encrypted Apple disk image", 0, "encrcdsa"u8, true),
        new("mdraid", "Linux RAID (md)", false, MdRaid),
        new("lvm2", "LVM2 physical volume", false, peek =>
        {
            for (int sector = 0; sector < 4; sector++)
            {
                if (peek.Has(sector * 512, "LABELONE"u8) && peek.Has((sector * 512) + 0x18, "LVM2 001"u8))
                {
                    return $"LABELONE in sector {sector}";
                }
            }

            return null;
        }),
        new("lvm1", "LVM1 physical volume", false, peek => peek.Has(0, "HM\x01\0"u8) || peek.Has(0, "HM\x02\0"u8) ? "HM at offset 0" : null),
        new("ldm", "Windows dynamic disk", false, peek => peek.Has(0xC00, "PRIVHEAD"u8) || peek.Has(0, "PRIVHEAD"u8) ? "PRIVHEAD" : null),
        new("storagespaces", "Storage Spaces", false, peek => peek.Has(4096, "SPACEDB "u8) || peek.Has(0, "SPACEDB "u8) ? "SPACEDB" : null),
        new("bcache", "bcache", false, peek => peek.Has(4096 + 24, [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81]) ? "its GUID at offset 0x1018" : null),
        new("bcachefs", "bcachefs", false, peek => peek.Has(4096 + 24, [0xC6, 0x85, 0x73, 0xF6, 0x66, 0xCE, 0x90, 0xA9, 0xD9, 0x6A, 0x60, 0xCF, 0x80, 0x3D, 0xF7, 0xEF]) ? "its GUID at offset 0x1018" : null),
        new("drbd", "DRBD", false, peek =>
        {
            foreach (long tail in new[] { peek.Length - 4096, (peek.Length & ~4095L) - 4096 })
            {
                if (tail >= 0 && peek.U32Be(tail + 60) is 0x8374026B or 0x8374026C or 0x8374026D)
                {
                    return "its magic in the last 4 KiB";
                }
            }

            return null;
        }),
        Text("bluestore", "Ceph BlueStore", 0, "bluestore block device"u8),
        new("vmfs", "VMFS", false, peek =>
            peek.U32Le(0x100000) == 0xC001D00D ? "volume header at offset 0x100000" : peek.U32Le(0x200000) == 0x2FABF15E ? "file system header at offset 0x200000" : null),
        new("zfs", "ZFS", false, Zfs),
        new("mpool", "mpool", false, peek => peek.Has(0, "ULpoolMp"u8) || peek.Has(4096, "ULpoolMp"u8) || peek.Has(0, "mpoolDev"u8) || peek.Has(4096, "mpoolDev"u8) ? "mpool mark" : null),
        Text("apfs", "APFS", 32, "NXSB"u8),
        Text("refs", "ReFS", 3, "ReFS\0\0\0\0"u8),
        Text("xfs", "XFS", 0, "XFSB"u8),
        new("btrfs", "Btrfs", false, peek => FirstAt(peek, BtrfsPlaces, 0x40, "_BHRfS_M"u8)),
        new("f2fs", "F2FS", false, peek => peek.U32Le(1024) == 0xF2F52010 || peek.U32Le(4096 + 1024) == 0xF2F52010 ? "its magic at offset 1024" : null),
        new("nilfs2", "NILFS2", false, peek => peek.U16Le(1024 + 6) == 0x3434 && peek.U16Le(1024 + 8) is > 0 and <= 1024 ? "its magic at offset 0x406" : null),
        new("ocfs2", "OCFS2", false, peek => FirstAt(peek, OcfsPlaces, 0, "OCFSV2"u8)),
        new("gfs2", "GFS or GFS2", false, peek => peek.U32Be(65_536) == 0x01161970 && peek.U32Be(65_536 + 4) == 1 ? "its magic at offset 0x10000" : null),
        new("swap", "Linux swap", false, Swap),
        new("reiserfs", "ReiserFS", false, peek =>
            peek.Has(65_536 + 52, "ReIsErFs"u8) || peek.Has(65_536 + 52, "ReIsEr2Fs"u8) || peek.Has(65_536 + 52, "ReIsEr3Fs"u8) || peek.Has(65_536 + 20, "ReIsEr"u8) ? "its magic after offset 0x10000"
            : peek.Has(8192 + 52, "ReIsEr"u8) || peek.Has(8192 + 20, "ReIsEr"u8) ? "its magic after offset 0x2000" : null),
        Text("reiser4", "Reiser4", 65_536, "ReIsEr4"u8),
        Text("jfs", "JFS", 32_768, "JFS1"u8),
        new("vxfs", "Veritas VxFS", false, peek => peek.U32Le(1024) == 0xA501FCF5 || peek.U32Be(8192) == 0xA501FCF5 ? "its magic" : null),
        new("ufs", "UFS", false, Ufs),
        new("hfsplus", "HFS+", false, peek => peek.Has(1024, "H+\0\x04"u8) || peek.Has(1024, "H+\0\x05"u8) ? "H+ at offset 1024" : null),
        new("hfsx", "HFSX", false, peek => peek.Has(1024, "HX\0"u8) ? "HX at offset 1024" : null),
        new("hfs", "HFS", false, peek =>
            peek.Has(1024, "BD"u8) && peek.U16Be(1024 + 0x14) != 0 && peek.U32Be(1024 + 0x14) is > 0 and < 0x8000_0000 && peek.U32Be(1024 + 0x14) % 512 == 0
            ? peek.Has(1024 + 0x7C, "H+"u8) ? "BD at offset 1024, with HFS+ inside" : "BD at offset 1024"
            : peek.Has(1024, "BD"u8) && peek.U32Be(1024 + 0x14) % 512 == 0 && peek.U32Be(1024 + 0x14) != 0 ? "BD at offset 1024" : null),
        new("mfs", "MFS", false, peek => peek.Has(1024, [0xD2, 0xD7]) && peek.U32Be(1024 + 0x14) % 512 == 0 && peek.U32Be(1024 + 0x14) != 0 ? "D2 D7 at offset 1024" : null),
        new("squashfs", "SquashFS", false, peek => peek.Has(0, "hsqs"u8) || peek.Has(0, "sqsh"u8) ? "its magic at offset 0" : null),
        new("cramfs", "cramfs", false, peek => Either(peek, 0, 0x28CD3D45) || Either(peek, 512, 0x28CD3D45) ? "its magic" : null),
        Text("romfs", "romfs", 0, "-rom1fs-"u8),
        new("erofs", "EROFS", false, peek => peek.U32Le(1024) == 0xE0F5E1E2 ? "its magic at offset 1024" : null),
        new("befs", "BeFS", false, peek => peek.Has(512 + 32, "1SFB"u8) || peek.Has(512 + 32, "BFS1"u8) || peek.Has(32, "1SFB"u8) || peek.Has(32, "BFS1"u8) ? "its magic" : null),
        new("bfs", "SCO BFS", false, peek => peek.U32Le(0) == 0x1BADFACE ? "its magic at offset 0" : null),
        Text("ubi", "UBI", 0, "UBI#"u8),
        new("ubifs", "UBIFS", false, peek => peek.U32Le(0) == 0x06101831 ? "its magic at offset 0" : null),
        new("jffs2", "JFFS2", false, peek => (peek.U16Le(0) == 0x1985 && peek.U16Le(2) is 0xE001 or 0xE002 or 0x2003 or 0x2004 or 0x2006) && peek.U16Le(0) == 0x1985 ? "a node at offset 0" : null),
        new("hpfs", "HPFS", false, peek => peek.U32Le(8192) == 0xF995E849 && peek.U32Le(9216) == 0xF9911849 ? "super block and spare block" : peek.U32Le(8192) == 0xF995E849 ? "super block" : null),
        Text("netware", "NetWare NSS", 4096, "SPB5"u8),
        Text("vdo", "VDO", 0, "dmvdo001"u8),
        new("minix", "Minix", false, Minix),
        new("udf", "UDF", false, Udf),
        new("iso9660", "ISO 9660", false, peek => peek.Has(32_769, "CD001"u8) ? "CD001 at offset 0x8001" : peek.Has(32_777, "CDROM"u8) ? "High Sierra: CDROM at offset 0x8009" : null),
        new("ntfs", "NTFS", false, peek => peek.Has(3, "NTFS    "u8) ? "NTFS at offset 3" : null),
        new("exfat", "exFAT", false, peek => peek.Has(3, "EXFAT   "u8) ? "EXFAT at offset 3" : null),
        new("jbd", "ext journal device", false, peek => peek.U16Le(1024 + 56) == 0xEF53 && (peek.U32Le(1024 + 0x60) & 8) != 0 ? "EF53 at offset 0x438, journal device" : null),
        new("ext", "ext2, ext3 or ext4", false, peek => peek.U16Le(1024 + 56) == 0xEF53 && peek.U32Le(1024 + 24) <= 6 ? "EF53 at offset 0x438" : null),
        new("fat", "FAT", false, Fat),
        new("bsdlabel", "BSD disklabel", false, peek =>
            peek.U32Le(512) == 0x82564557 && peek.U32Le(512 + 132) == 0x82564557 ? "its magic in sector 1; the partitions inside are not read"
            : peek.U32Le(64) == 0x82564557 && peek.U32Le(64 + 132) == 0x82564557 ? "its magic at offset 64; the partitions inside are not read" : null),
        new("sunlabel", "Sun disk label", false, peek => peek.U16Be(508) == 0xDABE ? "its magic at offset 508; the partitions inside are not read" : null),
        new("sgilabel", "SGI disk label", false, peek => peek.U32Be(0) == 0x0BE5A941 ? "its magic at offset 0; the partitions inside are not read" : null),
        new("aixlabel", "AIX disk label", false, peek => peek.U32Be(0) == 0xC9C2D4C1 ? "its magic at offset 0; the partitions inside are not read" : null),
    ];

    private static SignatureRule Text(string id, string name, long offset, ReadOnlySpan<byte> mark, bool encrypted = false)
    {
        byte[] bytes = mark.ToArray();
        string why = $"{System.Text.Encoding.Latin1.GetString(mark).Trim('\0', ' ')} at offset {offset}";
        return new SignatureRule(id, name, encrypted, peek => peek.Has(offset, bytes) ? why : null);
    }

    private static bool Either(Peek peek, long offset, uint magic) => peek.U32Le(offset) == magic || peek.U32Be(offset) == magic;

    private static string? FirstAt(Peek peek, int[] places, int within, ReadOnlySpan<byte> mark)
    {
        foreach (int place in places)
        {
            if (peek.Has(place + within, mark))
            {
                return $"its magic at offset 0x{place + within:X}";
            }
        }

        return null;
    }

    private static bool Luks(Peek peek, long offset) => peek.Has(offset, [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]);

    /// <summary>LUKS 2 keeps a second header at one of the offsets that its first may be long.</summary>
    private static string? SecondLuks(Peek peek)
    {
        for (long at = 0x4000; at <= 0x400000; at *= 2)
        {
            if (peek.Has(at, [0x53, 0x4B, 0x55, 0x4C, 0xBA, 0xBE]))
            {
                return $"the first header is gone; SKUL BA BE at offset 0x{at:X}";
            }
        }

        return null;
    }

    private static string? MdRaid(Peek peek)
    {
        const uint Magic = 0xA92B4EFC;
        long version09 = (peek.Length & ~65_535L) - 65_536;
        if (version09 > 0 && Either(peek, version09, Magic))
        {
            return "version 0.90 super block near the end";
        }

        long version10 = ((peek.Length / 512) - 16 & ~7L) * 512;
        if (version10 > 0 && peek.U32Le(version10) == Magic && peek.U32Le(version10 + 4) == 1)
        {
            return "version 1.0 super block near the end";
        }

        return peek.U32Le(0) == Magic && peek.U32Le(4) == 1 ? "version 1.1 super block at offset 0"
            : peek.U32Le(4096) == Magic && peek.U32Le(4096 + 4) == 1 ? "version 1.2 super block at offset 4096" : null;
    }

    private static string? Zfs(Peek peek)
    {
        // The ring of uberblocks fills the second half of each 256 KiB label; two labels at the start, two at the end.
        long last = peek.Length & ~262_143L;
        foreach (long label in new[] { 0, 262_144, last - 524_288, last - 262_144 })
        {
            for (int slot = 0; label >= 0 && slot < 128; slot++)
            {
                long at = label + 131_072 + (slot * 1024L);
                if (BitOperations.PopCount(peek.U32Le(at)) != 0 && (peek.Has(at, [0x0C, 0xB1, 0xBA, 0, 0, 0, 0, 0]) || peek.Has(at, [0, 0, 0, 0, 0, 0xBA, 0xB1, 0x0C])))
                {
                    return $"an uberblock at offset 0x{at:X}";
                }
            }
        }

        return null;
    }

    private static string? Swap(Peek peek)
    {
        foreach (int page in PageSizes)
        {
            int at = page - 10;
            if (peek.Has(at, "SWAPSPACE2"u8) || peek.Has(at, "SWAP-SPACE"u8))
            {
                return $"swap with pages of {page} bytes";
            }

            if (peek.Has(at, "S1SUSPEND\0"u8) || peek.Has(at, "S2SUSPEND\0"u8) || peek.Has(at, "ULSUSPEND\0"u8) || peek.Has(at, "LINHIB0001"u8))
            {
                return $"swap that holds a suspended system, pages of {page} bytes";
            }
        }

        return null;
    }

    private static string? Ufs(Peek peek)
    {
        foreach (int place in UfsPlaces)
        {
            foreach (uint magic in new uint[] { 0x00011954, 0x19540119, 0x00095014, 0x00195612, 0x05231994, 0x00612195 })
            {
                if (Either(peek, place + 1372, magic))
                {
                    return $"its magic 0x{magic:X8} in the super block at offset 0x{place:X}";
                }
            }
        }

        return null;
    }

    private static string? Minix(Peek peek)
    {
        const int Super = 1024;
        ushort little = peek.U16Le(Super + 16), big = peek.U16Be(Super + 16);
        bool first = little is 0x137F or 0x138F or 0x2468 or 0x2478 || big is 0x137F or 0x138F or 0x2468 or 0x2478;
        if (first)
        {
            bool swapped = big is 0x137F or 0x138F or 0x2468 or 0x2478;
            ushort inodes = swapped ? peek.U16Be(Super) : peek.U16Le(Super);
            ushort maps = swapped ? peek.U16Be(Super + 4) : peek.U16Le(Super + 4);
            return inodes != 0 && maps != 0 ? "its magic at offset 0x410" : null;
        }

        return (peek.U16Le(Super + 24) == 0x4D5A || peek.U16Be(Super + 24) == 0x4D5A) && (peek.U16Le(Super + 28) is >= 1024 and <= 8192 || peek.U16Be(Super + 28) is >= 1024 and <= 8192)
            ? "version 3 magic at offset 0x418" : null;
    }

    /// <summary>The recognition sequence begins 32 KiB in, one descriptor a sector, sectors of at least 2048 bytes.</summary>
    private static string? Udf(Peek peek)
    {
        foreach (int step in new[] { 2048, 4096, 8192, 16_384 })
        {
            for (int i = 0; i < 64; i++)
            {
                long at = 32_768 + ((long)i * step);
                if (peek.Has(at + 1, "NSR02"u8) || peek.Has(at + 1, "NSR03"u8))
                {
                    return $"NSR0x in the recognition sequence at offset 0x{at:X}";
                }

                if (!(peek.Has(at + 1, "CD001"u8) || peek.Has(at + 1, "BEA01"u8) || peek.Has(at + 1, "BOOT2"u8) || peek.Has(at + 1, "CDW02"u8)))
                {
                    break;
                }
            }
        }

        return null;
    }

    private static string? Fat(Peek peek)
    {
        bool named = peek.Has(54, "FAT12   "u8) || peek.Has(54, "FAT16   "u8) || peek.Has(82, "FAT32   "u8) || peek.Has(54, "FAT     "u8);
        ushort bytes = peek.U16Le(11);
        byte cluster = peek.U8(13), copies = peek.U8(16), media = peek.U8(21);
        bool parameters = bytes is 512 or 1024 or 2048 or 4096 && BitOperations.IsPow2(cluster) && copies is 1 or 2 && media is 0xF0 or >= 0xF8 && peek.U16Le(14) != 0;
        return parameters && (named || peek.U8(0) is 0xEB or 0xE9) ? "boot sector parameters of FAT" : null;
    }
}
