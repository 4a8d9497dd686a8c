// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class SyscallEntryTests
{
    private const ulong Callback = TestDomain.Pages + 0x200;

    [Fact]
    public void Syscall_FromUserMode_BouncesToTheCallback()
    {
        using TestDomain domain = TestDomain.Create();
        Register(domain, CallbackKind.Syscall);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        domain.EnterUser(rip: 0x400002, rsp: 0x7000);
        domain.State.Rflags = 0x602;
        SyscallEntry.Enter(domain.Vcpu);

        Assert.Equal((Callback, true, true), (domain.State.Rip, domain.Vcpu.IsInKernelMode, domain.Vcpu.EventsMasked));
        Assert.Equal([0x400002, 0x602, 0x400002, 0xE033, 0x602, 0x7000, 0xE02B], domain.Stack(7));
        Assert.Equal(0x202UL, domain.State.Rflags);
    }

    [Fact]
    public void Syscall_WithoutACallback_IsAnInvalidOpcodeAtTheInstruction()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Callback);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        domain.EnterUser(rip: 0x400002);
        SyscallEntry.Enter(domain.Vcpu);

        Assert.Equal((Callback, 0x400000UL), (domain.State.Rip, domain.Stack(3)[2]));
    }

    [Fact]
    public void Syscall_InTheKernel_IsAHypercall()
    {
        using TestDomain domain = TestDomain.Create();
        domain.State.Rax = (ulong)HypercallNumber.XenVersion;
        domain.State.Cs = 0x10;
        SyscallEntry.Enter(domain.Vcpu);

        Assert.Equal((0x4_0011UL, X86Selectors.Code64), (domain.State.Rax, domain.State.Cs));
    }

    [Fact]
    public void Iret_AfterASyscall_ReturnsToUserModeAsItWas()
    {
        using TestDomain domain = TestDomain.Create();
        Register(domain, CallbackKind.Syscall);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        (domain.State.GsBase, domain.Vcpu.InactiveGsBase) = (0x1000, 0x2000);
        domain.EnterUser(rip: 0x400002, rsp: 0x7000);
        SyscallEntry.Enter(domain.Vcpu);
        IretFrame frame = new()
        {
            Rax = 7, Rcx = 8, R11 = 9, Rip = 0x400002, Cs = 0xE033, Rflags = 0x202, Rsp = 0x7000, Ss = 0xE02B,
        };
        domain.State.Rsp = TestDomain.Scratch;
        domain.Write(TestDomain.Scratch, in frame);

        Assert.Equal(7, domain.Hypercall(HypercallNumber.Iret));
        Assert.Equal((0x400002UL, 0x7000UL, 8UL, 9UL), (domain.State.Rip, domain.State.Rsp, domain.State.Rcx, domain.State.R11));
        Assert.Equal((false, 0x2000UL, false), (domain.Vcpu.IsInKernelMode, domain.State.GsBase, domain.Vcpu.EventsMasked));
    }

    [Fact]
    public void Iret_ToAnUnknownCodeSegment_IsAProtectionFaultThere()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(13, Callback);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        IretFrame frame = new() { Rip = 0x400000, Cs = 0x1233, Rflags = 0x202, Rsp = 0x7000, Ss = 0xE02B };
        domain.State.Rsp = TestDomain.Scratch;
        domain.Write(TestDomain.Scratch, in frame);
        domain.Hypercall(HypercallNumber.Iret);

        Assert.Equal((Callback, true), (domain.State.Rip, domain.Vcpu.IsInKernelMode));
        Assert.Equal((0x1230UL, 0x400000UL), (domain.Stack(4)[2], domain.Stack(4)[3]));
    }

    private static void Register(TestDomain domain, CallbackKind kind)
    {
        CallbackRegister request = new() { Kind = kind, Flags = CallbackRegister.MaskEventsFlag, Address = Callback };
        Assert.Equal(0, domain.HypercallWith(HypercallNumber.CallbackOp, (ulong)CallbackCommand.Register, in request));
    }
}
