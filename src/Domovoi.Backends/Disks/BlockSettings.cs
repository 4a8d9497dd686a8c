// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Disks;

/// <summary>What the guest is told of a disk.</summary>
/// <param name="VirtualDevice">Its number, which says what the guest calls it (vbd-interface): 0xCA00 is xvda.</param>
/// <param name="Name">The same as a word, for messages.</param>
/// <param name="Target">Where the bytes are, as a person wrote it.</param>
/// <param name="IsCdRom">A drive whose medium may be exchanged.</param>
/// <param name="PersistentGrants">Offers <c>feature-persistent</c>: the driver copies into pages that stay granted, instead of granting those to be moved.</param>
public sealed record BlockSettings(int VirtualDevice, string Name, string Target, bool IsCdRom = false, bool PersistentGrants = false);
