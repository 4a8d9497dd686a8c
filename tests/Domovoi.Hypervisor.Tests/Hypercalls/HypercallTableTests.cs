// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

public sealed class HypercallTableTests
{
    public static TheoryData<HypercallNumber> Numbers => [.. Enum.GetValues<HypercallNumber>()];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void EachNumber_IsImplementedOrHasANameForTheLog(HypercallNumber number) =>
        Assert.NotEqual(HypercallTable.IsImplemented(number), HypercallName.Of(number) != "no name");

    [Fact]
    public void UnknownNumber_IsNotImplemented_AndLoggedOnce()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((long)XenError.NotImplemented, domain.Hypercall(HypercallNumber.XenPmuOp));
        Assert.Equal((long)XenError.NotImplemented, domain.Hypercall(HypercallNumber.XenPmuOp));
        Assert.Equal((long)XenError.NotImplemented, domain.Hypercall((HypercallNumber)0xFFFF_FFFF));

        Assert.Single(domain.Log, line => line.Contains("__HYPERVISOR_xenpmu_op", StringComparison.Ordinal));
    }

    [Fact]
    public void Multicall_GivesEachEntryItsResult()
    {
        using TestDomain domain = TestDomain.Create();
        Put(domain, 0, HypercallNumber.StackSwitch, 0xE02B, 0x1234_0000);
        Put(domain, 1, HypercallNumber.XenPmuOp, 0, 0);
        Put(domain, 2, HypercallNumber.Multicall, TestDomain.Scratch, 1);

        Assert.Equal(0, domain.Hypercall(HypercallNumber.Multicall, TestDomain.Scratch, 3));
        Assert.Equal(0x1234_0000UL, domain.Vcpu.KernelStackPointer);
        Assert.Equal([0, -38, -22], Results(domain, 3));
    }

    [Fact]
    public void Multicall_OverUnmappedMemory_IsBadAddress()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((long)XenError.BadAddress, domain.Hypercall(HypercallNumber.Multicall, 0x1000, ulong.MaxValue));
    }

    private static void Put(TestDomain domain, int index, HypercallNumber number, ulong a0, ulong a1)
    {
        MulticallEntry entry = new() { Operation = (ulong)number };
        (entry.Arguments[0], entry.Arguments[1]) = (a0, a1);
        domain.Write(TestDomain.Scratch + ((ulong)index * MulticallEntry.Size), in entry);
    }

    private static long[] Results(TestDomain domain, int count) =>
        [.. Enumerable.Range(0, count).Select(
            index => domain.Read<MulticallEntry>(TestDomain.Scratch + ((ulong)index * MulticallEntry.Size)).Result)];
}
