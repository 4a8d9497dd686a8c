// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.GuestDisks.Ext;

/// <summary><c>struct ext4_super_block</c>, 1024 bytes from the start of the file system.</summary>
internal sealed record Superblock
{
    internal const int Place = 1024;
    internal const int Size = 1024;
    private const ushort Magic = 0xEF53;
    private const uint SparseSuper = 0x1;
    private const uint SparseSuper2 = 0x200;

    internal required int BlockSize { get; init; }

    internal required long BlockCount { get; init; }

    internal required uint InodeCount { get; init; }

    internal required uint FirstDataBlock { get; init; }

    internal required uint BlocksPerGroup { get; init; }

    internal required uint InodesPerGroup { get; init; }

    internal required int InodeSize { get; init; }

    internal required int DescriptorSize { get; init; }

    internal required ExtFeatures Features { get; init; }

    internal required uint FirstMetaBlockGroup { get; init; }

    internal required uint JournalInode { get; init; }

    internal required Guid Uuid { get; init; }

    internal required string Label { get; init; }

    internal required Func<uint, bool> HasBackup { get; init; }

    internal bool NeedsRecovery => (Features & ExtFeatures.NeedsRecovery) != 0;

    internal static bool IsOne(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Size && BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x38..]) == Magic;

    internal static Superblock Parse(ReadOnlySpan<byte> bytes)
    {
        bool isDynamic = U32(bytes, 0x4C) >= 1;
        ExtFeatures features = isDynamic ? (ExtFeatures)U32(bytes, 0x60) : ExtFeatures.None;
        Refuse(features);
        bool isWide = (features & ExtFeatures.SixtyFourBit) != 0;
        uint blockShift = U32(bytes, 0x18);
        long blocks = U32(bytes, 0x04) | (isWide ? (long)U32(bytes, 0x150) << 32 : 0);
        int descriptorSize = isWide && BinaryPrimitives.ReadUInt16LittleEndian(bytes[0xFE..]) is var size and not 0 ? size : 32;
        Superblock parsed = new()
        {
            BlockSize = blockShift <= 6 ? 1024 << (int)blockShift : 0,
            BlockCount = blocks,
            InodeCount = U32(bytes, 0x00),
            FirstDataBlock = U32(bytes, 0x14),
            BlocksPerGroup = U32(bytes, 0x20),
            InodesPerGroup = U32(bytes, 0x28),
            InodeSize = isDynamic ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x58..]) : 128,
            DescriptorSize = descriptorSize,
            Features = features,
            FirstMetaBlockGroup = U32(bytes, 0x104),
            JournalInode = (U32(bytes, 0x5C) & 0x4) != 0 ? U32(bytes, 0xE0) : 0,
            Uuid = new Guid(bytes.Slice(0x68, 16), bigEndian: true),
            Label = Encoding.UTF8.GetString(bytes.Slice(0x78, 16)).TrimEnd('\0'),
            HasBackup = BackupRule(bytes),
        };
        parsed.Check();
        return parsed;
    }

    private static void Refuse(ExtFeatures features)
    {
        if ((features & ExtFeatures.JournalDevice) != 0)
        {
            throw new GuestDiskException("disk-unsupported", "This is an external ext4 journal; a file system was expected.");
        }

        if ((features & ~ExtFeatures.Known) is var unknown and not 0)
        {
            throw new GuestDiskException(
                "disk-unsupported", $"The ext4 file system has features that are not known here: incompat 0x{(uint)unknown:x} ({unknown}).");
        }
    }

    private void Check()
    {
        bool isSane = BlockSize != 0 && BlockCount > 0 && BlocksPerGroup > 0 && InodesPerGroup > 0
            && InodeSize is >= 128 and <= 65536 && InodeSize <= BlockSize && DescriptorSize is >= 32 and <= 1024
            && BlockCount <= long.MaxValue / BlockSize && FirstDataBlock <= 1 && InodesPerGroup <= BlockSize * 8L;
        if (!isSane)
        {
            throw GuestDiskException.Damaged("The ext4 superblock contradicts itself.");
        }
    }

    /// <summary>Which groups begin with a copy of the superblock: all, or the first two and the powers of 3, 5 and 7, or two named ones.</summary>
    private static Func<uint, bool> BackupRule(ReadOnlySpan<byte> bytes)
    {
        if ((U32(bytes, 0x5C) & SparseSuper2) != 0)
        {
            (uint first, uint second) = (U32(bytes, 0x24C), U32(bytes, 0x250));
            return group => group == 0 || group == first || group == second;
        }

        return (U32(bytes, 0x64) & SparseSuper) == 0
            ? static _ => true
            : static group => group <= 1 || IsPower(group, 3) || IsPower(group, 5) || IsPower(group, 7);
    }

    private static bool IsPower(uint number, uint of)
    {
        while (number % of == 0)
        {
            number /= of;
        }

        return number == 1;
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
