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
/// </remarks>
/// <param name="run">Where private switches are.</param>
/// <param name="settings">xend's.</param>
/// <param name="devices">The host's interfaces: <c>/sys/class/net</c>.</param>
public sealed class NetworkCatalog(RunDirectory run, XendSettings settings, string devices = "/sys/class/net")
{
    private const string Nat = "nat";
    private const string Switch = "switch:";
    private const string Uplink = "uplink:";
    private const int LongestName = 32;

    /// <exception cref="ProblemException">There is no such network.</exception>
    public NetworkChoice Find(VifConfiguration vif)
    {
        ArgumentNullException.ThrowIfNull(vif);
        bool isNat = CheckScript(vif) || (vif.Bridge is null && settings.VifsBehindNat);
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

    private static bool CheckScript(VifConfiguration vif) => Path.GetFileName(vif.Script) switch
    {
        null or "" or "vif-bridge" => false,
        "vif-nat" => true,
        var other => throw Wrong(
            vif, $"script={other}: Domovoi plugs vifs in itself and runs no scripts", "leave script= out, or write script=vif-bridge or script=vif-nat"),
    };

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
