// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.RegularExpressions;
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
/// What Xen's own scripts did is built in: <c>vif-bridge</c> is the above, <c>vif-nat</c> NAT, <c>vif-route</c> a route for each address,
/// <c>vif-openvswitch</c> a port of Open vSwitch. Any other <c>script=</c> is run.
/// </remarks>
/// <param name="run">Where private switches are.</param>
/// <param name="settings">xend's.</param>
/// <param name="devices">The host's interfaces: <c>/sys/class/net</c>.</param>
/// <param name="scripts">Where scripts named without a folder are.</param>
public sealed partial class NetworkCatalog(
    RunDirectory run, XendSettings settings, string devices = "/sys/class/net", string scripts = NetworkCatalog.Scripts)
{
    private const string Scripts = "/etc/xen/scripts";
    private const string Nat = "nat";
    private const string Bridging = "vif-bridge";
    private const string Translation = "vif-nat";
    private const string Routing = "vif-route";
    private const string OpenVswitch = "vif-openvswitch";
    private const string DefaultBridge = "xenbr0";          // xl's, when a script is run
    private const string Switch = "switch:";
    private const string Uplink = "uplink:";
    private const int LongestName = 32;

    /// <summary>What xend's settings give their script.</summary>
    public IReadOnlyList<string> ScriptArguments => settings.VifScriptArguments;

    /// <summary>The name of a script of Xen's, by itself or in Xen's folder; any other is left as it is.</summary>
    internal static string BuiltIn(string script) =>
        Path.GetDirectoryName(script) is "" or null or Scripts ? Path.GetFileName(script) : script;

    /// <exception cref="ProblemException">There is no such network.</exception>
    public NetworkChoice Find(VifConfiguration vif)
    {
        ArgumentNullException.ThrowIfNull(vif);
        string script = ScriptOf(vif);
        if (script == Routing)
        {
            return OfRoutes(vif) with { IsGuarded = settings.Antispoof };
        }

        if (script == OpenVswitch)
        {
            return OfOpenVswitch(vif) with { IsGuarded = settings.Antispoof };
        }

        if (script is not (Bridging or Translation))
        {
            return OfScript(vif, script) with { IsGuarded = settings.Antispoof };
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

    /// <summary>The script whose work is to be done: the vif's own, or that of xend's settings, whose built-in ones are for vifs without a bridge.</summary>
    private string ScriptOf(VifConfiguration vif) => vif.Script is { Length: > 0 } own ? BuiltIn(own)
        : settings.VifScript is { } everyones ? everyones
        : vif.Bridge is not null ? Bridging
        : settings.VifsBehindNat ? Translation
        : settings.VifsRouted ? Routing
        : Bridging;

    private NetworkChoice OfScript(VifConfiguration vif, string script)
    {
        string path = Path.Combine(scripts, script);
        if (!File.Exists(path))
        {
            throw Wrong(
                vif,
                $"script={script}: there is no {path}",
                "vif-bridge, vif-route, vif-nat and vif-openvswitch are built in; a script of your own is named by its path, or lies in /etc/xen/scripts");
        }

        if ((File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) == 0)
        {
            throw Wrong(vif, $"script={script}: {path} is not executable", $"`chmod +x {path}`");
        }

        string bridge = vif.Bridge ?? settings.VifBridge ?? settings.Bridge ?? DefaultBridge;
        return IsOurs(bridge)
            ? throw Wrong(vif, $"script={script}: plugs a device of the host in, and bridge={bridge} has none", "leave script= out, or name a bridge of the host")
            : new NetworkChoice(NetworkKind.Script, bridge) { Script = path };
    }

    /// <summary>xl's form: <c>BRIDGE[.VLAN][:TRUNK:TRUNK]</c>.</summary>
    private static NetworkChoice OfOpenVswitch(VifConfiguration vif)
    {
        const string wanted = "such as bridge=ovsbr0, bridge=ovsbr0.10 (one VLAN) or bridge=ovsbr0:10:20 (these, tagged)";
        if (vif.Bridge is null || IsOurs(vif.Bridge) || OpenVswitchBridge().Match(vif.Bridge) is not { Success: true } match)
        {
            throw Wrong(vif, $"script=vif-openvswitch: needs the name of a bridge of Open vSwitch{(vif.Bridge is null ? "" : $", not {vif.Bridge}")}", wanted);
        }

        Group[] numbers = [match.Groups[2], match.Groups[3]];
        string? wrong = numbers.SelectMany(static group => group.Captures).Select(static capture => capture.Value)
            .FirstOrDefault(static number => !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int vlan) || vlan is < 1 or > 4094);
        return wrong is not null ? throw Wrong(vif, $"bridge={vif.Bridge}: {wrong} is no VLAN, expected 1 to 4094", wanted)
            : vif.Vlans is not null && Array.Exists(numbers, static group => group.Success) ? throw Wrong(
                vif, $"bridge={vif.Bridge} and vlan={vif.Vlans}: both name VLANs", "write one of them")
            : new NetworkChoice(NetworkKind.OpenVswitch, vif.Bridge);
    }

    private static bool IsOurs(string bridge) =>
        bridge == Nat || bridge.StartsWith(Switch, StringComparison.Ordinal) || bridge.StartsWith(Uplink, StringComparison.Ordinal);

    [GeneratedRegex(@"^([A-Za-z0-9_-]{1,15})(?:\.([0-9]+))?(?::([0-9]+))*$")]
    private static partial Regex OpenVswitchBridge();

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
