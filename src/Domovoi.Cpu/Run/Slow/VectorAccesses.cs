// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Vector instructions that touch memory element by element, where only selected elements may fault.</summary>
/// <remarks>VMASKMOV, VPMASKMOV, MASKMOVDQU, MASKMOVQ (SDM 2B, 2C) and the AVX2 gathers, which are restartable between elements.</remarks>
internal sealed unsafe class VectorAccesses(VirtualCpu cpu)
{
    private const int VectorBytes = 32;

    private readonly CpuState* _state = (CpuState*)cpu.Block;

    internal bool Handles(in Instruction instruction) => IsMaskedMove(instruction) || IsGather(instruction)
        || instruction.Mnemonic is Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu or Mnemonic.Maskmovq;

    internal Outcome? TryExecute(in Instruction instruction)
    {
        if (IsMaskedMove(instruction))
        {
            return instruction.Op0Kind == OpKind.Memory ? MaskedStore(instruction) : MaskedLoad(instruction);
        }

        if (IsGather(instruction))
        {
            return Gather(instruction);
        }

        return instruction.Mnemonic switch
        {
            Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu =>
                ByteMaskedStore(instruction, Vector(instruction.Op1Register)[..16], Vector(instruction.Op2Register)[..16]),
            Mnemonic.Maskmovq => QuadMaskedStore(instruction),
            _ => null,
        };
    }

    private static bool IsMaskedMove(in Instruction instruction) => instruction.Mnemonic is
        Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq;

    private static bool IsGather(in Instruction instruction) => instruction.Mnemonic is
        Mnemonic.Vgatherdpd or Mnemonic.Vgatherdps or Mnemonic.Vgatherqpd or Mnemonic.Vgatherqps
        or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq;

    private Span<byte> Vector(Register register)
    {
        _state->UppersInUse = 1;
        int number = register.IsYMM() ? register - Register.YMM0 : register - Register.XMM0;
        return new Span<byte>(cpu.Block + StateLayout.Vectors + (number * VectorBytes), VectorBytes);
    }

    private static int ElementSize(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovq ? 8 : 4;

    private static bool IsSelected(ReadOnlySpan<byte> mask, int element, int size) =>
        (mask[(element * size) + size - 1] & 0x80) != 0;

    private Outcome MaskedLoad(in Instruction instruction)
    {
        int size = ElementSize(instruction);
        int length = instruction.Op0Register.GetSize();
        ReadOnlySpan<byte> mask = Vector(instruction.Op1Register);
        Span<byte> result = stackalloc byte[VectorBytes];
        result.Clear();
        ulong linear = GuestRegisters.LinearAddress(_state, instruction);
        for (int i = 0; i < length / size; i++)
        {
            if (IsSelected(mask, i, size)
                && !cpu.Linear.TryRead(linear + (ulong)(i * size), result.Slice(i * size, size)))
            {
                return Outcome.Leave;
            }
        }

        result.CopyTo(Vector(instruction.Op0Register));
        return Outcome.Continue;
    }

    private Outcome MaskedStore(in Instruction instruction)
    {
        int size = ElementSize(instruction);
        int length = instruction.Op1Register.GetSize();
        ReadOnlySpan<byte> mask = Vector(instruction.Op1Register);
        ReadOnlySpan<byte> source = Vector(instruction.Op2Register);
        ulong linear = GuestRegisters.LinearAddress(_state, instruction);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < length / size; i++)
            {
                ulong at = linear + (ulong)(i * size);
                if (IsSelected(mask, i, size) && !(pass == 0 ? IsWritable(at, size) : cpu.Linear.TryWrite(at, source.Slice(i * size, size))))
                {
                    return Outcome.Leave;
                }
            }
        }

        return Outcome.Continue;
    }

    /// <summary>MASKMOVQ: its operands lie in the x87 registers.</summary>
    private Outcome QuadMaskedStore(in Instruction instruction)
    {
        Span<byte> image = stackalloc byte[512];
        LegacyState.Save(image);
        LegacyState.EnterMmx(image);
        LegacyState.Restore(image);
        return ByteMaskedStore(
            instruction,
            LegacyState.Mmx(image, instruction.Op1Register - Register.MM0),
            LegacyState.Mmx(image, instruction.Op2Register - Register.MM0));
    }

    private Outcome ByteMaskedStore(in Instruction instruction, ReadOnlySpan<byte> source, ReadOnlySpan<byte> mask)
    {
        ulong offset = instruction.Op0Kind == OpKind.MemorySegEDI ? (uint)_state->Rdi : _state->Rdi;
        Register segment = instruction.MemorySegment == Register.None ? Register.DS : instruction.MemorySegment;
        ulong linear = GuestRegisters.AddSegment(_state, segment, offset);

        // Whether bytes that are not selected may fault is left open (SDM 2B "MASKMOVDQU"); on processors they do, eight by eight.
        for (int i = 0; i < mask.Length; i += sizeof(ulong))
        {
            if (!cpu.Linear.EndHasMeaning(linear + (ulong)i, sizeof(ulong)) || !IsWritable(linear + (ulong)i, sizeof(ulong)))
            {
                return Outcome.Leave;
            }
        }

        for (int i = 0; i < mask.Length; i++)
        {
            if ((mask[i] & 0x80) != 0 && !cpu.Linear.TryWrite(linear + (ulong)i, source.Slice(i, 1)))
            {
                return Outcome.Leave;
            }
        }

        return Outcome.Continue;
    }

    private bool IsWritable(ulong linear, int size)
    {
        int inFirst = Math.Min(size, 4096 - (int)(linear & 0xFFF));
        return cpu.Linear.HostAddressOf(linear, inFirst, write: true) != 0
            && (inFirst == size || cpu.Linear.HostAddressOf(linear + (ulong)inFirst, size - inFirst, write: true) != 0);
    }

    private Outcome Gather(in Instruction instruction)
    {
        bool wideIndex = instruction.Mnemonic is Mnemonic.Vgatherqpd or Mnemonic.Vgatherqps or Mnemonic.Vpgatherqd
            or Mnemonic.Vpgatherqq;
        int size = instruction.Mnemonic is Mnemonic.Vgatherdpd or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherdq
            or Mnemonic.Vpgatherqq ? 8 : 4;
        int indexLength = instruction.MemoryIndex.GetSize() / (wideIndex ? 8 : 4);
        int count = Math.Min(instruction.Op0Register.GetSize() / size, indexLength);
        Span<byte> target = Vector(instruction.Op0Register);
        Span<byte> mask = Vector(instruction.Op2Register);
        ReadOnlySpan<byte> indices = Vector(instruction.MemoryIndex);
        Span<byte> element = stackalloc byte[8];
        for (int i = 0; i < count; i++)
        {
            if (!IsSelected(mask, i, size))
            {
                mask.Slice(i * size, size).Clear();
                continue;
            }

            long index = wideIndex ? BitConverter.ToInt64(indices[(i * 8)..]) : BitConverter.ToInt32(indices[(i * 4)..]);
            if (!cpu.Linear.TryRead(ElementAddress(instruction, index), element[..size]))
            {
                return Outcome.Leave;
            }

            element[..size].CopyTo(target[(i * size)..]);
            mask.Slice(i * size, size).Clear();
        }

        mask.Clear();
        target[(count * size)..].Clear();
        return Outcome.Continue;
    }

    private ulong ElementAddress(in Instruction instruction, long index)
    {
        Register baseRegister = instruction.MemoryBase;
        bool narrow = baseRegister.GetSize() == 4 || !_state->LongMode;
        ulong offset = instruction.MemoryDisplacement64 + ((ulong)index * (ulong)instruction.MemoryIndexScale)
            + (baseRegister.IsGPR() ? GuestRegisters.Read(_state, baseRegister) : 0);
        return GuestRegisters.AddSegment(_state, instruction.MemorySegment, narrow ? (uint)offset : offset);
    }
}
