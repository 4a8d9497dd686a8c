// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.KernelImages;

namespace Domovoi.Hypervisor.Boot;

/// <summary>What a domain is to be built from.</summary>
public sealed record DomainBuildRequest
{
    /// <summary>All that does not concern memory and kernel; the builder adds the frame of shared_info.</summary>
    public required DomainSettings Settings { get; init; }

    public required KernelImage Kernel { get; init; }

    /// <summary>The ramdisk's bytes; null for none.</summary>
    public ImageSource? Ramdisk { get; init; }

    public string CommandLine { get; init; } = "";

    /// <summary>Memory at the start.</summary>
    public required ulong MemoryKiB { get; init; }

    /// <summary>The most the guest may balloon up to; 0: as <see cref="MemoryKiB"/>.</summary>
    public ulong MaxMemoryKiB { get; init; }
}
