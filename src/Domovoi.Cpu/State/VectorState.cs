// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.State;

/// <summary>The vector registers in the state block, and the x87 state, as an XSAVE image (SDM 1 §13.4).</summary>
/// <remarks>
/// x87 and MMX state stay in the host's registers while the processor's thread lives, because C# never uses them; so they
/// pass through FXSAVE and FXRSTOR, executed on that thread by <see cref="LegacyState"/>.
/// </remarks>
internal static unsafe class VectorState
{
    internal const int Size = 832;
    private const int MxcsrOffset = 24;
    private const int XmmOffset = 160;
    private const int HeaderOffset = 512;
    private const int YmmOffset = 576;

    internal static void Get(byte* block, Span<byte> xsave)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(xsave.Length, Size);
        xsave[..Size].Clear();
        LegacyState.Save(xsave[..512]);
        BitConverter.TryWriteBytes(xsave[MxcsrOffset..], ((CpuState*)block)->Mxcsr);
        BitConverter.TryWriteBytes(xsave[(MxcsrOffset + 4)..], 0xFFFF);
        for (int i = 0; i < 16; i++)
        {
            ReadOnlySpan<byte> register = new(block + StateLayout.Vectors + (i * 32), 32);
            register[..16].CopyTo(xsave[(XmmOffset + (i * 16))..]);
            register[16..].CopyTo(xsave[(YmmOffset + (i * 16))..]);
        }

        BitConverter.TryWriteBytes(xsave[HeaderOffset..], 7UL);
    }

    internal static void Set(byte* block, ReadOnlySpan<byte> xsave)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(xsave.Length, Size);
        LegacyState.Restore(xsave[..512]);
        ((CpuState*)block)->UppersInUse = 1;
        ((CpuState*)block)->Mxcsr = BitConverter.ToUInt32(xsave[MxcsrOffset..]) & 0xFFFF;
        for (int i = 0; i < 16; i++)
        {
            Span<byte> register = new(block + StateLayout.Vectors + (i * 32), 32);
            xsave.Slice(XmmOffset + (i * 16), 16).CopyTo(register);
            xsave.Slice(YmmOffset + (i * 16), 16).CopyTo(register[16..]);
        }
    }
}
