// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Enters the guest's handlers: builds the bounce frame on the guest's kernel stack and points RIP at the handler.</summary>
/// <remarks>
/// The frame, from low addresses to high (docs/guest-guide/x86/pv-traps.rst of Xen):
/// <code>
/// RSP -> RCX  R11  [error code]  RIP  CS | saved upcall mask &lt;&lt; 32  RFLAGS  RSP  SS
/// </code>
/// Worked example: a program in user mode touches an absent page. The engine leaves with #PF; <see cref="Exceptions"/> sets
/// the fault aside from a store to a page table, and calls <see cref="RaisePageFault"/>; that switches to the kernel's address space and GS base, pushes eight
/// words at <c>kernel_sp</c> and lets the loop run the guest on at its page-fault handler.
/// </remarks>
internal static class TrapDelivery
{
    /// <summary>Delivers an exception without an error code.</summary>
    internal static void Raise(Vcpu vcpu, byte vector) => Enter(vcpu, HandlerOf(vcpu, vector), hasErrorCode: false, 0);

    /// <summary>Delivers an exception with an error code.</summary>
    internal static void Raise(Vcpu vcpu, byte vector, uint errorCode) =>
        Enter(vcpu, HandlerOf(vcpu, vector), hasErrorCode: true, errorCode);

    /// <summary>#GP</summary>
    internal static void RaiseProtection(Vcpu vcpu, uint errorCode = 0) =>
        Raise(vcpu, ExceptionVector.GeneralProtection, errorCode);

    /// <summary>#PF: CR2 goes to <c>vcpu_info</c>; the error code's U bit tells the guest's mode, not the processor's.</summary>
    internal static void RaisePageFault(Vcpu vcpu, ulong linear, uint errorCode)
    {
        const uint UserBit = 4;
        uint code = vcpu.IsInKernelMode ? errorCode & ~UserBit : errorCode | UserBit;
        vcpu.Privileged.Cr2 = linear;
        vcpu.Domain.Memory.Shared<ulong>(vcpu.InfoAddress + VcpuInfo.Cr2) = linear;
        Raise(vcpu, ExceptionVector.PageFault, code);
    }

    /// <summary>#DB: the causes are added to DR6.</summary>
    internal static void RaiseDebug(Vcpu vcpu, ulong causes)
    {
        vcpu.Privileged.Dr6 = (vcpu.Privileged.Dr6 & ~0xFUL) | causes;
        Raise(vcpu, ExceptionVector.Debug);
    }

    /// <summary>Enters the event callback (<c>CALLBACKTYPE_event</c>), which always runs with events masked.</summary>
    internal static void DeliverEvent(Vcpu vcpu) =>
        Enter(vcpu, new GuestEntryPoint(vcpu.EntryPoints.Event, MasksEvents: true), hasErrorCode: false, 0);

    /// <summary>Delivers an NMI if the guest has a handler for it and is not in that already; then it waits.</summary>
    internal static void DeliverNmi(Vcpu vcpu)
    {
        vcpu.NmiIsPending = vcpu.IsInNmi;
        if (!vcpu.IsInNmi && vcpu.EntryPoints.Trap(ExceptionVector.NonMaskableInterrupt).Address != 0)
        {
            vcpu.IsInNmi = true;
            Raise(vcpu, ExceptionVector.NonMaskableInterrupt);
        }
    }

    /// <summary>The guest's handler returns: the next NMI may come.</summary>
    internal static void EndNmi(Vcpu vcpu)
    {
        vcpu.IsInNmi = false;
        if (vcpu.NmiIsPending)
        {
            vcpu.Request(VcpuRequests.Nmi);
        }
    }

    /// <summary>Enters a handler.</summary>
    /// <exception cref="DomainCrashException">There is no handler, or the kernel stack cannot take the frame.</exception>
    internal static void Enter(Vcpu vcpu, GuestEntryPoint handler, bool hasErrorCode, uint errorCode)
    {
        ulong code = errorCode;
        Enter(vcpu, handler, hasErrorCode ? new ReadOnlySpan<ulong>(in code) : []);
    }

    /// <summary>Enters the failsafe callback (<c>CALLBACKTYPE_failsafe</c>).</summary>
    /// <param name="vcpu">Whose segments could not be loaded.</param>
    /// <param name="segments">The selectors that were wanted: DS, ES, FS, GS.</param>
    internal static void EnterFailsafe(Vcpu vcpu, ReadOnlySpan<ulong> segments) =>
        Enter(vcpu, vcpu.EntryPoints.Failsafe, segments);

    /// <param name="vcpu">Whose guest is entered.</param>
    /// <param name="handler">Where.</param>
    /// <param name="extra">Words of the frame between R11 and RIP; four at most.</param>
    private static void Enter(Vcpu vcpu, GuestEntryPoint handler, ReadOnlySpan<ulong> extra)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        ulong codeSelector = state.Cs;
        ulong stack = state.Rsp;
        if (vcpu.IsInKernelMode)
        {
            codeSelector &= ~3UL;                           // tells the guest that its kernel was interrupted
        }
        else
        {
            vcpu.EnterKernelMode();
            stack = vcpu.KernelStackPointer;
        }

        ref byte mask = ref vcpu.UpcallMask;
        ulong savedMask = mask;
        ulong flags = state.Rflags;
        int words = 7 + extra.Length;
        Span<ulong> frame = stackalloc ulong[11];
        frame[0] = state.Rcx;
        frame[1] = state.R11;
        extra.CopyTo(frame[2..]);
        int next = 2 + extra.Length;
        frame[next++] = state.Rip;
        frame[next++] = codeSelector | (savedMask << 32);
        frame[next++] = FlagsForFrame(vcpu, flags, savedMask);
        frame[next++] = state.Rsp;
        frame[next] = state.Ss;

        stack = (stack & ~15UL) - ((ulong)words * sizeof(ulong));
        CheckAndStore(vcpu, handler, stack, MemoryMarshal.AsBytes(frame[..words]));
        if (handler.MasksEvents)
        {
            mask = 1;
        }

        state.Rsp = stack;
        state.Rip = handler.Address;
        state.Rflags = flags & ~ProcessorFlags.ClearedOnEntry;
        state.Cs = X86Selectors.Code64;
        state.Ss = X86Selectors.Stack;
        state.LongMode = true;
    }

    private static GuestEntryPoint HandlerOf(Vcpu vcpu, byte vector)
    {
        GuestEntryPoint handler = vcpu.EntryPoints.Trap(vector);
        if (handler.Address == 0)
        {
            throw new DomainCrashException(CrashReason.NoHandler, $"The guest has no handler for exception {vector}.");
        }

        return handler;
    }

    /// <summary>IF shows the events' mask; IOPL is 0, or the virtual one with <c>VMASST_TYPE_architectural_iopl</c>.</summary>
    private static ulong FlagsForFrame(Vcpu vcpu, ulong flags, ulong savedMask)
    {
        flags &= ~(ProcessorFlags.Interrupt | ProcessorFlags.IoPrivilege);
        if (savedMask == 0)
        {
            flags |= ProcessorFlags.Interrupt;
        }

        if ((vcpu.Domain.Assists & VmAssists.ArchitecturalIopl) != 0)
        {
            flags |= vcpu.IoPrivilegeLevel;
        }

        return flags;
    }

    private static void CheckAndStore(Vcpu vcpu, GuestEntryPoint handler, ulong stack, ReadOnlySpan<byte> frame)
    {
        if (handler.Address == 0)
        {
            throw new DomainCrashException(CrashReason.NoHandler, "The guest registered no callback for what happened.");
        }

        if (X86Addresses.IsReserved(stack) || !vcpu.Cpu.TryWrite(stack, frame))
        {
            throw new DomainCrashException(CrashReason.BadKernelStack, $"The guest's kernel stack at 0x{stack:x} takes no frame.");
        }
    }
}
