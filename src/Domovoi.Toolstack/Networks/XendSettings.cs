// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Networks;

/// <summary>What xend's settings make of the host's network.</summary>
public enum HostNetworkKind
{
    /// <summary><c>network-dummy</c>, or no settings: the host's network is left alone.</summary>
    Dummy,

    /// <summary><c>network-bridge</c>: an interface of the host and the guests share a bridge.</summary>
    Bridge,
}

/// <summary>xend's settings about networks: <c>network-script</c> and <c>vif-script</c>.</summary>
public sealed record XendSettings
{
    /// <summary>The file; null when there is none.</summary>
    public string? Source { get; init; }

    public HostNetworkKind Kind { get; init; }

    /// <summary><c>netdev=</c>; null: where the default route leads.</summary>
    public string? Device { get; init; }

    /// <summary><c>bridge=</c>; null: <c>xenbr</c> and the device's number.</summary>
    public string? Bridge { get; init; }

    /// <summary><c>vifnum=</c>: the number in the default names; null: the device's own.</summary>
    public int? Number { get; init; }

    /// <summary><c>antispoof=</c>: guests may use their own addresses only.</summary>
    public bool Antispoof { get; init; }

    /// <summary>Whether vifs that name no bridge are behind NAT: <c>(vif-script vif-nat)</c>.</summary>
    public bool VifsBehindNat { get; init; }

    /// <summary>Whether the host routes to vifs that name no bridge: <c>(vif-script vif-route)</c>.</summary>
    public bool VifsRouted { get; init; }

    /// <summary><c>(vif-script 'vif-bridge bridge=...')</c></summary>
    public string? VifBridge { get; init; }

    /// <summary>A script of the administrator's own: <c>(vif-script 'my-script key=value')</c>; every vif without <c>script=</c> gets it.</summary>
    public string? VifScript { get; init; }

    /// <summary>Its settings, as they stand: <c>key=value</c>.</summary>
    public IReadOnlyList<string> VifScriptArguments { get; init; } = [];
}
