// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.KernelImages;

/// <summary>Linux's bzImage: a setup header that says where the packed ELF kernel lies. Linux's x86 boot protocol, boot.rst.</summary>
internal static class BzImage
{
    private const int SetupSectors = 0x1F1;
    private const int Magic = 0x202;
    private const int Version = 0x206;
    private const int PayloadOffset = 0x248;
    private const int PayloadLength = 0x24C;
    private const int HeaderEnd = 0x250;
    private const int SectorSize = 512;

    internal static bool HasMagic(ReadOnlySpan<byte> file) =>
        file.Length >= Magic + 4 && file.Slice(Magic, 4).SequenceEqual("HdrS"u8);

    /// <summary>The packed kernel inside the file.</summary>
    internal static ReadOnlyMemory<byte> Payload(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> header = file.Span;
        if (header.Length < HeaderEnd)
        {
            throw KernelImageException.Truncated(
                $"The bzImage ends at byte {header.Length}, inside its setup header of {HeaderEnd} bytes.");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(header[Version..]);
        if (version < 0x208)
        {
            throw new KernelImageException(
                "kernel-too-old",
                $"The bzImage has boot protocol {version >> 8}.{version & 0xFF:00}; 2.08 or later (Linux 2.6.26) was expected.");
        }

        // A count of 0 means 4, for kernels older than any that gets here; Xen's toolstack takes it as it stands, as we do.
        long offset = ((header[SetupSectors] + 1L) * SectorSize) + BinaryPrimitives.ReadUInt32LittleEndian(header[PayloadOffset..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[PayloadLength..]);
        if (offset > header.Length || length > header.Length - offset)
        {
            throw KernelImageException.Truncated(
                $"The bzImage ends at byte {header.Length}; its payload of {length} bytes from byte {offset} was expected.");
        }

        return length != 0
            ? file.Slice((int)offset, (int)length)
            : throw KernelImageException.Corrupt("The bzImage names a payload of 0 bytes.");
    }
}
