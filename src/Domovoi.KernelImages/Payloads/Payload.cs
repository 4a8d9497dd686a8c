// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.KernelImages.Payloads;

/// <summary>A packed kernel: its format, its bytes, and the unpacked size its last four bytes announce.</summary>
internal sealed class Payload
{
    /// <summary>As much as Xen's toolstack accepts.</summary>
    private const long MaximumSize = 1L << 30;

    private readonly PayloadFormat _format;
    private readonly ReadOnlyMemory<byte> _stream;

    private Payload(PayloadFormat format, ReadOnlyMemory<byte> stream, long size)
    {
        _format = format;
        _stream = stream;
        Size = size;
    }

    /// <summary>Bytes after unpacking, as announced.</summary>
    internal long Size { get; }

    internal static Payload Parse(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        PayloadFormat format = PayloadFormat.Detect(span) ?? throw new KernelImageException(
            "kernel-compression-unsupported",
            $"The kernel's payload begins with {Convert.ToHexStringLower(span[..Math.Min(8, span.Length)])}; an ELF image, or one " +
            "packed with gzip, xz, zstd, lz4, bzip2 or lzma, was expected.");
        if (span.Length < format.Magic.Length + sizeof(uint))
        {
            throw KernelImageException.Truncated($"The kernel's {format.Name} payload has only {span.Length} bytes.");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(span[^sizeof(uint)..]);
        if (size is 0 or > (uint)MaximumSize)
        {
            throw KernelImageException.Corrupt(
                $"The kernel's {format.Name} payload announces {size} unpacked bytes; 1 to {MaximumSize} were expected.");
        }

        return new Payload(format, format.SizeInsideStream ? bytes : bytes[..^sizeof(uint)], size);
    }

    /// <summary>Writes exactly <see cref="Size"/> bytes.</summary>
    internal void Unpack(Stream target)
    {
        BoundedOutput output = new(target, Size);
        try
        {
            _format.Unpack(_stream, output);
        }
        catch (Exception exception)
            when (!output.TargetFailed && exception is not (KernelImageException or OutOfMemoryException))
        {
            throw KernelImageException.Corrupt(
                $"The kernel's {_format.Name} payload is damaged: {exception.Message}", exception);
        }

        if (output.Written != Size)
        {
            throw KernelImageException.Corrupt(
                $"The kernel's {_format.Name} payload unpacks to {output.Written} bytes; {Size} were expected.");
        }
    }
}
