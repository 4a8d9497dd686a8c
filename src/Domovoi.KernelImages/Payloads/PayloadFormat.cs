// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Payloads;

/// <summary>One compression a kernel may be packed with: how it is recognised, and what unpacks it.</summary>
/// <param name="Name">As the kernel's configuration names it.</param>
/// <param name="Magic">The payload's first bytes.</param>
/// <param name="SizeInsideStream">Whether the last four bytes, the unpacked size, belong to the stream itself.</param>
/// <param name="Unpack">Writes the unpacked bytes; any exception means that the payload is damaged.</param>
internal sealed record PayloadFormat(string Name, byte[] Magic, bool SizeInsideStream, Action<ReadOnlyMemory<byte>, Stream> Unpack)
{
    /// <summary>Every format Linux packs kernels with, but LZO, which no distribution uses for x86.</summary>
    internal static readonly PayloadFormat[] All =
    [
        new("gzip", [0x1F, 0x8B], SizeInsideStream: true, GzipPayload.Unpack),
        new("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], SizeInsideStream: false, XzPayload.Unpack),
        new("zstd", [0x28, 0xB5, 0x2F, 0xFD], SizeInsideStream: false, ZstdPayload.Unpack),
        new("lz4", [0x02, 0x21, 0x4C, 0x18], SizeInsideStream: false, Lz4Payload.Unpack),
        new("bzip2", "BZh"u8.ToArray(), SizeInsideStream: false, Bzip2Payload.Unpack),
        new("lzma", [0x5D, 0x00, 0x00], SizeInsideStream: false, LzmaPayload.Unpack),
        new("lzo", [0x89, 0x4C, 0x5A, 0x4F], SizeInsideStream: false, static (_, _) => throw new KernelImageException(
            "kernel-compression-unsupported",
            "The kernel is packed with lzo; gzip, xz, zstd, lz4, bzip2 or lzma was expected.")),
    ];

    internal static PayloadFormat? Detect(ReadOnlySpan<byte> start)
    {
        foreach (PayloadFormat format in All)
        {
            if (start.StartsWith(format.Magic))
            {
                return format;
            }
        }

        return null;
    }
}
