// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

public sealed class DomainWatchdogTests
{
    [Fact]
    public void Watchdogs_AreTwo_AndAreToldApartByNumber()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal([1, 2, (long)XenError.NoSpace], [Set(domain, 0, 10), Set(domain, 0, 10), Set(domain, 0, 10)]);
        Assert.Equal(0, Set(domain, 1, 0));
        Assert.Equal(((long)XenError.InvalidArgument, 1L), (Set(domain, 1, 10), Set(domain, 0, 10)));
        Assert.Equal((long)XenError.InvalidArgument, Set(domain, 3, 10));
    }

    [Fact]
    public async Task Watchdog_ThatIsNotSetAnew_EndsTheDomain()
    {
        using TestDomain domain = TestDomain.Create();
        Set(domain, 0, 5);
        Pass(domain, seconds: 4);
        Assert.Equal(0, Set(domain, 1, 5));
        Pass(domain, seconds: 4);
        Assert.False(domain.Domain.Completion.IsCompleted);
        Pass(domain, seconds: 1);
        Assert.Equal(ShutdownReason.Watchdog, (await domain.Domain.Completion).Reason);
    }

    [Fact]
    public void Watchdog_ThatIsGivenBack_NeverFires()
    {
        using TestDomain domain = TestDomain.Create();
        Set(domain, 0, 5);
        Set(domain, 1, 0);
        Pass(domain, seconds: 100);
        Assert.Equal((false, VcpuTimers.Never), (domain.Domain.Completion.IsCompleted, domain.Domain.Watchdogs.NextDeadline));
    }

    [Fact]
    public void Watchdog_WithABadPointer_IsRefused()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((long)XenError.BadAddress, domain.Hypercall(HypercallNumber.SchedOp, (ulong)SchedCommand.Watchdog, 8));
    }

    private static long Set(TestDomain domain, uint id, uint seconds) => domain.HypercallWith(
        HypercallNumber.SchedOp, (ulong)SchedCommand.Watchdog, new SchedWatchdog { Id = id, Timeout = seconds });

    private static void Pass(TestDomain domain, int seconds)
    {
        domain.Time.Advance(TimeSpan.FromSeconds(seconds));
        domain.Domain.Watchdogs.Expire(domain.Domain.Clock.Now);
    }
}
