// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Networks;

/// <summary>Finds the network that a vif asks for by <c>bridge=</c> and <c>script=</c>.</summary>
/// <remarks>
/// <code>
/// (nothing)       the bridge of xend's settings, if they make one; otherwise NAT
/// nat             NAT in user space, a network for this guest alone
/// switch:NAME     a private switch of this user's guests, made by its first port
/// uplink:DEVICE   an interface of the host, without a bridge
/// NAME            a bridge of the host's kernel
/// </code>
/// Xen's scripts are not run, but what they did is done: <c>vif-bridge</c> is the above, <c>vif-nat</c> NAT, <c>vif-route</c> a route for each address.
/// </remarks>
/// <param name="run">Where private switches are.</param>
/// <param name="settings">xend's.</param>
/// <param name="devices">The host's interfaces: <c>/sys/class/net</c>.</param>
public sealed class NetworkCatalog(RunDirectory run, XendSettings settings, string devices = "/sys/class/net")
{
    private const string Nat = "nat";
    private const string Bridging = "vif-bridge";
    private const string Translation = "vif-nat";
    private const string Routing = "vif-route";
    private const string Switch = "switch:";
    private const string Uplink = "uplink:";
    private const int LongestName = 32;

    /// <exception cref="ProblemException">There is no such network.</exception>
    public NetworkChoice Find(VifConfiguration vif)
    {
        ArgumentNullException.ThrowIfNull(vif);
        string script = ScriptOf(vif);
        if (script == Routing)
        {
            return OfRoutes(vif) with { IsGuarded = settings.Antispoof };
        }

        bool isNat = script == Translation;
        string? name = vif.Bridge ?? settings.VifBridge ?? (settings.Kind == HostNetworkKind.Bridge ? settings.Bridge ?? FirstBridge(vif) : null);
        NetworkChoice choice = name switch
        {
            _ when isNat => new NetworkChoice(NetworkKind.Nat),
            null or Nat => new NetworkChoice(NetworkKind.Nat),
            _ when name.StartsWith(Switch, StringComparison.Ordinal) => OfSwitch(vif, name[Switch.Length..]),
            _ when name.StartsWith(Uplink, StringComparison.Ordinal) => OfInterface(vif, name[Uplink.Length..]),
            _ => new NetworkChoice(NetworkKind.Bridge, OfBridge(vif, name)),
        };
        return choice with { IsGuarded = settings.Antispoof && choice.Kind != NetworkKind.Nat };
    }

    /// <summary>The script whose work is to be done: the vif's own, or for one without a bridge that of xend's settings.</summary>
    private string ScriptOf(VifConfiguration vif) => Path.GetFileName(vif.Script) switch
    {
        null or "" => vif.Bridge is not null ? Bridging : settings.VifsBehindNat ? Translation : settings.VifsRouted ? Routing : Bridging,
        (Bridging or Translation or Routing) and var known => known,
        "vif-openvswitch" => throw Wrong(
            vif,
            "script=vif-openvswitch: Open vSwitch is not spoken",
            "bridge=switch:NAME is a switch with VLANs that needs nothing; on a bridge of the kernel with vlan_filtering, vlan= works too"),
        var other => throw Wrong(
            vif,
            $"script={other}: Domovoi plugs vifs in itself and runs no scripts",
            "it does what script=vif-bridge, vif-route and vif-nat did; for the rest of your script, name the host's interface by vifname= and run it after dom create"),
    };

    private NetworkChoice OfRoutes(VifConfiguration vif) =>
        vif.Addresses.Count == 0 ? throw Wrong(vif, "script=vif-route: needs the guest's addresses, to which the host routes", "such as ip=10.0.0.5")
        : vif.GatewayDevice is { } device && !Exists(device) ? throw Wrong(
            vif, $"gatewaydev={device}: the host has no such interface", $"it has {Names(static _ => true)}")
        : new NetworkChoice(NetworkKind.Route, vif.GatewayDevice);

    private NetworkChoice OfSwitch(VifConfiguration vif, string name) =>
        name.Length is > 0 and <= LongestName && name[0] != '.' && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? new NetworkChoice(NetworkKind.Switch, name, Path.Combine(run.Path, "switches", name))
            : throw Wrong(vif, $"bridge=switch:{name}: a switch's name has 1 to {LongestName} letters, digits, '.', '_' and '-'", "such as bridge=switch:lab");

    private NetworkChoice OfInterface(VifConfiguration vif, string name) => Exists(name)
        ? new NetworkChoice(NetworkKind.Uplink, name)
        : throw Wrong(vif, $"bridge=uplink:{name}: the host has no such interface", $"it has {Names(static _ => true)}");

    /// <summary>As vif-bridge does, a bridge <c>xenbrN</c> that is not there is looked for as <c>ethN</c>.</summary>
    private string OfBridge(VifConfiguration vif, string name)
    {
        if (IsBridge(name))
        {
            return name;
        }

        string older = name.StartsWith("xenbr", StringComparison.Ordinal) ? $"eth{name[5..]}" : name;
        if (IsBridge(older))
        {
            return older;
        }

        string message = Exists(name) ? $"bridge={name}: is an interface of the host, not a bridge" : $"bridge={name}: the host has no such bridge";
        string first = Exists(name) ? $"bridge=uplink:{name} uses it without a bridge"
            : settings.Kind == HostNetworkKind.Bridge ? "`dom network start` makes the one of xend's settings"
            : $"it has {Names(IsBridge)}";
        throw Wrong(vif, message, $"{first}; bridge=switch:{name} is a private switch, bridge=nat needs nothing");
    }

    private string FirstBridge(VifConfiguration vif) => Devices().Where(IsBridge).Order(StringComparer.Ordinal).FirstOrDefault()
        ?? throw Wrong(vif, "xend's settings put guests on a bridge, and the host has none", "`dom network start` makes it");

    private string Names(Func<string, bool> isWanted) =>
        string.Join(", ", Devices().Where(isWanted).Order(StringComparer.Ordinal).DefaultIfEmpty("none"));

    private IEnumerable<string> Devices() =>
        Directory.Exists(devices) ? Directory.EnumerateDirectories(devices).Select(static path => Path.GetFileName(path)!) : [];

    private bool Exists(string name) => name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && Directory.Exists(Path.Combine(devices, name));

    private bool IsBridge(string name) => Exists(name) && Directory.Exists(Path.Combine(devices, name, "bridge"));

    private static ProblemException Wrong(VifConfiguration vif, string message, string hint) =>
        new(new Problem("network-unknown", $"vif: {message}", vif.Where, hint));
}
