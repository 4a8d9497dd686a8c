// SPDX-License-Identifier: MIT
using Domovoi.KernelImages;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>What a PV domain is to start with.</summary>
public sealed record PvBootRequest
{
    public required KernelImage Kernel { get; init; }

    /// <summary>The ramdisk's bytes; null for none.</summary>
    public ImageSource? Ramdisk { get; init; }

    public string CommandLine { get; init; } = "";

    /// <summary>The guest's memory at the start, in pages.</summary>
    public required ulong Pages { get; init; }

    /// <summary>A frame of the hypervisor's, which the guest may map.</summary>
    public required Mfn SharedInfo { get; init; }

    /// <summary>The guest's end of the console's event channel.</summary>
    public required EventPort ConsolePort { get; init; }

    /// <summary>The guest's end of xenstore's event channel.</summary>
    public required EventPort XenstorePort { get; init; }
}
