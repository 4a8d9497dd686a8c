// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Memory;

namespace Domovoi.Cpu;

/// <summary>One x86-64 processor. All members but <see cref="Kick"/> belong to the one thread that calls <see cref="Run"/>.</summary>
public sealed class VirtualCpu : IDisposable
{
    public VirtualCpu(TranslationCache cache, PagingPolicy policy)
    {
        _ = cache;
        _ = policy;
    }

    /// <summary>The registers. Valid while the processor is outside <see cref="Run"/>.</summary>
    public ref CpuState State => throw new NotSupportedException();

    /// <summary>Why the last <see cref="Run"/> ended, with its operands.</summary>
    public ExitDetails Exit { get; private set; }

    /// <summary>Selects the address space. Switching flushes nothing.</summary>
    public CpuMode Mode { get; set; }

    /// <summary>CR4.TSD: RDTSC leaves in user mode.</summary>
    public bool TimeStampDisabled { get; set; }

    /// <summary>CR0.TS: x87, MMX, SSE and AVX instructions raise #NM.</summary>
    public bool TaskSwitched { get; set; }

    /// <summary>Runs guest code until something is not the processor's business.</summary>
    public ExitReason Run() => throw new NotSupportedException();

    /// <summary>Makes <see cref="Run"/> return <see cref="ExitReason.Interrupted"/> soon, or at once when next called. Any thread.</summary>
    public void Kick() => throw new NotSupportedException();

    /// <summary>Finishes a privileged instruction: writes its destination operand and moves RIP behind it.</summary>
    public void Complete(ulong result) => throw new NotSupportedException();

    /// <summary>Finishes a privileged instruction without a result.</summary>
    public void Skip() => throw new NotSupportedException();

    /// <summary>Finishes LAR, LSL, VERR or VERW: sets or clears ZF and leaves the destination alone.</summary>
    public void SkipWithZeroFlag(bool zero) => throw new NotSupportedException();

    /// <summary>Decodes the store at RIP, which just raised #PF, so that its owner may do it on the guest's behalf.</summary>
    /// <returns>false when the instruction is not a plain store or read-modify-write of at most eight bytes.</returns>
    public bool TryDecodeStore(out StoreOperation operation) => throw new NotSupportedException();

    /// <summary>Finishes a decoded store that its owner has done: sets registers and flags from the operand's old contents and moves RIP.</summary>
    public void CompleteStore(in StoreOperation operation, ulong oldValue) => throw new NotSupportedException();

    /// <summary>The top-level page table of a mode. Does not flush.</summary>
    public PhysicalAddress GetRoot(CpuMode mode) => throw new NotSupportedException();

    /// <summary>Sets the top-level page table of a mode. Does not flush.</summary>
    public void SetRoot(CpuMode mode, PhysicalAddress root) => throw new NotSupportedException();

    /// <summary>Forgets every translation of both modes.</summary>
    public void FlushTlb() => throw new NotSupportedException();

    /// <summary>Forgets the translations of one page in both modes.</summary>
    public void InvalidatePage(ulong linear) => throw new NotSupportedException();

    /// <summary>Translates as the processor would in the current mode, setting accessed and dirty bits.</summary>
    /// <returns>false with the #PF error code when the access faults; a non-canonical address faults with code 0.</returns>
    public bool TryTranslate(ulong linear, Access access, out PhysicalAddress address, out PageFaultErrorCode fault) =>
        throw new NotSupportedException();

    /// <summary>Reads guest linear memory in the current mode; false when any byte faults.</summary>
    public bool TryRead(ulong linear, Span<byte> destination) => throw new NotSupportedException();

    /// <summary>Writes guest linear memory in the current mode; false, with nothing written, when any byte faults.</summary>
    public bool TryWrite(ulong linear, ReadOnlySpan<byte> source) => throw new NotSupportedException();

    /// <summary>Reads a value from guest linear memory in the current mode.</summary>
    public bool TryRead<T>(ulong linear, out T value)
        where T : unmanaged => throw new NotSupportedException();

    /// <summary>Writes a value to guest linear memory in the current mode.</summary>
    public bool TryWrite<T>(ulong linear, in T value)
        where T : unmanaged => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
