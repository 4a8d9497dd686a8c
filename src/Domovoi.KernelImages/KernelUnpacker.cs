// SPDX-License-Identifier: MIT
using Domovoi.KernelImages.Elf;
using Domovoi.KernelImages.Payloads;

namespace Domovoi.KernelImages;

/// <summary>Tells what a kernel file is, and finds the ELF image in it: plain, gzip-packed, or inside a bzImage.</summary>
public static class KernelUnpacker
{
    /// <summary>Whether a file that begins so can be used as it stands.</summary>
    public static bool IsPlainElf(ReadOnlySpan<byte> start) => ElfFile.HasMagic(start);

    /// <summary>Unpacks a kernel file in memory.</summary>
    /// <exception cref="KernelImageException">The file holds no usable kernel.</exception>
    public static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> file)
    {
        ReadOnlyMemory<byte> inner = Locate(file);
        if (IsPlainElf(inner.Span))
        {
            return inner;
        }

        Payload payload = Payload.Parse(inner);
        byte[] unpacked = new byte[payload.Size];
        payload.Unpack(new MemoryStream(unpacked));
        return unpacked;
    }

    /// <summary>Unpacks a kernel file into a stream, with little memory of its own.</summary>
    /// <exception cref="KernelImageException">The file holds no usable kernel.</exception>
    public static void Unpack(ReadOnlyMemory<byte> file, Stream target)
    {
        ArgumentNullException.ThrowIfNull(target);
        ReadOnlyMemory<byte> inner = Locate(file);
        if (IsPlainElf(inner.Span))
        {
            target.Write(inner.Span);
        }
        else
        {
            Payload.Parse(inner).Unpack(target);
        }
    }

    private static ReadOnlyMemory<byte> Locate(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> span = file.Span;
        if (IsPlainElf(span) || span.StartsWith(PayloadFormat.All[0].Magic))
        {
            return file;
        }

        return BzImage.HasMagic(span) ? BzImage.Payload(file) : throw Unrecognised(span);
    }

    private static KernelImageException Unrecognised(ReadOnlySpan<byte> file)
    {
        if (file.Length > 0x3C && file.Slice(0x38, 4).SequenceEqual("ARM\x64"u8))
        {
            return new KernelImageException(
                "kernel-foreign-architecture",
                "The kernel is for 64-bit ARM (arm64); a 64-bit x86 kernel was expected.",
                "Use an amd64 kernel.");
        }

        string what = file.IsEmpty
            ? "The file is empty"
            : $"The file begins with {Convert.ToHexStringLower(file[..Math.Min(8, file.Length)])}";
        return KernelImageException.NotAKernel(
            $"{what}; an ELF image (7f454c46), a gzip-packed one (1f8b) or a bzImage ('HdrS' at byte 514) was expected.");
    }
}
