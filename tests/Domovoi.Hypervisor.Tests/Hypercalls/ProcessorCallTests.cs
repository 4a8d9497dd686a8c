// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

public sealed class ProcessorCallTests
{
    [Theory]
    [InlineData(SegmentBase.Fs)]
    [InlineData(SegmentBase.GsUser)]
    [InlineData(SegmentBase.GsKernel)]
    public void SetSegmentBase_ToANonCanonicalAddress_IsInvalid(SegmentBase which)
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((long)XenError.InvalidArgument, domain.Hypercall(HypercallNumber.SetSegmentBase, (ulong)which, 1UL << 60));
    }

    [Fact]
    public void SetSegmentBase_KeepsTheModesApart()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Hypercall(HypercallNumber.SetSegmentBase, (ulong)SegmentBase.GsKernel, 0x1000);
        domain.Hypercall(HypercallNumber.SetSegmentBase, (ulong)SegmentBase.GsUser, 0x2000);
        Assert.Equal((0x1000UL, 0x2000UL), (domain.State.GsBase, domain.Vcpu.InactiveGsBase));

        Assert.Equal(0, domain.Hypercall(HypercallNumber.SetSegmentBase, (ulong)SegmentBase.GsUserSelector, 0xFFFF));
        Assert.Equal((0, 0UL), (domain.State.Gs, domain.Vcpu.InactiveGsBase));
    }

    [Fact]
    public void SetTrapTable_StopsAtAddressZero()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Write(TestDomain.Scratch, new TrapInfo { Vector = 14, Flags = 4, Address = TestDomain.Pages });
        domain.Write(TestDomain.Scratch + TrapInfo.Size, default(TrapInfo));

        Assert.Equal(0, domain.Hypercall(HypercallNumber.SetTrapTable, TestDomain.Scratch));
        Assert.Equal(TestDomain.Pages, domain.Vcpu.EntryPoints.Trap(14).Address);
        Assert.Equal(0, domain.Hypercall(HypercallNumber.SetTrapTable, 0));
        Assert.Equal(0UL, domain.Vcpu.EntryPoints.Trap(14).Address);
    }

    [Fact]
    public void DebugRegisters_RefuseWhatXenRefuses()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(0, domain.Hypercall(HypercallNumber.SetDebugRegister, 0, TestDomain.Pages));
        Assert.Equal(TestDomain.Pages, (ulong)domain.Hypercall(HypercallNumber.GetDebugRegister, 0));
        Assert.Equal((long)XenError.NotPermitted, domain.Hypercall(HypercallNumber.SetDebugRegister, 1, X86Addresses.HypervisorStart));
        Assert.Equal((long)XenError.NotPermitted, domain.Hypercall(HypercallNumber.SetDebugRegister, 7, 1 << 13));
        Assert.Equal((long)XenError.InvalidArgument, domain.Hypercall(HypercallNumber.SetDebugRegister, 6, 1UL << 32));
        Assert.Equal((long)XenError.NoDevice, domain.Hypercall(HypercallNumber.SetDebugRegister, 8, 0));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(5, 0)]
    [InlineData(32, 0)]
    [InlineData(6, -22)]
    [InlineData(31, -22)]
    public void VmAssist_EnablesKnownTypesOnly(ulong type, long result)
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(result, domain.Hypercall(HypercallNumber.VmAssist, (ulong)VmAssistCommand.Enable, type));
    }

    [Fact]
    public void ConsoleIo_Write_GoesToTheLogByLines()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.True(domain.Vcpu.TryWrite(TestDomain.Scratch, "one\ntwo"u8));
        Assert.Equal(0, domain.Hypercall(HypercallNumber.ConsoleIo, (ulong)ConsoleIoCommand.Write, 7, TestDomain.Scratch));
        Assert.Equal(0, domain.Hypercall(HypercallNumber.ConsoleIo, (ulong)ConsoleIoCommand.Write, 4, TestDomain.Scratch));

        Assert.Equal(["guest: one", "guest: twoone"], domain.Log);
    }

    [Fact]
    public void XenVersion_TellsWhatAPvGuestMayUse()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(0, domain.HypercallWith(HypercallNumber.XenVersion, (ulong)XenVersionCommand.GetFeatures, default(XenFeatureSubmap)));
        Assert.Equal(0x220E0U, domain.Read<XenFeatureSubmap>(TestDomain.Scratch).Submap);
        Assert.Equal(0, domain.HypercallWith(HypercallNumber.XenVersion, (ulong)XenVersionCommand.PlatformParameters, 0UL));
        Assert.Equal(X86Addresses.HypervisorStart, domain.Read<ulong>(TestDomain.Scratch));
    }
}
