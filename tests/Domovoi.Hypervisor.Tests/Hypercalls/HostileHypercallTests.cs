// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>Whatever a guest passes to a hypercall, the answer is a result or the crash of its own domain.</summary>
public sealed class HostileHypercallTests
{
    private const int Calls = 4000;

    private static readonly ulong[] s_favourites =
    [
        0, 1, 2, 3, 8, 0x7FF0, 0x7FF1, 0xFFF, 0x1000, uint.MaxValue, ulong.MaxValue, 1UL << 63, 1UL << 47,
        X86Addresses.HypervisorStart, TestDomain.Pages, TestDomain.Scratch, TestDomain.Scratch + 4090, TestDomain.StackTop,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AnyCall_WithAnyArguments_AnswersOrCrashesOnlyItsDomain(int seed)
    {
        Random random = new(seed);
        TestDomain domain = TestDomain.Create();
        for (int call = 0; call < Calls; call++)
        {
            FillScratch(domain, random);
            HypercallNumber number = (HypercallNumber)random.Next(64);
            if (number is HypercallNumber.SchedOp or HypercallNumber.SchedOpCompat)
            {
                continue;                                   // would put the test to sleep
            }

            try
            {
                domain.Hypercall(number, Value(random), Value(random), Value(random));
            }
            catch (DomainCrashException)
            {
                domain.Dispose();
                domain = TestDomain.Create();
            }

            if (!domain.Vcpu.IsInKernelMode || domain.Vcpu.HasOwnInfo)
            {
                domain.Dispose();
                domain = TestDomain.Create();
            }
        }

        domain.Dispose();
    }

    private static void FillScratch(TestDomain domain, Random random)
    {
        for (int word = 0; word < 32; word++)
        {
            ulong value = Value(random);
            domain.Vcpu.TryWrite(TestDomain.Scratch + ((ulong)word * 8), in value);
        }
    }

    private static ulong Value(Random random) => random.Next(4) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => (ulong)random.Next(256),
        _ => s_favourites[random.Next(s_favourites.Length)],
    };
}
