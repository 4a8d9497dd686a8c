// SPDX-License-Identifier: MIT
using Domovoi.Fuzz.Disks;
using Domovoi.Fuzz.Networks;

namespace Domovoi.Fuzz;

/// <summary>The targets, by the names that <c>bench/fuzz</c> takes. A new one is a class and a line here.</summary>
internal static class FuzzTargets
{
    internal static readonly IReadOnlyDictionary<string, Func<IFuzzTarget>> All = new SortedDictionary<string, Func<IFuzzTarget>>(StringComparer.Ordinal)
    {
        // Disks.
        ["block-ring"] = static () => new BlockRingTarget(),
        ["disk-line"] = static () => new DiskLineTarget(),
        ["ext"] = static () => new ExtTarget(),
        ["grub"] = static () => new GrubTarget(),
        ["nbd-client"] = static () => new NbdClientTarget(),
        ["partitions"] = static () => new PartitionsTarget(),

        // Networks.
        ["frames"] = static () => new FramesTarget(),
        ["switch"] = static () => new SwitchTarget(),
        ["vif-line"] = static () => new VifLineTarget(),
        ["vif-ring"] = static () => new VifRingTarget(),
        ["xend-settings"] = static () => new XendSettingsTarget(),
    };
}
