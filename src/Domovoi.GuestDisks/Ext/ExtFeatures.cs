// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Ext;

/// <summary><c>s_feature_incompat</c>: what a reader has to know of a file system to read it at all. Linux, fs/ext4/ext4.h.</summary>
[Flags]
internal enum ExtFeatures : uint
{
    None = 0,
    Compression = 0x1,
    FileType = 0x2,
    NeedsRecovery = 0x4,
    JournalDevice = 0x8,
    MetaBlockGroups = 0x10,
    Extents = 0x40,
    SixtyFourBit = 0x80,
    MultipleMountProtection = 0x100,
    FlexibleBlockGroups = 0x200,
    AttributeInodes = 0x400,
    DirectoryContents = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDirectories = 0x4000,
    InlineContents = 0x8000,
    Encryption = 0x10000,
    CaseFolding = 0x20000,

    /// <summary>Read here; single files that are encrypted are refused when they are opened.</summary>
    Known = FileType | NeedsRecovery | MetaBlockGroups | Extents | SixtyFourBit | MultipleMountProtection | FlexibleBlockGroups
        | AttributeInodes | ChecksumSeed | LargeDirectories | InlineContents | Encryption | CaseFolding,
}
