// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks;

/// <summary>Tells by its first bytes what a disk or partition holds that is not read here.</summary>
internal static class Signature
{
    private static readonly (long Place, byte[] Bytes, string Name)[] s_known =
    [
        (0, "XFSB"u8.ToArray(), "an XFS file system"),
        (0x10040, "_BHRfS_M"u8.ToArray(), "a btrfs file system"),
        (512, "LABELONE"u8.ToArray(), "an LVM physical volume"),
        (0, [.. "LUKS"u8, 0xBA, 0xBE], "a LUKS container"),
        (4086, "SWAPSPACE2"u8.ToArray(), "swap space"),
        (0, "hsqs"u8.ToArray(), "a squashfs file system"),
        (32769, "CD001"u8.ToArray(), "an ISO 9660 file system"),
        (82, "FAT32"u8.ToArray(), "a FAT file system"),
        (54, "FAT"u8.ToArray(), "a FAT file system"),
        (3, "NTFS"u8.ToArray(), "an NTFS file system"),
        (0, [.. "QFI"u8, 0xFB], "a qcow2 image"),
        (0, "KDMV"u8.ToArray(), "a VMDK image"),
        (0, "conectix"u8.ToArray(), "a VHD image"),
    ];

    internal static string Of(DiskReader disk)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach ((long place, byte[] expected, string name) in s_known)
        {
            if (disk.Length >= place + expected.Length)
            {
                disk.Read(place, bytes[..expected.Length]);
                if (bytes[..expected.Length].SequenceEqual(expected))
                {
                    return name;
                }
            }
        }

        return "nothing that is known here";
    }
}
