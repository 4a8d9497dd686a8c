// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Vlans;

/// <summary>Some of the 4094 VLANs.</summary>
public sealed class VlanSet
{
    private readonly ulong[] _words = new ulong[(VlanId.Largest / 64) + 1];

    public void Add(VlanId vlan) => _words[vlan.Value >> 6] |= 1UL << (vlan.Value & 63);

    public bool Contains(VlanId vlan) => vlan.Value <= VlanId.Largest && (_words[vlan.Value >> 6] & (1UL << (vlan.Value & 63))) != 0;

    /// <summary>In ascending order.</summary>
    public IEnumerable<VlanId> All => Enumerable.Range(1, VlanId.Largest).Select(static v => new VlanId((ushort)v)).Where(Contains);
}
