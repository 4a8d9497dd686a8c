// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.KernelImages.Caching;

/// <summary>The last 64 bytes of a kept kernel: they tell a whole file from one that was cut or is something else.</summary>
/// <remarks>
/// <code>
/// 0   "DomovoiKernel/1\0"
/// 16  length of the kernel, 8 bytes
/// 24  zero, 8 bytes
/// 32  SHA-256 of the packed file
/// </code>
/// The kernel itself is not hashed again: it was flushed to disk before it got its name.
/// </remarks>
internal static class CacheSeal
{
    private const int Size = 64;

    private static ReadOnlySpan<byte> Magic => "DomovoiKernel/1\0"u8;

    internal static void Append(FileStream file, string name)
    {
        Span<byte> seal = stackalloc byte[Size];
        Compose(seal, file.Position, name);
        file.Write(seal);
    }

    internal static bool TryCheck(SafeFileHandle file, string name, out long length)
    {
        length = RandomAccess.GetLength(file) - Size;
        Span<byte> expected = stackalloc byte[Size];
        Span<byte> found = stackalloc byte[Size];
        if (length < 0 || RandomAccess.Read(file, found, length) != Size)
        {
            return false;
        }

        Compose(expected, length, name);
        return found.SequenceEqual(expected);
    }

    private static void Compose(Span<byte> seal, long length, string name)
    {
        seal.Clear();
        Magic.CopyTo(seal);
        BinaryPrimitives.WriteInt64LittleEndian(seal[16..], length);
        _ = Convert.FromHexString(name, seal[32..], out _, out _);
    }
}
