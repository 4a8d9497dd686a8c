// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.DomainHost;

public sealed class LifecycleTests
{
    [Fact]
    public void PowerOff_ByDefault_EndsTheDomain()
    {
        using TestHost host = new();
        FakeMachine machine = host.NextMachine();
        machine.End(EndReason.PowerOff);
        DomainEnd end = host.WaitForEnd();
        Assert.Equal((EndReason.PowerOff, 0), (end.Reason, end.ExitCode));
        Assert.Equal(["start", "dispose"], machine.Calls);
    }

    [Fact]
    public void Reboot_ByDefault_BootsAgainWithAFreshStore()
    {
        using TestHost host = new();
        FakeMachine first = host.NextMachine();
        first.End(EndReason.Reboot);
        FakeMachine second = host.NextMachine();
        Assert.NotSame(first.Parts.Store, second.Parts.Store);
        Assert.Equal(2, DomainRecord.TryRead(host.Folder)!.Boots);
        second.End(EndReason.PowerOff);
        Assert.Equal(EndReason.PowerOff, host.WaitForEnd().Reason);
    }

    [Fact]
    public void Crash_WithPreserve_StaysUntilDestroyed()
    {
        using TestHost host = new(s => s with { OnCrash = EndAction.Preserve });
        host.NextMachine().End(EndReason.Crash);
        SpinWait.SpinUntil(() => DomainRecord.TryRead(host.Folder)?.State == DomainState.Crashed, 20_000);
        Assert.Equal(EndReason.Crash, DomainRecord.TryRead(host.Folder)!.End!.Reason);
        Assert.Equal((4096UL, 3_000_000_000L), (host.Lifecycle.Status().CurrentMemoryKiB, host.Lifecycle.Status().CpuTimeNanoseconds));
        host.Lifecycle.Destroy();
        Assert.Equal(1, host.WaitForEnd().ExitCode);
    }

    [Fact]
    public void RenameRestart_KeepsTheLogsOfTheBootBefore()
    {
        using TestHost host = new(s => s with { OnCrash = EndAction.RenameRestart });
        FakeMachine first = host.NextMachine();
        host.Transcript.Append("last words"u8);
        first.End(EndReason.Crash);
        host.NextMachine();
        Assert.Equal("last words", File.ReadAllText(host.Folder.ConsoleLog + ".1"));
        Assert.Contains("last words", File.ReadAllText(host.Folder.HypervisorLog + ".1"), StringComparison.Ordinal);
    }

    [Fact]
    public void StartPaused_StartsWithTheFirstUnpause()
    {
        using TestHost host = new(s => s with { StartPaused = true });
        FakeMachine machine = host.NextMachine();
        Assert.Empty(machine.Calls);
        host.Lifecycle.Pause();
        host.Lifecycle.Unpause();
        Assert.Empty(machine.Calls);
        host.Lifecycle.Unpause();
        host.Lifecycle.Unpause();
        Assert.Equal(["start"], machine.Calls);
    }

    [Fact]
    public void Destroy_WhileRebooting_IsNotForgotten()
    {
        using TestHost host = new();
        FakeMachine first = host.NextMachine();
        host.Lifecycle.Destroy();
        first.End(EndReason.Reboot);
        Assert.Equal(EndReason.Destroyed, host.WaitForEnd().Reason);
    }
}
