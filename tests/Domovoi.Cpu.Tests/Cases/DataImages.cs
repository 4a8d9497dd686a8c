// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Contents for the data pages, made once.</summary>
internal static class DataImages
{
    /// <summary>No pattern at all, from a fixed seed.</summary>
    internal static byte[] Random { get; } = Make(static (random, bytes) => random.NextBytes(bytes));

    /// <summary>Corner values of integers of every width.</summary>
    internal static byte[] Integers { get; } = Make(static (random, bytes) =>
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan());
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = Generation.Values.Integer(random);
        }
    });

    /// <summary>Single and double floats, many of them zeros, denormals, infinities and NaNs.</summary>
    internal static byte[] Floats { get; } = Make(static (random, bytes) =>
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan());
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = Generation.Values.FloatBits(random);
        }
    });

    internal static byte[] Zeros { get; } = new byte[AddressMap.DataLength];

    private static byte[] Make(Action<Random, byte[]> fill)
    {
        byte[] image = new byte[AddressMap.DataLength];
        fill(new Random(17), image);
        return image;
    }
}
