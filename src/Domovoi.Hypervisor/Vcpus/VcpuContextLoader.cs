// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Traps;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>Puts a <c>struct vcpu_guest_context</c> into a vCPU that does not run: the start of a secondary processor.</summary>
internal static class VcpuContextLoader
{
    private const int KernelRoot = 3;
    private const int UserRoot = 1;

    internal static XenError Load(Vcpu vcpu, in VcpuGuestContext context)
    {
        XenError error = Check(in context);
        if (error != XenError.None)
        {
            return error;
        }

        error = LoadGdt(vcpu, in context);
        if (error == XenError.None)
        {
            error = LoadRoots(vcpu, in context);
        }

        if (error != XenError.None)
        {
            return error;
        }

        vcpu.Descriptors.SetLdt(context.LdtBase, (int)context.LdtEntries);
        vcpu.KernelStackPointer = context.KernelSp;
        LoadEntryPoints(vcpu, in context);
        LoadRegisters(vcpu, in context);
        vcpu.IsInitialised = true;
        return XenError.None;
    }

    private static XenError Check(in VcpuGuestContext context)
    {
        bool canonical = X86Addresses.IsCanonical(context.UserRegs.Rip) && X86Addresses.IsCanonical(context.EventCallback)
            && X86Addresses.IsCanonical(context.SyscallCallback) && X86Addresses.IsCanonical(context.FailsafeCallback)
            && X86Addresses.IsCanonical(context.FsBase) && X86Addresses.IsCanonical(context.GsBaseKernel)
            && X86Addresses.IsCanonical(context.GsBaseUser);
        bool tables = context.LdtEntries <= 8192 && context.GdtEntries <= X86Selectors.FirstReservedGdtEntry
            && (context.LdtBase & 0xFFF) == 0 && X86Addresses.IsCanonical(context.LdtBase);
        return canonical && tables ? XenError.None : XenError.InvalidArgument;
    }

    private static XenError LoadGdt(Vcpu vcpu, in VcpuGuestContext context)
    {
        const int EntriesPerFrame = 512;
        int entries = (int)context.GdtEntries;
        Span<Mfn> frames = stackalloc Mfn[X86Selectors.FirstReservedGdtPage];
        frames = frames[..((entries + EntriesPerFrame - 1) / EntriesPerFrame)];
        for (int index = 0; index < frames.Length; index++)
        {
            frames[index] = new Mfn(context.GdtFrames[index]);
        }

        return DescriptorFrames.SetGdt(vcpu.Domain.Frames, vcpu.Descriptors, frames, entries);
    }

    private static XenError LoadRoots(Vcpu vcpu, in VcpuGuestContext context)
    {
        XenError error = vcpu.Domain.PageTables.SetKernelRoot(
            vcpu.AddressSpace, new Mfn(context.ControlRegisters[KernelRoot] >> PhysicalAddress.PageShift));
        return error != XenError.None
            ? error
            : vcpu.Domain.PageTables.SetUserRoot(
                vcpu.AddressSpace, new Mfn(context.ControlRegisters[UserRoot] >> PhysicalAddress.PageShift));
    }

    private static void LoadEntryPoints(Vcpu vcpu, in VcpuGuestContext context)
    {
        foreach (TrapInfo trap in context.Traps)
        {
            if (trap.Address != 0 && X86Addresses.IsCanonical(trap.Address))
            {
                vcpu.EntryPoints.SetTrap(in trap);
            }
        }

        vcpu.EntryPoints.Event = context.EventCallback;
        vcpu.EntryPoints.Failsafe = new GuestEntryPoint(
            context.FailsafeCallback, context.Flags.HasFlag(GuestContextFlags.FailsafeMasksEvents));
        vcpu.EntryPoints.Syscall = new GuestEntryPoint(
            context.SyscallCallback, context.Flags.HasFlag(GuestContextFlags.SyscallMasksEvents));
    }

    private static void LoadRegisters(Vcpu vcpu, in VcpuGuestContext context)
    {
        ref readonly CpuUserRegs regs = ref context.UserRegs;
        ref CpuState state = ref vcpu.Cpu.State;
        (state.Rax, state.Rbx, state.Rcx, state.Rdx) = (regs.Rax, regs.Rbx, regs.Rcx, regs.Rdx);
        (state.Rsi, state.Rdi, state.Rbp, state.Rsp) = (regs.Rsi, regs.Rdi, regs.Rbp, regs.Rsp);
        (state.R8, state.R9, state.R10, state.R11) = (regs.R8, regs.R9, regs.R10, regs.R11);
        (state.R12, state.R13, state.R14, state.R15) = (regs.R12, regs.R13, regs.R14, regs.R15);
        state.Rip = regs.Rip;
        state.Rflags = (regs.Rflags & ProcessorFlags.All & ~(ProcessorFlags.IoPrivilege | ProcessorFlags.Virtual8086))
            | ProcessorFlags.Interrupt | ProcessorFlags.AlwaysOne;
        (state.Cs, state.Ss, state.LongMode) = ((ushort)(regs.Cs | 3), (ushort)(regs.Ss | 3), true);
        (state.Ds, state.Es, state.Fs, state.Gs) = ((ushort)regs.Ds, (ushort)regs.Es, (ushort)regs.Fs, (ushort)regs.Gs);
        bool inKernel = context.Flags.HasFlag(GuestContextFlags.InKernel);
        vcpu.Cpu.Mode = inKernel ? CpuMode.Kernel : CpuMode.User;
        state.FsBase = context.FsBase;
        state.GsBase = inKernel ? context.GsBaseKernel : context.GsBaseUser;
        vcpu.InactiveGsBase = inKernel ? context.GsBaseUser : context.GsBaseKernel;
        (vcpu.IoPrivilegeLevel, vcpu.Privileged.Cr4) = (regs.Rflags & ProcessorFlags.IoPrivilege, PrivilegedState.InitialCr4);
    }
}
