using System.Buffers.Binary;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>s_feature_compat bits that matter to a reader.</summary>
[Flags]
internal enum ExtCompat : uint
{
    HasJournal = 0x4,
    SparseSuper2 = 0x200,
    OrphanFile = 0x1000,
}

/// <summary>s_feature_incompat bits.</summary>
[Flags]
internal enum ExtIncompat : uint
{
    Compression = 0x1,
    FileType = 0x2,
    Recover = 0x4,
    JournalDevice = 0x8,
    MetaBlockGroups = 0x10,
    Extents = 0x40,
    Wide = 0x80,
    MultiMountProtection = 0x100,
    FlexibleGroups = 0x200,
    ExtendedAttributeInodes = 0x400,
    DirectoryData = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDirectory = 0x4000,
    InlineData = 0x8000,
    Encrypt = 0x10000,
    CaseFold = 0x20000,
}

/// <summary>s_feature_ro_compat bits.</summary>
[Flags]
internal enum ExtReadOnlyCompat : uint
{
    SparseSuper = 0x1,
    LargeFile = 0x2,
    DirectoryBTree = 0x4,
    HugeFile = 0x8,
    GroupChecksum = 0x10,
    DirectoryLinks = 0x20,
    ExtraInodeSize = 0x40,
    Quota = 0x100,
    BigAllocation = 0x200,
    MetadataChecksum = 0x400,
    Project = 0x2000,
    OrphanPresent = 0x10000,
}

/// <summary>i_flags bits that matter to a reader.</summary>
[Flags]
internal enum ExtInodeFlags : uint
{
    Compressed = 0x4,
    Encrypted = 0x800,
    Index = 0x1000,
    HugeFile = 0x40000,
    Extents = 0x80000,
    Verity = 0x100000,
    ExtendedAttributeInode = 0x200000,
    InlineData = 0x10000000,
    CaseFold = 0x40000000,
}

/// <summary>struct ext4_super_block: 1,024 bytes at offset 1024, and at the start of each group that keeps a copy.</summary>
internal sealed class ExtSuperblock
{
    internal const int Size = 1024;
    internal const int PrimaryOffset = 1024;
    private const ExtIncompat Known = ExtIncompat.FileType | ExtIncompat.Recover | ExtIncompat.JournalDevice | ExtIncompat.MetaBlockGroups
        | ExtIncompat.Extents | ExtIncompat.Wide | ExtIncompat.MultiMountProtection | ExtIncompat.FlexibleGroups | ExtIncompat.ExtendedAttributeInodes
        | ExtIncompat.ChecksumSeed | ExtIncompat.LargeDirectory | ExtIncompat.InlineData | ExtIncompat.Encrypt | ExtIncompat.CaseFold;

    private ExtSuperblock(ReadOnlySpan<byte> bytes, long offset)
    {
        SpanReader r = new(bytes, offset);
        r.Seek(0x38, "s_magic");
        ushort magic = r.U16Le("s_magic");
        Require(magic == 0xEF53, "s_magic", offset + 0x38, "0xEF53", magic);
        r.Seek(0x00, "s_inodes_count");
        InodeCount = r.U32Le("s_inodes_count");
        uint blocksLow = r.U32Le("s_blocks_count_lo");
        r.Seek(0x14, "s_first_data_block");
        FirstDataBlock = r.U32Le("s_first_data_block");
        uint logBlock = r.U32Le("s_log_block_size");
        uint logCluster = r.U32Le("s_log_cluster_size");
        BlocksPerGroup = r.U32Le("s_blocks_per_group");
        uint clustersPerGroup = r.U32Le("s_clusters_per_group");
        InodesPerGroup = r.U32Le("s_inodes_per_group");
        r.Seek(0x3A, "s_state");
        State = r.U16Le("s_state");
        r.Seek(0x48, "s_creator_os");
        CreatorOs = r.U32Le("s_creator_os");
        Revision = r.U32Le("s_rev_level");
        r.Seek(0x54, "s_first_ino");
        FirstInode = r.U32Le("s_first_ino");
        ushort inodeSize = r.U16Le("s_inode_size");
        BlockGroupNumber = r.U16Le("s_block_group_nr");
        Compat = (ExtCompat)r.U32Le("s_feature_compat");
        Incompat = (ExtIncompat)r.U32Le("s_feature_incompat");
        ReadOnlyCompat = (ExtReadOnlyCompat)r.U32Le("s_feature_ro_compat");
        Uuid = r.Bytes(16, "s_uuid").ToArray();
        ReadOnlySpan<byte> name = r.Bytes(16, "s_volume_name");
        int end = name.IndexOf((byte)0);
        Label = end == 0 ? null : Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        r.Seek(0xCE, "s_reserved_gdt_blocks");
        ReservedDescriptorBlocks = r.U16Le("s_reserved_gdt_blocks");
        r.Seek(0xE0, "s_journal_inum");
        JournalInode = r.U32Le("s_journal_inum");
        r.Skip(4, "s_journal_dev");
        LastOrphan = r.U32Le("s_last_orphan");
        r.Seek(0xFE, "s_desc_size");
        ushort descriptorSize = r.U16Le("s_desc_size");
        r.Seek(0x104, "s_first_meta_bg");
        FirstMetaGroup = r.U32Le("s_first_meta_bg");
        r.Seek(0x150, "s_blocks_count_hi");
        uint blocksHigh = r.U32Le("s_blocks_count_hi");
        r.Seek(0x240, "s_usr_quota_inum");
        UserQuotaInode = r.U32Le("s_usr_quota_inum");
        GroupQuotaInode = r.U32Le("s_grp_quota_inum");
        r.Seek(0x24C, "s_backup_bgs");
        BackupGroup1 = r.U32Le("s_backup_bgs[0]");
        BackupGroup2 = r.U32Le("s_backup_bgs[1]");
        r.Seek(0x26C, "s_prj_quota_inum");
        ProjectQuotaInode = r.U32Le("s_prj_quota_inum");
        uint seed = r.U32Le("s_checksum_seed");
        r.Seek(0x280, "s_orphan_file_inum");
        OrphanFileInode = r.U32Le("s_orphan_file_inum");
        r.Seek(0x3FC, "s_checksum");
        uint stored = r.U32Le("s_checksum");

        Require(logBlock <= 6, "s_log_block_size", offset + 0x18, "at most 6 (64 KiB)", logBlock);
        BlockSize = 1024 << (int)logBlock;
        bool bigAllocation = ReadOnlyCompat.HasFlag(ExtReadOnlyCompat.BigAllocation);
        if (bigAllocation)
        {
            Require(logCluster >= logBlock && logCluster <= 20, "s_log_cluster_size", offset + 0x1C, $"{logBlock} to 20", logCluster);
        }

        ClusterSize = bigAllocation ? 1024 << (int)logCluster : BlockSize;
        BlockCount = Has(ExtIncompat.Wide) ? blocksLow | ((long)blocksHigh << 32) : blocksLow;
        if (BlockCount <= FirstDataBlock || BlockCount > long.MaxValue / BlockSize)
        {
            throw new MalformedDataException("s_blocks_count", offset + 4, $"more than {FirstDataBlock} blocks that fit in 63 bits of bytes", $"{BlockCount}");
        }

        int ratio = ClusterSize / BlockSize;
        ClustersPerGroup = bigAllocation ? clustersPerGroup : BlocksPerGroup;
        if (Has(ExtIncompat.JournalDevice))
        {
            // A journal alone has no groups and no inodes.
            (InodeSize, DescriptorSize, ChecksumHolds) = (128, 32, true);
            return;
        }

        Require(BlocksPerGroup > 0 && ClustersPerGroup > 0, "s_blocks_per_group", offset + 0x20, "more than 0", BlocksPerGroup);
        Require(ClustersPerGroup <= 8L * BlockSize && (long)ClustersPerGroup * ratio == BlocksPerGroup, "s_clusters_per_group", offset + 0x24, $"at most {8L * BlockSize}, as many as the blocks of a group", ClustersPerGroup);
        Require(InodesPerGroup > 0 && InodesPerGroup <= 8L * BlockSize, "s_inodes_per_group", offset + 0x28, $"1 to {8L * BlockSize}", InodesPerGroup);
        InodeSize = Revision == 0 ? 128 : inodeSize;
        Require(InodeSize >= 128 && InodeSize <= BlockSize && int.IsPow2(InodeSize), "s_inode_size", offset + 0x58, $"a power of 2 from 128 to {BlockSize}", InodeSize);
        DescriptorSize = Has(ExtIncompat.Wide) && descriptorSize != 0 ? descriptorSize : 32;
        Require(DescriptorSize is >= 32 and <= 1024 && int.IsPow2(DescriptorSize), "s_desc_size", offset + 0xFE, "a power of 2 from 32 to 1024", DescriptorSize);
        GroupCount = (BlockCount - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup;
        HasChecksums = ReadOnlyCompat.HasFlag(ExtReadOnlyCompat.MetadataChecksum);
        ChecksumSeed = Has(ExtIncompat.ChecksumSeed) ? seed : ExtChecksum.Crc32C(~0u, Uuid);
        ChecksumHolds = !HasChecksums || stored == ExtChecksum.Crc32C(~0u, bytes[..0x3FC]);
    }

    /// <summary>0x00. Inodes in all.</summary>
    internal uint InodeCount { get; }

    /// <summary>0x04 and 0x150. Blocks in all.</summary>
    internal long BlockCount { get; }

    /// <summary>0x14. First block of group 0: 1 with blocks of 1 KiB, else 0.</summary>
    internal uint FirstDataBlock { get; }

    /// <summary>0x18. Bytes per block.</summary>
    internal int BlockSize { get; }

    /// <summary>0x1C. Bytes per cluster: more than a block with bigalloc.</summary>
    internal int ClusterSize { get; }

    /// <summary>0x20. Blocks per group.</summary>
    internal uint BlocksPerGroup { get; }

    /// <summary>0x24. Bits used of each block bitmap.</summary>
    internal uint ClustersPerGroup { get; }

    /// <summary>0x28. Inodes per group.</summary>
    internal uint InodesPerGroup { get; }

    /// <summary>0x3A. 1 cleanly unmounted, 2 errors seen, 4 orphans being recovered.</summary>
    internal ushort State { get; }

    /// <summary>0x48. 0 Linux, 1 Hurd.</summary>
    internal uint CreatorOs { get; }

    /// <summary>0x4C. 0 has fixed inode sizes, 1 has features.</summary>
    internal uint Revision { get; }

    /// <summary>0x54. First inode that is not reserved.</summary>
    internal uint FirstInode { get; }

    /// <summary>0x58. Bytes per inode.</summary>
    internal int InodeSize { get; }

    /// <summary>0x5A. The group that this copy lies in.</summary>
    internal ushort BlockGroupNumber { get; }

    /// <summary>0x5C.</summary>
    internal ExtCompat Compat { get; }

    /// <summary>0x60.</summary>
    internal ExtIncompat Incompat { get; }

    /// <summary>0x64.</summary>
    internal ExtReadOnlyCompat ReadOnlyCompat { get; }

    /// <summary>0x68.</summary>
    internal byte[] Uuid { get; }

    /// <summary>0x78. Volume label, or null.</summary>
    internal string? Label { get; }

    /// <summary>0xCE. Blocks after the group descriptors kept for growing.</summary>
    internal ushort ReservedDescriptorBlocks { get; }

    /// <summary>0xE0. The journal's inode, 0 for none.</summary>
    internal uint JournalInode { get; }

    /// <summary>0xE8. Head of the list of inodes unlinked while open.</summary>
    internal uint LastOrphan { get; }

    /// <summary>0xFE. Bytes per group descriptor.</summary>
    internal int DescriptorSize { get; }

    /// <summary>0x104. First descriptor block laid out by meta_bg.</summary>
    internal uint FirstMetaGroup { get; }

    /// <summary>0x240.</summary>
    internal uint UserQuotaInode { get; }

    /// <summary>0x244.</summary>
    internal uint GroupQuotaInode { get; }

    /// <summary>0x24C. The groups that keep superblock copies with sparse_super2.</summary>
    internal uint BackupGroup1 { get; }

    /// <summary>0x250.</summary>
    internal uint BackupGroup2 { get; }

    /// <summary>0x26C.</summary>
    internal uint ProjectQuotaInode { get; }

    /// <summary>0x280.</summary>
    internal uint OrphanFileInode { get; }

    /// <summary>Groups that the block count asks for.</summary>
    internal long GroupCount { get; }

    /// <summary>Whether metadata_csum is on.</summary>
    internal bool HasChecksums { get; }

    /// <summary>0x270, or the checksum of the UUID: what every other checksum starts from.</summary>
    internal uint ChecksumSeed { get; }

    /// <summary>0x3FC. Whether the superblock's own checksum is right, true where there is none.</summary>
    internal bool ChecksumHolds { get; }

    /// <summary>Incompatible features that this version does not know.</summary>
    internal uint UnknownFeatures => (uint)(Incompat & ~Known);

    /// <summary>"ext2", "ext3" or "ext4", as blkid and the kernel tell them apart: by the features the older drivers refuse.</summary>
    internal string TypeName
    {
        get
        {
            const ExtIncompat old = ExtIncompat.FileType | ExtIncompat.Recover | ExtIncompat.MetaBlockGroups | ExtIncompat.Compression;
            const ExtReadOnlyCompat oldReadOnly = ExtReadOnlyCompat.SparseSuper | ExtReadOnlyCompat.LargeFile | ExtReadOnlyCompat.DirectoryBTree;
            if ((Incompat & ~old) != 0 || (ReadOnlyCompat & ~oldReadOnly) != 0)
            {
                return "ext4";
            }

            return Compat.HasFlag(ExtCompat.HasJournal) ? "ext3" : "ext2";
        }
    }

    internal string UuidText
    {
        get
        {
            string hex = Convert.ToHexStringLower(Uuid);
            return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
        }
    }

    internal bool Has(ExtIncompat feature) => (Incompat & feature) != 0;

    internal bool Has(ExtReadOnlyCompat feature) => (ReadOnlyCompat & feature) != 0;

    /// <summary>Reads the 1,024 bytes at <paramref name="offset"/> of the volume.</summary>
    internal static ExtSuperblock Parse(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length < Size)
        {
            throw new MalformedDataException("superblock", offset, $"{Size} bytes", $"{bytes.Length}");
        }

        return new ExtSuperblock(bytes[..Size], offset);
    }

    /// <summary>Whether group <paramref name="group"/> starts with a copy of the superblock and of the group descriptors.</summary>
    internal bool KeepsCopy(long group)
    {
        if (group == 0)
        {
            return true;
        }

        if (Compat.HasFlag(ExtCompat.SparseSuper2))
        {
            return group == BackupGroup1 || group == BackupGroup2;
        }

        return group == 1 || !Has(ExtReadOnlyCompat.SparseSuper) || IsPowerOf(group, 3) || IsPowerOf(group, 5) || IsPowerOf(group, 7);
    }

    /// <summary>First block of a group.</summary>
    internal long FirstBlockOf(long group) => FirstDataBlock + (group * BlocksPerGroup);

    private static bool IsPowerOf(long value, long root)
    {
        long power = root;
        while (power < value)
        {
            power *= root;
        }

        return power == value;
    }

    private static void Require(bool holds, string field, long offset, string need, long have)
    {
        if (!holds)
        {
            throw new MalformedDataException(field, offset, need, $"{have}");
        }
    }
}

/// <summary>struct ext4_group_desc: where a group's bitmaps and inode table lie.</summary>
internal readonly record struct ExtGroup(long BlockBitmap, long InodeBitmap, long InodeTable, ushort Flags, uint BlockBitmapChecksum, uint InodeBitmapChecksum)
{
    /// <summary>True for a copy, whose checksums of the bitmaps may be old.</summary>
    internal bool IsCopy { get; init; }

    /// <summary>0x12 bit 0. The inode bitmap and table were never written.</summary>
    internal bool InodesUninitialised => (Flags & 1) != 0;

    /// <summary>0x12 bit 1. The block bitmap was never written.</summary>
    internal bool BlocksUninitialised => (Flags & 2) != 0;

    internal static ExtGroup Parse(ReadOnlySpan<byte> d)
    {
        bool wide = d.Length >= 64;
        return new ExtGroup(
            Address(d, 0x00, wide ? 0x20 : -1),
            Address(d, 0x04, wide ? 0x24 : -1),
            Address(d, 0x08, wide ? 0x28 : -1),
            BinaryPrimitives.ReadUInt16LittleEndian(d[0x12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(d[0x18..]) | (wide ? (uint)BinaryPrimitives.ReadUInt16LittleEndian(d[0x38..]) << 16 : 0),
            BinaryPrimitives.ReadUInt16LittleEndian(d[0x1A..]) | (wide ? (uint)BinaryPrimitives.ReadUInt16LittleEndian(d[0x3A..]) << 16 : 0));
    }

    private static long Address(ReadOnlySpan<byte> d, int low, int high)
    {
        ulong value = BinaryPrimitives.ReadUInt32LittleEndian(d[low..]);
        if (high >= 0)
        {
            value |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(d[high..]) << 32;
        }

        return value > long.MaxValue ? long.MaxValue : (long)value;
    }
}

/// <summary>struct ext4_inode over its bytes (s_inode_size of them, at least 128).</summary>
internal readonly ref struct ExtInode(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> data = bytes;

    internal ReadOnlySpan<byte> Bytes => data;

    /// <summary>0x00. Type and permissions.</summary>
    internal ushort Mode => U16(0x00);

    /// <summary>The four type bits of the mode.</summary>
    internal int TypeBits => Mode & 0xF000;

    /// <summary>0x02 and 0x78.</summary>
    internal uint Uid => U16(0x02) | ((uint)U16(0x78) << 16);

    /// <summary>0x18 and 0x7A.</summary>
    internal uint Gid => U16(0x18) | ((uint)U16(0x7A) << 16);

    /// <summary>0x04. Low half of the size.</summary>
    internal uint SizeLow => U32(0x04);

    /// <summary>0x6C. High half of the size; a directory's ACL block in revision 0.</summary>
    internal uint SizeHigh => U32(0x6C);

    /// <summary>0x14. Deletion time; the next inode of the orphan list while unlinked but open.</summary>
    internal uint DeletionTime => U32(0x14);

    /// <summary>0x08. Access time, low half; the checksum of the value in an inode that holds an attribute's.</summary>
    internal uint AccessTimeLow => U32(0x08);

    /// <summary>0x10. Modification time, low half.</summary>
    internal uint ModificationTimeLow => U32(0x10);

    /// <summary>0x0C. Change time, low half.</summary>
    internal uint ChangeTimeLow => U32(0x0C);

    /// <summary>0x1A. Names.</summary>
    internal ushort Links => U16(0x1A);

    /// <summary>0x1C and 0x74. Sectors of 512 bytes, or blocks with the huge-file flag.</summary>
    internal ulong BlockUnits => U32(0x1C) | ((ulong)U16(0x74) << 32);

    /// <summary>0x20.</summary>
    internal ExtInodeFlags Flags => (ExtInodeFlags)U32(0x20);

    /// <summary>0x28. Pointers, extent tree, link target or inline content.</summary>
    internal ReadOnlySpan<byte> BlockArea => data.Slice(0x28, 60);

    /// <summary>0x64.</summary>
    internal uint Generation => U32(0x64);

    /// <summary>0x68 and 0x76. Block of extended attributes, 0 for none.</summary>
    internal long AttributeBlock => U32(0x68) | ((long)U16(0x76) << 32);

    /// <summary>0x80. Bytes used after the first 128, 0 where there are none.</summary>
    internal int ExtraSize => data.Length > 128 ? U16(0x80) : 0;

    /// <summary>True for an inode that was never used.</summary>
    internal bool IsBlank => data.IndexOfAnyExcept((byte)0) < 0;

    internal bool Has(ExtInodeFlags flag) => (Flags & flag) != 0;

    internal uint Pointer(int index) => U32(0x28 + (4 * index));

    /// <summary>Whether the field ending at <paramref name="end"/> lies in the part of the inode that is in use.</summary>
    internal bool Reaches(int end) => data.Length >= end && 128 + ExtraSize >= end;

    /// <summary>A time whose seconds lie at <paramref name="low"/> and whose nanoseconds and epoch bits at <paramref name="extra"/>.</summary>
    internal EvidenceTime Time(int low, int extra)
    {
        long seconds = (int)U32(low);
        if (!Reaches(extra + 4))
        {
            return new EvidenceTime(seconds, TimeKind.UnixSeconds);
        }

        uint more = U32(extra);
        seconds += (long)(more & 3) << 32;
        long nanoseconds = more >> 2;

        // Nanoseconds beyond a second are damage; seconds beyond 2262 do not fit in 64 bits of nanoseconds. Both keep the seconds.
        return nanoseconds > 999_999_999 || seconds > 9_223_372_035
            ? new EvidenceTime(seconds, TimeKind.UnixSeconds)
            : new EvidenceTime((seconds * 1_000_000_000) + nanoseconds, TimeKind.UnixNanoseconds);
    }

    /// <summary>The four times; the creation time where the inode has room for one and it was set.</summary>
    internal EntryTimes Times()
    {
        EvidenceTime created = EvidenceTime.None;
        if (Reaches(0x94) && (U32(0x90) != 0 || (Reaches(0x98) && U32(0x94) != 0)))
        {
            created = Time(0x90, 0x94);
        }

        return new EntryTimes(Time(0x10, 0x88), Time(0x08, 0x8C), Time(0x0C, 0x84), created);
    }

    /// <summary>0x9C. Project, 0 for none.</summary>
    internal uint Project => Reaches(0xA0) ? U32(0x9C) : 0;

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
}
