// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Contents for the data pages, made once.</summary>
internal static class DataImages
{
    /// <summary>No pattern at all, from a fixed seed.</summary>
    internal static byte[] Random { get; } = MakeBytes(new Random(17));

    /// <summary>Corner values of integers of every width, from a fixed seed.</summary>
    internal static byte[] Integers { get; } = MakeIntegers(new Random(17));

    /// <summary>Single and double floats, many of them zeros, denormals, infinities and NaNs, from a fixed seed.</summary>
    internal static byte[] Floats { get; } = MakeFloats(new Random(17));

    internal static byte[] Zeros { get; } = new byte[AddressMap.DataLength];

    internal static byte[] MakeIntegers(Random random) => MakeWords(random, Generation.Values.Integer);

    internal static byte[] MakeFloats(Random random) => MakeWords(random, Generation.Values.FloatBits);

    private static byte[] MakeWords(Random random, Func<Random, ulong> draw)
    {
        byte[] image = new byte[AddressMap.DataLength];
        foreach (ref ulong word in MemoryMarshal.Cast<byte, ulong>(image.AsSpan()))
        {
            word = draw(random);
        }

        return image;
    }

    private static byte[] MakeBytes(Random random)
    {
        byte[] image = new byte[AddressMap.DataLength];
        random.NextBytes(image);
        return image;
    }
}
