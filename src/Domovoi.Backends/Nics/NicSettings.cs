// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;
using Domovoi.Network.Limits;

namespace Domovoi.Backends.Nics;

/// <summary>How one vif looks to its guest and its toolstack.</summary>
/// <param name="Index">The vif's number (xl's devid).</param>
/// <param name="Station">The guest's address.</param>
/// <param name="Mtu">The longest IP packet that is not segmented.</param>
/// <param name="Queues">The most queues the guest may use.</param>
/// <param name="Rate">The guest's limit; null for none.</param>
/// <param name="Trusted">What the front end is told of us: one that does not trust us copies what it sends and receives.</param>
/// <param name="Notes">Further nodes of our directory that say what was asked for: <c>bridge</c>, <c>script</c>, <c>ip</c>.</param>
public sealed record NicSettings(
    int Index,
    MacAddress Station,
    int Mtu,
    int Queues,
    TransmitRate? Rate,
    bool Trusted,
    IReadOnlyList<KeyValuePair<string, string>> Notes);
