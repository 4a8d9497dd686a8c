// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Launch;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Toolstack.Configuration;

/// <summary>A guest as its configuration file asks for it.</summary>
public sealed record GuestConfiguration
{
    public required string Name { get; init; }

    public required Guid Uuid { get; init; }

    /// <summary>Empty with a <see cref="Bootloader"/>.</summary>
    public required string Kernel { get; init; }

    public BootloaderSpecification? Bootloader { get; init; }

    public string? Ramdisk { get; init; }

    public string CommandLine { get; init; } = "";

    public required long MemoryMiB { get; init; }

    public required long MaxMemoryMiB { get; init; }

    /// <summary>Online at the start.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>What the guest may bring up in all.</summary>
    public int MaxVcpus { get; init; } = 1;

    /// <summary><c>cpus</c> and <c>cpus_soft</c>, from vCPU 0 on; what they do not mention is not there.</summary>
    public IReadOnlyList<VcpuAffinity> Affinities { get; init; } = [];

    public IReadOnlyList<DiskSpecification> Disks { get; init; } = [];

    public DiskErrorAction OnDiskError { get; init; } = DiskErrorAction.Report;

    /// <summary>Whether translated code is taken from earlier boots and kept for later ones.</summary>
    public bool KeepsTranslations { get; init; } = true;

    /// <summary><c>vif = [ ... ]</c></summary>
    public IReadOnlyList<VifConfiguration> Vifs { get; init; } = [];

    /// <summary>What generated addresses are made of: the same as long as the configuration is.</summary>
    public required string Identity { get; init; }

    public EndAction OnPowerOff { get; init; } = EndAction.Destroy;

    public EndAction OnReboot { get; init; } = EndAction.Restart;

    public EndAction OnCrash { get; init; } = EndAction.Destroy;

    /// <summary>What the file asks for and does not get.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];
}
