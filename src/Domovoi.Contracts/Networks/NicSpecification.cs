// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Networks;

/// <summary>What a vif is plugged into.</summary>
public enum NetworkKind
{
    /// <summary>A network of the guest's own, from which it reaches what this process's user reaches.</summary>
    Nat,

    /// <summary>A bridge of the host's kernel.</summary>
    Bridge,

    /// <summary>A switch in user space, shared by the guests of one user on this host.</summary>
    Switch,

    /// <summary>An interface of the host, without a bridge.</summary>
    Uplink,

    /// <summary>The host routes: a device of its own, and a route to each of the guest's addresses (Xen's <c>vif-route</c>).</summary>
    Route,

    /// <summary>A TAP device that a script of the administrator's plugs in (<c>script=</c>).</summary>
    Script,

    /// <summary>A bridge of Open vSwitch (Xen's <c>vif-openvswitch</c>).</summary>
    OpenVswitch,
}

/// <summary>One vif of a domain, as <c>domovoi-vm</c> needs it; values have been checked for form.</summary>
public sealed record NicSpecification
{
    /// <summary>The vif's number.</summary>
    public required int Index { get; init; }

    public required string Mac { get; init; }

    public required NetworkKind Network { get; init; }

    /// <summary>The bridge, switch or interface; for routes the interface whose address the host speaks from, if any; null for NAT.</summary>
    public string? NetworkName { get; init; }

    /// <summary>Where the switch's ports meet; set for <see cref="NetworkKind.Switch"/>.</summary>
    public string? SwitchFolder { get; init; }

    /// <summary>xl's list, such as <c>10p/20</c>; null: everything as it is.</summary>
    public string? Vlans { get; init; }

    /// <summary>Addresses and networks the guest may send from, and its MAC the only one; null: any.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>xl's <c>rate=</c>, such as <c>10Mb/s@20ms</c>.</summary>
    public string? Rate { get; init; }

    /// <summary>Name of the host's end, where it has one; null for <c>vifDOMAIN.INDEX</c>.</summary>
    public string? HostName { get; init; }

    /// <summary>0: the network's own.</summary>
    public int Mtu { get; init; }

    public bool Trusted { get; set; } = true;

    /// <summary><c>script=</c>: the path of what is run for <see cref="NetworkKind.Script"/>; otherwise it only says how the vif was asked for.</summary>
    public string? Script { get; init; }

    /// <summary>More arguments for the script, such as <c>bridge=br7</c>, from xend's settings.</summary>
    public IReadOnlyList<string> ScriptArguments { get; init; } = [];

    /// <summary><c>gatewaydev=</c>, for the script.</summary>
    public string? GatewayDevice { get; init; }

    /// <summary>Ports of the host that lead to the guest behind NAT, such as <c>tcp:127.0.0.1:2222:22</c>.</summary>
    public IReadOnlyList<string> Forwards { get; set; } = [];

    /// <summary>Whether a guest behind NAT reaches what listens on the host's loopback addresses, as 10.0.2.2.</summary>
    public bool HostLoopback { get; init; }
}
