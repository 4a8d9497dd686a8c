// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks;

namespace Domovoi.Toolstack.Doctor;

/// <summary>Knows image formats by their first bytes, so that a person is asked about what is hardly a raw disk.</summary>
internal static class ImageSignature
{
    private const int VdiPlace = 0x40;

    /// <summary>The format's name in a configuration; null for what may well be raw.</summary>
    internal static string? Of(DiskReader disk)
    {
        Span<byte> head = stackalloc byte[512];
        if (disk.Length < head.Length)
        {
            return null;
        }

        disk.Read(0, head);
        Span<byte> foot = stackalloc byte[8];
        disk.Read(disk.Length - 512, foot);
        return head.StartsWith((ReadOnlySpan<byte>)[0x51, 0x46, 0x49, 0xFB]) ? "qcow2"
            : head.StartsWith("KDMV"u8) || head.StartsWith("# Disk DescriptorFile"u8) ? "vmdk"
            : head.StartsWith("vhdxfile"u8) ? "vhdx"
            : head.StartsWith("conectix"u8) || foot.SequenceEqual("conectix"u8) ? "vhd"
            : head.StartsWith("QED\0"u8) ? "qed"
            : head[VdiPlace..].StartsWith((ReadOnlySpan<byte>)[0x7F, 0x10, 0xDA, 0xBE]) ? "vdi"
            : null;
    }
}
