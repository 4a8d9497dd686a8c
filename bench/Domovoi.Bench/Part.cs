// SPDX-License-Identifier: MIT
namespace Domovoi.Bench;

/// <summary>One part of the whole: what one session of a machine measures.</summary>
/// <param name="Name">As <c>--only</c> and bench/guest/parts have it.</param>
/// <param name="Machines">Who takes part, in the order of their turns.</param>
/// <param name="Vcpus">One session for each.</param>
/// <param name="Memory">Of the guest, in MiB.</param>
/// <param name="Argument">For the script in the guest.</param>
/// <param name="Limit">For one session; one that takes longer is ended and counts as failed.</param>
internal sealed record Part(string Name, string[] Machines, int[] Vcpus, int Memory, string Argument, TimeSpan Limit)
{
    private const int MemoryBesideTheLargestSet = 640;
    private static readonly string[] s_all = [Machine.Qemu, Machine.Ours, Machine.Native];

    internal static IReadOnlyList<Part> All { get; } =
    [
        new("boot", [Machine.Qemu, Machine.Microvm, Machine.Ours], [1], 512, "", TimeSpan.FromMinutes(2)),
        new("works", s_all, [1], 1024, "", TimeSpan.FromMinutes(8)),
        new("parallel", s_all, [1, 2, 4], 512, "", TimeSpan.FromMinutes(2)),
        new("code", s_all, [1], 1024, "", TimeSpan.FromMinutes(8)),
        new("memory", s_all, [1], LargestSet() + MemoryBesideTheLargestSet, $"{LargestSet()}", TimeSpan.FromMinutes(5)),
        new("exits", s_all, [1], 512, "", TimeSpan.FromMinutes(3)),
    ];

    /// <summary>Whether it measures what translating costs, and nothing may be there from an earlier session.</summary>
    internal bool TranslatesAnew => Name == "code";

    /// <summary>What the script in the guest gets; with several vCPUs it starts as many processes.</summary>
    internal string ArgumentFor(int vcpus) => Name == "parallel" ? $"{vcpus}" : Argument;

    /// <summary>4 GiB, or as much as leaves half of the host's free memory alone.</summary>
    private static int LargestSet()
    {
        long available = HostState.AvailableMemoryInMiB();
        int size = 4096;
        while (size > 64 && size > available / 2)
        {
            size /= 4;
        }

        return size;
    }
}
