// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Machines;
using Domovoi.Linux;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost;

/// <summary>The vCPUs of a domain from outside: which may be used, and where the host runs them.</summary>
public sealed class VcpuTests
{
    private readonly List<string> _log = [];

    [Fact]
    public void Availability_IsKeptOverAReboot()
    {
        using TestHost host = new(static specification => specification with { Vcpus = 1, MaxVcpus = 3 });
        FakeMachine first = host.NextMachine();
        using ControlClient client = host.Connect();
        client.StoreWrite("cpu/1/availability", "online");
        first.End(EndReason.Reboot);
        FakeMachine second = host.NextMachine();
        Assert.Equal(["online", "online", "offline"], Enumerable.Range(0, 3).Select(cpu => second.Parts.Store.Read(Availability(cpu))));
    }

    [Fact]
    public void Pin_IsSentToTheMachine()
    {
        using TestHost host = new();
        FakeMachine machine = host.NextMachine();
        using ControlClient client = host.Connect();
        client.VcpuPin(new VcpuPinning(1, new VcpuAffinity([0])));
        Assert.Contains("pin 1", machine.Calls);
    }

    [Fact]
    public void PerfMap_IsWrittenByTheProcess()
    {
        using TestHost host = new();
        host.NextMachine();
        using ControlClient client = host.Connect();
        string path = client.PerfMap();
        Assert.Equal("1000 10 guest-kernel-ffffffff81000000\n", File.ReadAllText(path));
        File.Delete(path);
    }

    [Fact]
    public void Thread_RunsWhereItsVcpuWasPinnedBeforeItBegan()
    {
        int last = ThreadAffinity.Get(0)![^1];
        VcpuThreads threads = new(2, [], _log.Add);
        threads.Pin(new VcpuPinning(1, new VcpuAffinity([last], [0])));
        Assert.Equal([last], threads.AffinityOf(1).Hard);
        Assert.Equal([last], RunAs(threads, vcpu: 1));
        Assert.Equal(ThreadAffinity.Get(0), RunAs(threads, vcpu: 0));
        Assert.Equal([0], threads.AffinityOf(1).Soft);
    }

    [Fact]
    public void ProcessorsThatTheHostDoesNotHave_LeaveAThreadWhereItWas()
    {
        VcpuThreads threads = new(1, [new VcpuAffinity([8191])], _log.Add);
        Assert.Equal(ThreadAffinity.Get(0), RunAs(threads, vcpu: 0));
        Assert.Contains("runs anywhere", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 0, "no-such-vcpu")]
    [InlineData(-1, 0, "no-such-vcpu")]
    [InlineData(0, 8191, "host-refuses-processors")]
    [InlineData(0, 1 << 20, "host-refuses-processors")]
    public void WrongPin_IsRefused(int vcpu, int processor, string code)
    {
        VcpuThreads threads = new(2, [], _log.Add);
        threads.Start(0);
        VcpuPinning pinning = new(vcpu, new VcpuAffinity([processor]));
        Assert.Equal(code, Assert.Throws<ProblemException>(() => threads.Pin(pinning)).Problem.Code);
        Assert.Equal(ThreadAffinity.Get(0), threads.AffinityOf(0).Hard);
    }

    private static NodePath Availability(int cpu) => NodePath.Parse($"/local/domain/5/cpu/{cpu}/availability");

    /// <summary>The processors of a thread that begins as a vCPU.</summary>
    private static IReadOnlyList<int>? RunAs(VcpuThreads threads, int vcpu)
    {
        IReadOnlyList<int>? allowed = null;
        Thread thread = new(() =>
        {
            threads.Start(vcpu);
            allowed = ThreadAffinity.Get(0);
        });
        thread.Start();
        thread.Join();
        return allowed;
    }
}
