// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Networks;

/// <summary>One entry of <c>vif = [ ... ]</c> as written (xl-network-configuration(5)); what it is plugged into is found when the domain is made.</summary>
public sealed record VifConfiguration
{
    /// <summary>Where the entry stands.</summary>
    public SourcePosition? Where { get; init; }

    /// <summary><c>devid=</c>; null: the lowest that is free.</summary>
    public int? Index { get; init; }

    public string? Mac { get; init; }

    public string? Bridge { get; init; }

    public string? Vlans { get; init; }

    public string? Rate { get; init; }

    /// <summary><c>ip=</c>: addresses and networks.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string? Script { get; init; }

    /// <summary><c>vifname=</c></summary>
    public string? HostName { get; init; }

    public int Mtu { get; init; }

    public bool Trusted { get; init; } = true;

    /// <summary><c>gatewaydev=</c>, read with <c>script=vif-route</c> only.</summary>
    public string? GatewayDevice { get; init; }

    /// <summary><c>host-loopback=</c>: behind NAT, 10.0.2.2 is the host's own 127.0.0.1.</summary>
    public bool HostLoopback { get; init; }

    /// <summary><c>forward=</c>, and <c>dom create -p</c>.</summary>
    public IReadOnlyList<string> Forwards { get; init; } = [];
}
