// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>How a memory operand's linear address is formed.</summary>
/// <param name="Register">The register that holds the linear address once <see cref="Emit"/> ran; may be the guest's base itself.</param>
/// <param name="IsConstant">The address is <paramref name="Constant"/>, known at translation.</param>
internal readonly record struct EffectiveAddress(
    HostRegister Register, bool IsConstant, ulong Constant, Instruction Source, int ExtraDisplacement)
{
    /// <summary>The address was computed before and lies in the state block.</summary>
    internal bool IsFormed { get; init; }

    /// <summary>The address is as far from the instruction wherever that lies.</summary>
    internal bool IsRipRelative => Source.MemoryBase is Iced.Intel.Register.RIP or Iced.Intel.Register.EIP;

    /// <summary>Plans the address of an instruction's memory operand.</summary>
    internal static EffectiveAddress Of(in Instruction source, ModeKey mode, int extraDisplacement = 0)
    {
        bool plain = source.SegmentPrefix is not (Iced.Intel.Register.FS or Iced.Intel.Register.GS)
            && (mode & ModeKey.SegmentBases) == 0;
        if (plain && source.MemoryIndex == Iced.Intel.Register.None)
        {
            ulong displacement = source.MemoryDisplacement64 + (ulong)extraDisplacement;
            if (source.MemoryBase is Iced.Intel.Register.None or Iced.Intel.Register.RIP or Iced.Intel.Register.EIP)
            {
                bool narrow = IsNarrow(source, mode) || source.MemoryBase == Iced.Intel.Register.EIP;
                return new EffectiveAddress(HostRegister.R14, true, narrow ? (uint)displacement : displacement, source, extraDisplacement);
            }

            if (displacement == 0 && source.MemoryBase.GetSize() == 8)
            {
                HostRegister host = RegisterMap.HostOf(source.MemoryBase);
                if (host != HostRegister.None)
                {
                    return new EffectiveAddress(host, false, 0, source, extraDisplacement);
                }
            }
        }

        return new EffectiveAddress(HostRegister.R14, false, 0, source, extraDisplacement);
    }

    /// <summary>The address <paramref name="distance"/> bytes away.</summary>
    internal EffectiveAddress Moved(int distance, ModeKey mode) => Of(Source, mode, ExtraDisplacement + distance);

    /// <summary>The host register that an address of the form [register + displacement] starts from, or none for other forms.</summary>
    internal HostRegister PlainBase(ModeKey mode, out int displacement)
    {
        displacement = (int)Source.MemoryDisplacement64 + ExtraDisplacement;
        bool plain = !IsConstant && !IsFormed && Source.MemoryIndex == Iced.Intel.Register.None
            && Source.MemoryBase.IsGPR64() && SegmentBase(mode) < 0;
        return plain ? RegisterMap.HostOf(Source.MemoryBase) : HostRegister.None;
    }

    /// <summary>Whether nothing but host registers and a constant are added up.</summary>
    internal bool IsSumOfHostRegisters(ModeKey mode) =>
        !IsConstant && !IsFormed && SegmentBase(mode) < 0 && IsInHost(Source.MemoryBase) && IsInHost(Source.MemoryIndex);

    /// <summary>A register = the lower half of an address that is a sum of host registers. Leaves flags and other registers alone.</summary>
    internal void EmitLowInto(HostRegister target, HostAssembler assembler, ModeKey mode) =>
        EmitOffset(assembler, mode, target, truncated: true);

    private static bool IsInHost(Register register) =>
        register == Iced.Intel.Register.None || (register.IsGPR64() && RegisterMap.HostOf(register) != HostRegister.None);

    /// <summary>Forms the address in R14, wherever <see cref="Emit"/> would have it.</summary>
    internal void EmitInto14(HostAssembler assembler, ModeKey mode)
    {
        if (Register == HostRegister.R14)
        {
            Emit(assembler, mode);
        }
        else
        {
            assembler.Move64(HostRegister.R14, Register);
        }
    }

    /// <summary>Forms the address in <see cref="Register"/>. Leaves flags alone; uses RCX, R14 and R15.</summary>
    internal void Emit(HostAssembler assembler, ModeKey mode)
    {
        if (IsConstant)
        {
            MoveConstant(assembler, HostRegister.R14, Constant);
            return;
        }

        if (IsFormed)
        {
            assembler.Load64(HostRegister.R14, HostAddress.State(StateLayout.FormedAddress));
            return;
        }

        if (Register != HostRegister.R14)
        {
            return;
        }

        EmitOffset(assembler, mode);
        EmitSegment(assembler, mode);
    }

    private void EmitSegment(HostAssembler assembler, ModeKey mode)
    {
        int segment = SegmentBase(mode);
        if (segment >= 0)
        {
            assembler.Load64(HostRegister.Rcx, HostAddress.State(segment));
            HostAddress sum = new(HostRegister.R14, HostRegister.Rcx);
            if (mode.Is64Bit())
            {
                assembler.Lea64(HostRegister.R14, sum);
            }
            else
            {
                assembler.Lea32(HostRegister.R14, sum);
            }
        }
    }

    /// <summary>R14, or another register, = the operand's offset in its segment, as LEA computes it.</summary>
    internal static void EmitOffsetOf(
        HostAssembler assembler, in Instruction source, ModeKey mode, HostRegister target = HostRegister.R14, bool truncated = false) =>
        new EffectiveAddress(target, false, 0, source, 0).EmitOffset(assembler, mode, target, truncated);

    /// <summary>R14 += the base of the operand's segment. Leaves flags alone; uses RCX.</summary>
    internal static void EmitSegmentOf(HostAssembler assembler, in Instruction source, ModeKey mode) =>
        new EffectiveAddress(HostRegister.R14, false, 0, source, 0).EmitSegment(assembler, mode);

    /// <summary>Whether the address size is 32 bits, so that the offset wraps there.</summary>
    internal static bool IsNarrow(in Instruction source, ModeKey mode) =>
        !mode.Is64Bit() || source.MemoryBase.GetSize() == 4 || source.MemoryIndex.GetSize() == 4
        || (source.MemoryBase == Iced.Intel.Register.None && source.MemoryIndex == Iced.Intel.Register.None
            && source.MemoryDisplSize == 4);

    /// <param name="truncated">Only the low 32 bits are wanted, the upper ones as zeros.</param>
    private void EmitOffset(HostAssembler assembler, ModeKey mode, HostRegister target = HostRegister.R14, bool truncated = false)
    {
        bool narrow = IsNarrow(Source, mode) || truncated;
        HostRegister baseRegister = HostRegister.None;
        HostRegister indexRegister = HostRegister.None;
        if (Source.MemoryBase is not (Iced.Intel.Register.None or Iced.Intel.Register.RIP or Iced.Intel.Register.EIP))
        {
            baseRegister = Component(assembler, RegisterMap.NumberOf(Source.MemoryBase), HostRegister.R14);
        }

        if (Source.MemoryIndex != Iced.Intel.Register.None)
        {
            indexRegister = Source.MemoryIndex == Iced.Intel.Register.AL
                ? ZeroExtendedAl(assembler)
                : Component(assembler, RegisterMap.NumberOf(Source.MemoryIndex), HostRegister.R15);
        }

        ulong displacement = Source.MemoryDisplacement64 + (ulong)ExtraDisplacement;
        int scale = System.Numerics.BitOperations.Log2((uint)Source.MemoryIndexScale);
        HostAddress offset = new(baseRegister, indexRegister, scale, (int)displacement);
        if (baseRegister == HostRegister.None && indexRegister == HostRegister.None)
        {
            MoveConstant(assembler, target, narrow ? (uint)displacement : displacement);
        }
        else if (Is16Bit())
        {
            assembler.Lea32(target, offset);
            assembler.MoveZeroExtend16(target, target);
        }
        else if (narrow)
        {
            assembler.Lea32(target, offset);
        }
        else if (offset != new HostAddress(target))
        {
            assembler.Lea64(target, offset);
        }
    }

    private void MoveConstant(HostAssembler assembler, HostRegister target, ulong value)
    {
        if (IsRipRelative)
        {
            assembler.MoveGuestAddress(target, value);
        }
        else
        {
            assembler.MoveImmediate(target, value);
        }
    }

    private bool Is16Bit() => Source.MemoryBase.GetSize() == 2 || Source.MemoryIndex.GetSize() == 2;

    private static HostRegister Component(HostAssembler assembler, int guest, HostRegister scratch)
    {
        HostRegister host = RegisterMap.HostOf(guest);
        if (host != HostRegister.None)
        {
            return host;
        }

        assembler.Load64(scratch, RegisterMap.StateOf(guest));
        return scratch;
    }

    /// <summary>XLAT's index.</summary>
    private static HostRegister ZeroExtendedAl(HostAssembler assembler)
    {
        assembler.MoveZeroExtend8(HostRegister.Rcx, HostRegister.Rax);
        return HostRegister.Rcx;
    }

    private int SegmentBase(ModeKey mode) => Source.MemorySegment switch
    {
        Iced.Intel.Register.FS => StateLayout.FsBase,
        Iced.Intel.Register.GS => StateLayout.GsBase,
        _ when (mode & ModeKey.SegmentBases) == 0 => -1,
        Iced.Intel.Register.ES => StateLayout.EsBase,
        Iced.Intel.Register.CS => StateLayout.CsBase,
        Iced.Intel.Register.SS => StateLayout.SsBase,
        _ => StateLayout.DsBase,
    };
}
