// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Launch;

namespace Domovoi.Toolstack.Configuration;

/// <summary>A guest as its configuration file asks for it.</summary>
public sealed record GuestConfiguration
{
    public required string Name { get; init; }

    public required Guid Uuid { get; init; }

    public required string Kernel { get; init; }

    public string? Ramdisk { get; init; }

    public string CommandLine { get; init; } = "";

    public required long MemoryMiB { get; init; }

    public required long MaxMemoryMiB { get; init; }

    public IReadOnlyList<DiskSpecification> Disks { get; init; } = [];

    public DiskErrorAction OnDiskError { get; init; } = DiskErrorAction.Report;

    public EndAction OnPowerOff { get; init; } = EndAction.Destroy;

    public EndAction OnReboot { get; init; } = EndAction.Restart;

    public EndAction OnCrash { get; init; } = EndAction.Destroy;

    /// <summary>What the file asks for and does not get.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];
}
