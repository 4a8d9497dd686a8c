// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Disks;

/// <summary>Told when the host fails to read or write a disk. May wait, on a worker's thread, until a person has made room.</summary>
/// <param name="disk">The guest's name for it.</param>
/// <param name="failure">What failed, in the host's words.</param>
/// <param name="stopping">Cancelled when the device goes.</param>
/// <returns>true to try again; false to tell the guest of an I/O error.</returns>
public delegate bool DiskTroubleHandler(string disk, string failure, CancellationToken stopping);
