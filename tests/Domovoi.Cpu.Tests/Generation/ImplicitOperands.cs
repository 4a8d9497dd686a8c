// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Gives sense to what an instruction uses without naming it: the stack, string registers, counts, control words in memory.</summary>
internal sealed class ImplicitOperands(Random random, CpuCase test, RegisterPins pins)
{
    private const int Rax = 0;
    private const int Rcx = 1;
    private const int Rdx = 2;
    private const int Rbx = 3;
    private const int Rsp = 4;
    private const int Rbp = 5;
    private const int Rsi = 6;
    private const int Rdi = 7;

    /// <summary>Where the memory operand must lie, if that is decided.</summary>
    internal ulong? Target { get; set; }

    /// <summary>Bytes of the memory operand, where Iced does not say.</summary>
    internal int? MemorySize { get; set; }

    /// <summary>What the instruction adds to the address it encodes.</summary>
    internal ulong AddressBias { get; private set; }

    private bool Rarely => random.Next(10) == 0;

    /// <summary>Before the memory operand is placed.</summary>
    internal bool TryPrepare(ref Instruction instruction)
    {
        if (instruction.IsStringInstruction || UsesStringRegisters(instruction))
        {
            PrepareString(ref instruction);
            return true;
        }

        if (instruction.IsStackInstruction)
        {
            PrepareStack(ref instruction);
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Xlatb:
                ulong address = MemoryTargets.Any(random, 1, test.Is64Bit) - (test.General[Rax] & 0xFF);
                pins.Keep(Rax);
                pins.Pin(Rbx, test.Is64Bit && instruction.MemoryBase != Register.EBX ? address : (uint)address);
                return true;
            case Mnemonic.Div or Mnemonic.Idiv when !Rarely:
                bool negative = instruction.Mnemonic == Mnemonic.Idiv && (long)test.General[Rax] < 0;
                pins.Pin(Rdx, negative ? ulong.MaxValue : random.Next(4) == 0 ? (ulong)random.Next(1000) : 0);
                return true;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc when instruction.Op0Kind == OpKind.Memory:
                return TryBitOffset(in instruction);
            case Mnemonic.Int:
                instruction.Immediate8 = (byte)random.Next(0x20, 0x80);
                return true;
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne or Mnemonic.Jecxz or Mnemonic.Jrcxz or Mnemonic.Jcxz:
                pins.Pin(Rcx, random.Next(3) switch { 0 => 0, 1 => 1, _ => 0x1_0000_0000 & (test.Is64Bit ? ulong.MaxValue : uint.MaxValue) });
                return true;
            default:
                return TryPrepareImage(ref instruction);
        }
    }

    /// <summary>After the memory operand is placed: puts contents there.</summary>
    internal void Finish(in Instruction instruction)
    {
        if (Target is not { } target)
        {
            return;
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cmpxchg when random.Next(2) == 0:
                Patch(target, test.General[Rax], MemorySize ?? 8);
                break;
            case Mnemonic.Cmpxchg8b when random.Next(2) == 0:
                Patch(target, (uint)test.General[Rax] | (test.General[Rdx] << 32), 8);
                break;
            case Mnemonic.Cmpxchg16b when random.Next(2) == 0:
                Patch(target, test.General[Rax], 8);
                Patch(target + 8, test.General[Rdx], 8);
                break;
            case Mnemonic.Fldcw:
                Patch(target, (ulong)(0x7F | (random.Next(4) << 10) | (random.Next(4) << 8)), 2);
                break;
            case Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr:
                Patch(target, Rarely ? Values.Bits(random) | 0x1_0000 : (ulong)(0x1F80 | (random.Next(4) << 13) | random.Next(64)), 4);
                break;
            case Mnemonic.Fldenv or Mnemonic.Frstor:
                Patch(target, 0x37F, 2);
                Patch(target + (instruction.Code is Code.Fldenv_m14byte or Code.Frstor_m94byte ? 2UL : 4UL), (ulong)random.Next(0x10000) & 0x7F00, 2);
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind == OpKind.Memory && target + 8 <= AddressMap.ReadOnly:
                Patch(target, ExitAddress, 8);
                break;
            default:
                break;
        }
    }

    /// <summary>Gathers: a base, and an index vector of small distances.</summary>
    internal bool TryPlanGather(ref Instruction instruction, ulong target)
    {
        int vectors = test.Is64Bit ? 16 : 8;
        int index = random.Next(vectors);
        instruction.MemoryIndex = (IndexIsYmm(instruction) ? Register.YMM0 : Register.XMM0) + index;
        int scale = 1 << random.Next(4);
        instruction.MemoryIndexScale = scale;
        for (int lane = 0; lane < 4; lane++)
        {
            ulong value = instruction.IsVsib64
                ? (ulong)random.Next(-200, 200)
                : (uint)random.Next(-200, 200) | ((ulong)(uint)random.Next(-200, 200) << 32);
            XsaveImage.SetLane(test.Xsave, index, lane, value);
        }

        int baseRegister = random.Next(test.Is64Bit ? 16 : 8);
        pins.Pin(baseRegister, test.Is64Bit ? target : (uint)target);
        instruction.MemoryBase = (test.Is64Bit ? Register.RAX : Register.EAX) + baseRegister;
        instruction.MemoryDisplSize = test.Is64Bit ? 8 : 4;
        return true;
    }

    private ulong ExitAddress => test.Is64Bit ? AddressMap.Exit64 : AddressMap.Exit32;

    private static bool IndexIsYmm(in Instruction instruction)
    {
        OpCodeInfo form = instruction.Code.ToOpCode();
        for (int i = 0; i < form.OpCount; i++)
        {
            if (form.GetOpKind(i) is OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64y)
            {
                return true;
            }
        }

        return false;
    }

    private static bool UsesStringRegisters(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu;

    private void PrepareString(ref Instruction instruction)
    {
        int size = instruction.IsStringInstruction ? Math.Max(instruction.MemorySize.GetSize(), 1) : 16;
        bool repeated = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        int count = !repeated ? 1 : random.Next(5) switch { 0 => 0, 1 => 1, 2 => random.Next(300), _ => random.Next(20) };
        if (random.Next(4) == 0)
        {
            test.Rflags |= 0x400;
        }

        bool narrow = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            narrow |= instruction.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemoryESEDI or OpKind.MemorySegEDI;
        }

        ulong garbage = narrow && test.Is64Bit ? Values.Bits(random) << 32 : 0;
        pins.Pin(Rsi, StringAddress(size, count, narrow) | garbage);
        pins.Pin(Rdi, StringAddress(size, count, narrow) | garbage);
        if (repeated)
        {
            pins.Pin(Rcx, (uint)count | garbage);
        }

        if (random.Next(3) == 0 && instruction.OpCount > 1)
        {
            // Source and destination overlap.
            pins.Pin(Rdi, test.General[Rsi] + (ulong)random.Next(-40, 40));
        }
    }

    private ulong StringAddress(int size, int count, bool narrow)
    {
        bool small = narrow || !test.Is64Bit;
        ulong address = random.Next(3) > 0
            ? MemoryTargets.Inside(random, Math.Min(size * count, 2000))
            : MemoryTargets.Any(random, Math.Max(size * Math.Max(count, 1), 1), test.Is64Bit);
        return small ? (uint)address : address;
    }

    private void PrepareStack(ref Instruction instruction)
    {
        ulong stack = Rarely ? MemoryTargets.Any(random, 8, test.Is64Bit) : MemoryTargets.Inside(random, 256) + 0x80;
        pins.Pin(Rsp, test.Is64Bit ? stack : (uint)stack);
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ret:
                Patch(stack, ExitAddress, test.Is64Bit ? 8 : 4);
                break;
            case Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq:
                Patch(stack, 0x202 | ((ulong)random.Next(0x1000) & 0xCD5), 8);
                break;
            case Mnemonic.Leave:
                ulong frame = Rarely ? MemoryTargets.Any(random, 8, test.Is64Bit) : MemoryTargets.Inside(random, 8);
                pins.Pin(Rbp, test.Is64Bit ? frame : (uint)frame);
                break;
            case Mnemonic.Enter:
                instruction.Immediate16 = (ushort)(Rarely ? random.Next(0x10000) : random.Next(0x200));
                instruction.Immediate8_2nd = (byte)(random.Next(2) == 0 ? 0 : random.Next(40));
                pins.Pin(Rbp, MemoryTargets.Inside(random, 400) + 0x200);
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind == OpKind.Register:
                pins.Pin(instruction.Op0Register.GetFullRegister() - Register.RAX, ExitAddress);
                break;
            default:
                break;
        }
    }

    private bool TryBitOffset(in Instruction instruction)
    {
        if (instruction.Op1Kind != OpKind.Register)
        {
            return true;
        }

        int size = instruction.Op1Register.GetSize();
        int register = instruction.Op1Register.GetFullRegister() - Register.RAX;
        long offset = random.Next(4) switch { 0 => random.Next(size * 8), 1 => Rarely ? (long)Values.Bits(random) : 0, _ => random.Next(-4000, 4000) };
        offset = size switch { 2 => (short)offset, 4 => (int)offset, _ => offset };
        ulong bits = size switch { 2 => (ushort)offset, 4 => (uint)offset, _ => (ulong)offset };
        pins.Pin(register, test.Is64Bit && size < 8 ? bits | (Values.Bits(random) << (size * 8)) : bits);
        AddressBias = (ulong)((offset >> 3) & ~(long)(size - 1));
        return true;
    }

    /// <summary>FXSAVE, XSAVE and the x87 environment: images with addresses in them, images that must be valid.</summary>
    private bool TryPrepareImage(ref Instruction instruction)
    {
        (int size, int alignment) = instruction.Mnemonic switch
        {
            Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => (512, 16),
            Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64
                or Mnemonic.Xrstor or Mnemonic.Xrstor64 => (832, 64),
            Mnemonic.Fnstenv or Mnemonic.Fldenv => (28, 1),
            Mnemonic.Fnsave or Mnemonic.Frstor => (108, 1),
            _ => (0, 0),
        };
        if (size == 0)
        {
            return true;
        }

        MemorySize = size;
        test.FaultsByPage = true;
        ulong target = (random.Next(4) == 0 ? AddressMap.Data + 0x1000 - (ulong)random.Next(size) : MemoryTargets.Inside(random, size)) & ~(ulong)(alignment - 1);
        if (Rarely)
        {
            // Misaligned FXSAVE is left out: hypervisors that emulate make #UD of it.
            target = MemoryTargets.Any(random, size, test.Is64Bit) & ~(alignment == 16 ? 15UL : 0);
        }

        Target = target;
        if (instruction.Mnemonic is Mnemonic.Fnstenv or Mnemonic.Fnsave)
        {
            bool narrow = instruction.Code is Code.Fnstenv_m14byte or Code.Fnsave_m94byte;
            test.Ignored.Add(narrow ? (target + 6, 8) : (target + 12, 16));
        }
        else if (alignment > 1)
        {
            PrepareExtendedImage(instruction, target);
        }

        return true;
    }

    private void PrepareExtendedImage(in Instruction instruction, ulong target)
    {
        pins.Pin(Rax, (ulong)random.Next(8));
        pins.Pin(Rdx, 0);
        if (instruction.Mnemonic is Mnemonic.Fxrstor or Mnemonic.Fxrstor64 or Mnemonic.Xrstor or Mnemonic.Xrstor64)
        {
            byte[] image = XsaveImage.Random(random, floats: true);
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(512), (ulong)random.Next(8));
            bool extended = instruction.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64;
            test.Patches.Add((target, extended ? image : image[..512]));
            if (Rarely)
            {
                test.Patches.Add((target + (ulong)random.Next(extended ? 576 : 32), [(byte)random.Next(256)]));
                KeepExceptionsMasked(target);
            }

            return;
        }

        // Addresses of the last x87 instruction; and which components count as initial is the processor's choice.
        test.Ignored.Add((target + 6, 18));
        if (instruction.Mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64)
        {
            test.Ignored.Add((target + 512, 8));
        }
        else if (instruction.Mnemonic is not (Mnemonic.Fxsave or Mnemonic.Fxsave64))
        {
            test.Ignored.Add((target, 832));
        }
    }

    private void KeepExceptionsMasked(ulong target)
    {
        test.Patches.Add((target, [0x7F, 0x03]));
        test.Patches.Add((target + 24, [0x80, 0x1F]));
    }

    private void Patch(ulong address, ulong value, int size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        test.Patches.Add((address, bytes[..Math.Min(size, 8)]));
    }
}
