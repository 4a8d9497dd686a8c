// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Vlans;

/// <summary>A VLAN's number, 1 to 4094; 0 is a frame without a VLAN.</summary>
public readonly record struct VlanId(ushort Value)
{
    public const ushort Largest = 4094;

    /// <summary>Frames that belong to no VLAN.</summary>
    public static VlanId None => default;
}
