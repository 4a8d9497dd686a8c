// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Domovoi.KernelImages.Payloads;

/// <summary>LZ4's legacy frame, as the kernel's build makes it: a magic word, then blocks of a length word and up to 8 MiB unpacked.</summary>
internal static class Lz4Payload
{
    private const uint Magic = 0x184C2102;
    private const int BlockSize = 8 << 20;

    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output)
    {
        ReadOnlySpan<byte> rest = payload.Span[sizeof(uint)..];
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            while (rest.Length >= sizeof(uint))
            {
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[sizeof(uint)..];
                if (size == Magic)
                {
                    continue;
                }

                UnpackBlock(rest, size, block.AsSpan(0, BlockSize), output);
                rest = rest[(int)size..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void UnpackBlock(ReadOnlySpan<byte> rest, uint size, Span<byte> block, Stream output)
    {
        if (size == 0 || size > (uint)rest.Length)
        {
            throw KernelImageException.Corrupt(
                $"A block of the kernel's lz4 payload has {size} bytes; 1 to the remaining {rest.Length} were expected.");
        }

        int unpacked = LZ4Codec.Decode(rest[..(int)size], block);
        if (unpacked <= 0)
        {
            throw KernelImageException.Corrupt(
                $"A block of {size} bytes of the kernel's lz4 payload is damaged; at most {BlockSize} unpacked bytes were expected.");
        }

        output.Write(block[..unpacked]);
    }
}
