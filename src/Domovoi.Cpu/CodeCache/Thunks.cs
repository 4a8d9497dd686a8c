// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Translate;

namespace Domovoi.Cpu.CodeCache;

/// <summary>The emitted code that all blocks share: the way in, the ways out, and the recovery from host faults.</summary>
internal sealed class Thunks
{
    private static readonly HostRegister[] s_saved =
        [HostRegister.Rbx, HostRegister.Rbp, HostRegister.R12, HostRegister.R13, HostRegister.R14, HostRegister.R15];

    private const int StringPowers = 4;

    private readonly nint[] _strings = new nint[2 * 2 * StringPowers];

    internal Thunks(HostAssembler assembler)
    {
        nint leave = EmitLeave(assembler);
        Enter = EmitEnter(assembler);
        nint access = EmitCalled(assembler, LeaveCode.Access, leave);
        Twin = EmitCalled(assembler, LeaveCode.Twin, leave);
        KernelGroup = RefillEmitter.EmitForGroup(assembler, CpuMode.Kernel);
        UserGroup = RefillEmitter.EmitForGroup(assembler, CpuMode.User);
        KernelAccess = RefillEmitter.Emit(assembler, CpuMode.Kernel, access);
        UserAccess = RefillEmitter.Emit(assembler, CpuMode.User, access);
        for (int i = 0; i < _strings.Length; i++)
        {
            CpuMode mode = (CpuMode)(i / (2 * StringPowers));
            _strings[i] = StringEmitter.Emit(
                assembler, mode, moves: (i & StringPowers) != 0, i % StringPowers, mode == CpuMode.User ? UserGroup : KernelGroup);
        }

        RestoreVectors = EmitRestoreVectors(assembler);
        nint commit = EmitCalled(assembler, LeaveCode.CommitStore, leave);
        CommitStore = EmitCommit(assembler, commit);
        Link = EmitCalled(assembler, LeaveCode.Link, leave);
        IdentityMiss = EmitLeft(assembler, LeaveCode.IdentityMiss, leave);
        Poll = EmitLeft(assembler, LeaveCode.Poll, leave);
        Instruction = EmitLeft(assembler, LeaveCode.Instruction, leave);
        Syscall = EmitLeft(assembler, LeaveCode.Syscall, leave);
        SingleStep = EmitLeft(assembler, LeaveCode.SingleStep, leave);
        JumpMiss = EmitJumped(assembler, LeaveCode.JumpMiss, leave);
        HostFault = EmitJumped(assembler, LeaveCode.HostFault, leave);
    }

    /// <summary>C-callable, no arguments: loads the guest's registers and jumps to <c>HostResume</c>.</summary>
    internal nint Enter { get; }

    /// <summary>Called with the linear address in R14 and an <see cref="AccessSite"/> in R15; returns a delta in R15 and keeps flags.</summary>
    internal nint KernelAccess { get; }

    internal nint UserAccess { get; }

    /// <summary>Called like <see cref="KernelAccess"/> for a group of accesses; returns RCX = 0 where that would go to C#.</summary>
    internal nint KernelGroup { get; }

    internal nint UserGroup { get; }

    internal nint Twin { get; }

    /// <summary>Called at the head of a block that uses vector registers while they are in the state block; keeps flags.</summary>
    internal nint RestoreVectors { get; }

    /// <summary>Called behind a store made on the slow path; keeps flags.</summary>
    internal nint CommitStore { get; }

    internal nint Link { get; }

    internal nint IdentityMiss { get; }

    internal nint Poll { get; }

    internal nint Instruction { get; }

    internal nint Syscall { get; }

    internal nint SingleStep { get; }

    /// <summary>Jumped to with the target in R14.</summary>
    internal nint JumpMiss { get; }

    internal nint HostFault { get; }

    /// <summary>REP MOVS or REP STOS: see <see cref="StringEmitter"/>.</summary>
    /// <param name="power">The size of an element, as a power of two: 0 to 3.</param>
    internal nint StringOperation(CpuMode mode, bool moves, int power) =>
        _strings[((((int)mode * 2) + (moves ? 1 : 0)) * StringPowers) + power];

    private static nint EmitEnter(HostAssembler a)
    {
        nint start = a.Position;
        foreach (HostRegister register in s_saved)
        {
            a.Push(register);
        }

        a.Lea64(HostRegister.Rsp, new HostAddress(HostRegister.Rsp, Displacement: -8));
        a.Store64(HostAddress.OfThread(StateLayout.HostStack), HostRegister.Rsp);
        a.Load64(HostRegister.Rsp, HostAddress.OfThread(StateLayout.Self));
        a.Cmp32Immediate8(HostAddress.OfThread(StateLayout.VectorsWereResident), 0);
        nint inMemory = a.JumpIf32(Condition.Equal);
        EmitLoadVectors(a);
        a.Bind32(inMemory);
        a.Load64(HostRegister.Rax, HostAddress.OfThread(StateLayout.ArithmeticFlags));
        a.StoreFlagsFromRax();
        for (int guest = 0; guest < 16; guest++)
        {
            if (!RegisterMap.IsInMemory(guest))
            {
                a.Load64(RegisterMap.HostOf(guest), RegisterMap.StateOf(guest));
            }
        }

        a.Load64(HostRegister.R14, HostAddress.OfThread(StateLayout.ScratchR14));
        a.Load64(HostRegister.R15, HostAddress.OfThread(StateLayout.ScratchR15));
        a.Jump(HostAddress.OfThread(StateLayout.HostResume));
        return start;
    }

    private static nint EmitLeave(HostAssembler a)
    {
        nint start = a.Position;
        for (int guest = 0; guest < 16; guest++)
        {
            if (!RegisterMap.IsInMemory(guest))
            {
                a.Store64(RegisterMap.StateOf(guest), RegisterMap.HostOf(guest));
            }
        }

        a.Store64(HostAddress.OfThread(StateLayout.ScratchR14), HostRegister.R14);
        a.Store64(HostAddress.OfThread(StateLayout.ScratchR15), HostRegister.R15);

        a.LoadFlagsToRax();
        a.Store64(HostAddress.OfThread(StateLayout.ArithmeticFlags), HostRegister.Rax);
        EmitSaveVectors(a);
        a.Load64(HostRegister.Rsp, HostAddress.OfThread(StateLayout.HostStack));
        a.Lea64(HostRegister.Rsp, new HostAddress(HostRegister.Rsp, Displacement: 8));
        for (int i = s_saved.Length - 1; i >= 0; i--)
        {
            a.Pop(s_saved[i]);
        }

        a.Return();
        return start;
    }

    private static void EmitSaveVectors(HostAssembler a)
    {
        a.Load32(HostRegister.Rcx, HostAddress.OfThread(StateLayout.VectorsResident));
        a.Store32(HostAddress.OfThread(StateLayout.VectorsWereResident), HostRegister.Rcx);
        a.Cmp32Immediate(HostRegister.Rcx, 0);
        nint inMemory = a.JumpIf32(Condition.Equal);
        EmitVectors(a, store: true, wide: HostProcessor.HasAvx);
        EmitUpperCheck(a);
        ControlWord(a, 3, StateLayout.GuestMxcsr);
        ControlWord(a, 2, StateLayout.HostMxcsr);
        a.StoreImmediate32(HostAddress.OfThread(StateLayout.VectorsResident), 0);
        a.Bind32(inMemory);
    }

    /// <summary>Notes whether any upper half is in use; leaves the host's upper halves clean, as the C ABI wants them.</summary>
    private static void EmitUpperCheck(HostAssembler a)
    {
        if (!HostProcessor.HasAvx)
        {
            return;
        }

        for (int step = 8; step > 0; step >>= 1)
        {
            for (int i = 0; i < step; i++)
            {
                a.OrVectors(i, i + step);
            }
        }

        a.TestUpperHalf();
        a.MoveImmediate(HostRegister.Rcx, 0);
        nint none = a.JumpIf8(Condition.Equal);
        a.MoveImmediate(HostRegister.Rcx, 1);
        a.Bind8(none);
        a.Store32(HostAddress.OfThread(StateLayout.UppersInUse), HostRegister.Rcx);
        a.ZeroUppers();
    }

    /// <summary>Loads MXCSR and the vector registers; keeps flags.</summary>
    /// <remarks>
    /// Upper halves that are 0 must also be clean to the host: else each SSE instruction would wait for its destination's
    /// old value, because it keeps the upper half (measured on AMD's Zen 5: four times slower).
    /// </remarks>
    private static void EmitLoadVectors(HostAssembler a)
    {
        ControlWord(a, 3, StateLayout.HostMxcsr);
        ControlWord(a, 2, StateLayout.GuestMxcsr);
        a.StoreImmediate32(HostAddress.OfThread(StateLayout.VectorsResident), 1);
        if (!HostProcessor.HasAvx)
        {
            EmitVectors(a, store: false, wide: false);
            return;
        }

        a.Load32(HostRegister.Rcx, HostAddress.OfThread(StateLayout.UppersInUse));
        nint clean = a.JumpIfRcxZero8();
        nint wide = a.Jump32();
        a.Bind8(clean);
        a.ZeroUppers();
        EmitVectors(a, store: false, wide: false);
        nint done = a.Jump32();
        a.Bind32(wide);
        EmitVectors(a, store: false, wide: true);
        a.Bind32(done);
    }

    private static nint EmitRestoreVectors(HostAssembler a)
    {
        nint start = a.Position;
        EmitLoadVectors(a);
        a.Return();
        return start;
    }

    /// <summary>LDMXCSR (2) or STMXCSR (3).</summary>
    private static void ControlWord(HostAssembler a, int extension, int offset) =>
        a.MemoryForm(0x0FAE, extension, HostAddress.OfThread(offset), wide: false);

    private static void EmitVectors(HostAssembler a, bool store, bool wide)
    {
        for (int i = 0; i < 16; i++)
        {
            HostAddress home = HostAddress.OfThread(StateLayout.Vectors + (i * 32));
            if (wide)
            {
                a.Byte(0x65);
                a.Byte(0xC4);
                a.Byte(((i >> 3) ^ 1) << 7 | 0x61);
                a.Byte(0x7C);
                a.Byte(store ? 0x11 : 0x10);
                a.ModRm(i & 7, home);
            }
            else
            {
                a.MemoryForm(store ? 0x0F11 : 0x0F10, i, home, wide: false);
            }
        }
    }

    private static nint EmitCalled(HostAssembler a, LeaveCode code, nint leave)
    {
        nint start = a.Position;
        a.Pop(HostAddress.OfThread(StateLayout.HostResume));
        a.StoreImmediate32(HostAddress.OfThread(StateLayout.Leave), (int)code);
        a.Jump(leave);
        return start;
    }

    private static nint EmitLeft(HostAssembler a, LeaveCode code, nint leave)
    {
        nint start = a.Position;
        a.Store64(HostAddress.OfThread(StateLayout.HostResume), HostRegister.Rcx);
        a.StoreImmediate32(HostAddress.OfThread(StateLayout.Leave), (int)code);
        a.Jump(leave);
        return start;
    }

    private static nint EmitJumped(HostAssembler a, LeaveCode code, nint leave)
    {
        nint start = a.Position;
        a.StoreImmediate32(HostAddress.OfThread(StateLayout.Leave), (int)code);
        a.Jump(leave);
        return start;
    }

    private static nint EmitCommit(HostAssembler a, nint slow)
    {
        nint start = a.Position;
        a.PushFlags();
        a.Cmp32Immediate8(HostAddress.OfThread(StateLayout.PendingStore), 0);
        nint pending = a.JumpIf8(Condition.NotEqual);
        a.PopFlags();
        a.Return();
        a.Bind8(pending);
        a.PopFlags();
        a.Jump(slow);
        return start;
    }
}
