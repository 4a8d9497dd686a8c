// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Domovoi.Linux;

namespace Domovoi.Cpu.Run;

/// <summary>Turns host exceptions inside translated code into guest exceptions: #DE, #UD, misaligned vectors, unmasked floating point.</summary>
/// <remarks>
/// A signal disposition belongs to the process, so this is the one static thing in the engine. The handler is machine code,
/// because managed code must not run in a signal: if the fault lies in a registered range it notes where and redirects the
/// thread to that range's recovery thunk; otherwise it jumps to the handler that was there before.
/// </remarks>
internal static unsafe class HostFaults
{
    private const int Capacity = 255;
    private const int InstructionPointerOffset = 168;
    private const int TrapNumberOffset = 200;

    private static readonly Lock s_gate = new();
    private static Range* s_ranges;

    private struct Range
    {
        internal nint Start;
        internal nint End;
        internal nint Recovery;
    }

    /// <summary>Sends faults between <paramref name="start"/> and <paramref name="end"/> to <paramref name="recovery"/>.</summary>
    internal static void Register(nint start, nint end, nint recovery)
    {
        lock (s_gate)
        {
            if (s_ranges == null)
            {
                Install();
            }

            for (int i = 0; i < Capacity; i++)
            {
                if (s_ranges[i].End == 0)
                {
                    s_ranges[i].Recovery = recovery;
                    s_ranges[i].Start = start;
                    Volatile.Write(ref s_ranges[i].End, end);
                    return;
                }
            }
        }

        throw new InvalidOperationException("Too many machines in one process.");
    }

    internal static void Unregister(nint start)
    {
        lock (s_gate)
        {
            for (int i = 0; i < Capacity; i++)
            {
                if (s_ranges[i].Start == start)
                {
                    Volatile.Write(ref s_ranges[i].End, 0);
                }
            }
        }
    }

    private static void Install()
    {
        int file = MemoryMapping.CreateMemoryFile("domovoi-faults", 0x4000);
        nint write = MemoryMapping.MapFile(file, 0, 0x4000, PageProtection.Read | PageProtection.Write);
        nint run = MemoryMapping.MapFile(file, 0, 0x4000, PageProtection.Read | PageProtection.Execute);
        MemoryMapping.CloseFile(file);
        s_ranges = (Range*)(write + 0x1000);
        nint* previous = (nint*)(write + 0x3000);
        HostAssembler a = new();
        a.Begin(write, run);
        EmitHandler(a, run + 0x1000, run + 0x3000);
        foreach (int signal in (ReadOnlySpan<int>)[
            SignalHandlers.SIGILL, SignalHandlers.SIGBUS, SignalHandlers.SIGFPE, SignalHandlers.SIGSEGV])
        {
            previous[signal] = SignalHandlers.Install(signal, run);
        }
    }

    /// <summary>handler(edi = signal, rsi = siginfo, rdx = ucontext)</summary>
    private static void EmitHandler(HostAssembler a, nint ranges, nint previous)
    {
        a.Load64(HostRegister.Rax, new HostAddress(HostRegister.Rdx, Displacement: InstructionPointerOffset));
        a.MoveImmediate(HostRegister.Rcx, (ulong)ranges);
        a.MoveImmediate(HostRegister.R8, Capacity);
        nint loop = a.Position;
        Compare(a, HostRegister.Rax, new HostAddress(HostRegister.Rcx, Displacement: 0));
        nint below = a.JumpIf8(Condition.Below);
        Compare(a, HostRegister.Rax, new HostAddress(HostRegister.Rcx, Displacement: 8));
        nint found = a.JumpIf8(Condition.Below);
        a.Bind8(below);
        a.Lea64(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, Displacement: sizeof(Range)));
        a.Lea64(HostRegister.R8, new HostAddress(HostRegister.R8, Displacement: -1));
        a.Cmp64Immediate(HostRegister.R8, 0);
        a.JumpIf(Condition.NotEqual, loop);
        a.MoveSignExtend32(HostRegister.Rax, HostRegister.Rdi);
        a.MoveImmediate(HostRegister.Rcx, (ulong)previous);
        a.Jump(new HostAddress(HostRegister.Rcx, HostRegister.Rax, 3));
        a.Bind8(found);
        a.Store64(HostAddress.OfThread(StateLayout.HostFaultRip), HostRegister.Rax);
        a.Load64(HostRegister.Rax, new HostAddress(HostRegister.Rdx, Displacement: TrapNumberOffset));
        a.Store64(HostAddress.OfThread(StateLayout.HostFaultTrap), HostRegister.Rax);
        a.Load64(HostRegister.Rax, new HostAddress(HostRegister.Rcx, Displacement: 16));
        a.Store64(new HostAddress(HostRegister.Rdx, Displacement: InstructionPointerOffset), HostRegister.Rax);
        a.Return();
    }

    private static void Compare(HostAssembler a, HostRegister left, in HostAddress right) =>
        a.MemoryForm(0x3B, (int)left, right, wide: true);
}
