// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

public sealed class VcpuOpTests
{
    [Fact]
    public void IsUp_OfAVcpuThatIsNotThere_IsNoEntry()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Vcpu.BringUp();
        Assert.Equal(1, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.IsUp, 0));
        Assert.Equal((long)XenError.NoEntry, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.IsUp, 1));
    }

    [Fact]
    public void RegisterVcpuInfo_MovesTheRecordOnce_AndMarksEverythingPending()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.True(domain.Vcpu.Cpu.TryTranslate(TestDomain.Pages, Cpu.Mmu.Access.Write, out Memory.PhysicalAddress page, out _));
        VcpuRegisterVcpuInfo request = new() { Mfn = page.Frame, Offset = 128 };

        Assert.Equal(0, domain.VcpuOp(VcpuCommand.RegisterVcpuInfo, in request));
        Assert.Equal(page + 128, domain.Vcpu.InfoAddress);
        Assert.Equal(1, domain.Read<byte>(TestDomain.Pages + 128));
        Assert.Equal(ulong.MaxValue, domain.Read<ulong>(TestDomain.Pages + 128 + VcpuInfo.PendingSelector));
        Assert.Equal((long)XenError.Busy, domain.VcpuOp(VcpuCommand.RegisterVcpuInfo, in request));
    }

    [Theory]
    [InlineData(0xFFF8, 0, -22)]
    [InlineData(100, 4040, -6)]
    [InlineData(100, 3, -6)]
    public void RegisterVcpuInfo_ToABadPlace_Fails(ulong frame, uint offset, long error)
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(error, domain.VcpuOp(VcpuCommand.RegisterVcpuInfo, new VcpuRegisterVcpuInfo { Mfn = frame, Offset = offset }));
    }

    [Fact]
    public void RegisterTimeArea_PublishesTheSameTimeInBothPlaces()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, domain.VcpuOp(VcpuCommand.RegisterTimeArea, TestDomain.Pages + 64));

        VcpuTimeInfo area = domain.Read<VcpuTimeInfo>(TestDomain.Pages + 64);
        Assert.True(domain.Domain.Memory.TryRead(domain.Vcpu.InfoAddress + VcpuInfo.Time, out VcpuTimeInfo info));
        Assert.Equal(info, area);
        Assert.Equal((0U, VcpuTimeInfo.TscStableFlag), (area.Version & 1, area.Flags));
        Assert.Equal(5_000_000_000UL, area.SystemTime);
    }

    [Fact]
    public void RegisterRunstate_ThenChanges_KeepTheGuestsCopyCurrent()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(0, domain.VcpuOp(VcpuCommand.RegisterRunstateArea, TestDomain.Pages + 256));
        domain.Vcpu.Runstate.Enter(RunstateKind.Running);
        domain.Time.Advance(TimeSpan.FromMilliseconds(30));
        domain.Vcpu.Runstate.Enter(RunstateKind.Blocked);

        VcpuRunstate copy = domain.Read<VcpuRunstate>(TestDomain.Pages + 256);
        Assert.Equal(((int)RunstateKind.Blocked, 30_000_000UL), (copy.State, copy.TimeRunning));
    }

    [Fact]
    public void Runstate_OfAVcpuThatTheHostKeepsWaiting_IsRunnable()
    {
        using TestDomain domain = TestDomain.Create();
        long used = 5_000_000;
        domain.Vcpu.Runstate.ProcessorClock = () => used;
        Assert.Equal(0, domain.VcpuOp(VcpuCommand.RegisterRunstateArea, TestDomain.Pages + 256));
        domain.Vcpu.Runstate.Enter(RunstateKind.Running);
        domain.Time.Advance(TimeSpan.FromMilliseconds(30));
        used += 10_000_000;
        Assert.Equal(10_000_000UL, domain.Vcpu.Runstate.RunningTime);
        domain.Vcpu.Runstate.Refresh();

        VcpuRunstate copy = domain.Read<VcpuRunstate>(TestDomain.Pages + 256);
        Assert.Equal(
            ((int)RunstateKind.Running, 10_000_000UL, 20_000_000UL), (copy.State, copy.TimeRunning, copy.TimeRunnable));
        domain.Time.Advance(TimeSpan.FromMilliseconds(3));
        used += 3_000_000;
        domain.Vcpu.Runstate.Enter(RunstateKind.Blocked);
        copy = domain.Read<VcpuRunstate>(TestDomain.Pages + 256);
        Assert.Equal((13_000_000UL, 20_000_000UL), (copy.TimeRunning, copy.TimeRunnable));
    }

    [Fact]
    public void SingleshotTimer_InThePast_FiresAtOnceAndSucceeds()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(0, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.StopPeriodicTimer, 0));
        domain.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, domain.VcpuOp(VcpuCommand.SetSingleshotTimer, new VcpuSetSingleshotTimer { TimeoutAbsolute = 5, Flags = 1 }));
        Assert.Equal(long.MaxValue, domain.Vcpu.Timers.NextDeadline);
        Assert.Equal(0, domain.VcpuOp(VcpuCommand.SetSingleshotTimer, new VcpuSetSingleshotTimer { TimeoutAbsolute = 2_000_000_000 }));
        Assert.Equal(2_000_000_000, domain.Vcpu.Timers.NextDeadline);
    }

    [Fact]
    public async Task Down_OfTheLastVcpu_PowersTheDomainOff()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Vcpu.BringUp();
        Assert.Equal(0, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.Down, 0));
        Assert.Equal(ShutdownReason.PowerOff, (await domain.Domain.Completion).Reason);
    }
}
