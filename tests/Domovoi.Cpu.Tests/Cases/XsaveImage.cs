// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Reads and makes XSAVE images (SDM 1 §13.4): x87, SSE and AVX, standard format.</summary>
internal static class XsaveImage
{
    private const int ControlWord = 0;
    private const int TagWord = 4;
    private const int Mxcsr = 24;
    private const int St0 = 32;
    private const int Xmm0 = 160;
    private const int ComponentBits = 512;
    private const int YmmHigh0 = 576;

    internal static byte[] Initial()
    {
        byte[] image = new byte[Oracle.CaseSlot.VectorLength];
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(ControlWord), 0x37F);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Mxcsr), 0x1F80);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(ComponentBits), 7);
        return image;
    }

    /// <summary>Random contents. Exceptions are mostly masked.</summary>
    internal static byte[] Random(Random random, bool floats)
    {
        byte[] image = Initial();
        for (int offset = Xmm0; offset < Xmm0 + 256; offset += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(offset), Lane(random, floats));
        }

        for (int offset = YmmHigh0; offset < YmmHigh0 + 256; offset += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(offset), Lane(random, floats));
        }

        int mode = random.Next(4);
        if (mode > 0)
        {
            for (int i = 0; i < 8; i++)
            {
                (ulong significand, ushort exponent) = Generation.Values.Extended(random);
                BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(St0 + (i * 16)), significand);
                BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(St0 + (i * 16) + 8), exponent);
            }

            image[TagWord] = mode == 1 ? (byte)0xFF : (byte)random.Next(256);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(2), (ushort)(random.Next(0x10000) & 0x7F7F & ~0x80));
            image[2] &= 0x7F;
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(ControlWord), (ushort)(0x7F | (random.Next(4) << 10) | (Precision(random) << 8)));
        }

        uint mxcsr = 0x1F80;
        if (random.Next(4) == 0)
        {
            mxcsr |= (uint)((random.Next(4) << 13) | (random.Next(2) << 15) | (random.Next(2) << 6) | random.Next(64));
        }

        if (random.Next(16) == 0)
        {
            // Some exceptions are not masked, and not flagged yet, so that the next instruction that causes one faults.
            mxcsr &= ~(uint)(random.Next(64) << 7) & ~0x3Fu;
            image[ControlWord] &= (byte)~random.Next(64);
            image[2] &= 0x40;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Mxcsr), mxcsr);
        return image;
    }

    /// <summary>Replaces one 64-bit lane of a vector register: lanes 0 and 1 lie in XMM, 2 and 3 in the upper half of YMM.</summary>
    internal static void SetLane(byte[] image, int register, int lane, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(LaneOffset(register, lane)), value);

    internal static ulong GetLane(ReadOnlySpan<byte> image, int register, int lane) =>
        BinaryPrimitives.ReadUInt64LittleEndian(image[LaneOffset(register, lane)..]);

    private static int LaneOffset(int register, int lane) =>
        (lane < 2 ? Xmm0 : YmmHigh0 - 16) + (register * 16) + (lane * 8);

    private static int Precision(Random random) => random.Next(8) switch { 0 => 0, 1 => 2, _ => 3 };

    private static ulong Lane(Random random, bool floats) =>
        floats ? Generation.Values.FloatBits(random) : Generation.Values.Integer(random);

    /// <summary>
    /// Brings an image into one form: components marked as initial are written out, and what an implementation may choose (last x87
    /// instruction and operand, MXCSR_MASK, reserved bytes) is cleared.
    /// </summary>
    internal static void Normalize(Span<byte> image)
    {
        ulong components = BinaryPrimitives.ReadUInt64LittleEndian(image[ComponentBits..]);
        if ((components & 1) == 0)
        {
            image[..24].Clear();
            image.Slice(St0, 128).Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(image, 0x37F);
        }

        if ((components & 2) == 0)
        {
            image.Slice(Xmm0, 256).Clear();
        }

        if ((components & 4) == 0)
        {
            image.Slice(YmmHigh0, 256).Clear();
        }

        image.Slice(5, 19).Clear();                     // reserved, FOP, FIP, FDP
        image.Slice(28, 4).Clear();                     // MXCSR_MASK
        for (int i = 0; i < 8; i++)
        {
            image.Slice(St0 + (i * 16) + 10, 6).Clear();
        }

        image[416..576].Clear();
    }

    /// <summary>Names what differs between two normalized images.</summary>
    internal static IEnumerable<string> Differences(byte[] host, byte[] guest)
    {
        foreach ((string name, int offset, int length) in Fields())
        {
            ReadOnlySpan<byte> left = host.AsSpan(offset, length);
            ReadOnlySpan<byte> right = guest.AsSpan(offset, length);
            if (!left.SequenceEqual(right))
            {
                yield return $"{name}: host {Hex(left)} guest {Hex(right)}";
            }
        }
    }

    private static string Hex(ReadOnlySpan<byte> littleEndian)
    {
        byte[] bytes = littleEndian.ToArray();
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static IEnumerable<(string Name, int Offset, int Length)> Fields()
    {
        yield return ("FCW", 0, 2);
        yield return ("FSW", 2, 2);
        yield return ("FTW", 4, 1);
        yield return ("MXCSR", Mxcsr, 4);
        for (int i = 0; i < 8; i++)
        {
            yield return ($"ST{i}", St0 + (i * 16), 10);
        }

        for (int i = 0; i < 16; i++)
        {
            yield return ($"XMM{i}", Xmm0 + (i * 16), 16);
        }

        for (int i = 0; i < 16; i++)
        {
            yield return ($"YMM{i} upper half", YmmHigh0 + (i * 16), 16);
        }
    }
}
