// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>How vCPU 0 of a loaded PV domain starts, and which frames its back ends serve.</summary>
public sealed record PvBootState
{
    public required PvLayout Layout { get; init; }

    /// <summary>RIP.</summary>
    public required ulong Entry { get; init; }

    /// <summary>RSP: the top of the boot stack.</summary>
    public required ulong StackPointer { get; init; }

    /// <summary>RSI: where the guest sees <see cref="Domovoi.Xen.Abi.StartInfo"/>.</summary>
    public required ulong StartInfoAddress { get; init; }

    /// <summary>CR3: the level 4 table, written but not pinned yet.</summary>
    public required Mfn Root { get; init; }

    public required Mfn Console { get; init; }

    public required Mfn Xenstore { get; init; }
}
