// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Devices;

/// <summary>Takes a disk from a guest.</summary>
/// <param name="VirtualDevice">Its number.</param>
/// <param name="Force">Does not wait for the guest to let go.</param>
/// <param name="PatienceMilliseconds">How long to wait.</param>
public sealed record DiskRemoval(int VirtualDevice, bool Force = false, int PatienceMilliseconds = 10_000);
