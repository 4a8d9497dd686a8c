// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Nics;

/// <summary>Which multicast addresses a guest wants, once it has asked us to filter (<c>request-multicast-control</c>).</summary>
internal sealed class MulticastFilter
{
    private readonly HashSet<MacAddress> _wanted = [];

    /// <returns>false when there are too many, or it is no multicast address.</returns>
    internal bool TryAdd(MacAddress address) =>
        address.IsGroup && (_wanted.Contains(address) || (_wanted.Count < NetifLimits.Multicasts && _wanted.Add(address)));

    internal bool Remove(MacAddress address)
    {
        _wanted.Remove(address);
        return true;
    }

    /// <summary>Broadcasts and the guest's own frames always pass.</summary>
    internal bool Allows(MacAddress destination) =>
        !destination.IsGroup || destination == MacAddress.Broadcast || _wanted.Contains(destination);
}
