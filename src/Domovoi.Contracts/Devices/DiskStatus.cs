// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Devices;

/// <summary>A disk of a running domain.</summary>
/// <param name="Specification">As it was asked for; a CD's target as it is now.</param>
/// <param name="State">Of our end: <c>enum xenbus_state</c>.</param>
/// <param name="EventChannel">The guest's port; -1 before it has one.</param>
/// <param name="RingReference">The grant of its ring; -1 before it has one, or when it has several.</param>
/// <param name="BackendPath">Our directory in xenstore.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Counters">Requests and sectors of 512 bytes.</param>
public sealed record DiskStatus(
    DiskSpecification Specification, int State, int EventChannel, int RingReference, string BackendPath, long Length, DiskCounters Counters);

/// <summary>All of a domain's.</summary>
public sealed record DiskList(IReadOnlyList<DiskStatus> Disks);

/// <summary>What a guest has read and written since the disk was attached.</summary>
public sealed record DiskCounters(long ReadRequests, long WriteRequests, long ReadSectors, long WriteSectors);
