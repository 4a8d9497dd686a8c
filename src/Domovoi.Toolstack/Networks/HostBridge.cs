// SPDX-License-Identifier: MIT
using System.Net;
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Networks;

/// <summary>Does to the host what <c>network-bridge</c> did: a bridge that takes an interface in, and its addresses and routes over.</summary>
/// <remarks>
/// Unlike the script it renames nothing: the interface keeps its name, the bridge is <c>xenbr0</c> or what <c>bridge=</c> says. Each step
/// looks first whether it has been done, so that a start or stop that was killed is finished by the next one.
/// </remarks>
public sealed class HostBridge(XendSettings settings, string stateFile)
{
    private const int LinkScope = 253;
    private const int KernelProtocol = 2;
    private const int EEXIST = 17;
    private const int ENOENT = 2;
    private const int ESRCH = 3;
    private const int EADDRNOTAVAIL = 99;
    private const int ENODEV = 19;

    /// <summary>What <see cref="Start"/> found and did, for people.</summary>
    public IReadOnlyList<string> Start()
    {
        if (settings.Kind == HostNetworkKind.Dummy)
        {
            return ["network-dummy: nothing to do; the host's network is left alone"];
        }

        using RouteSocket routes = new();
        HostNetworkState state = HostNetworkState.TryRead(stateFile) ?? Record(routes);
        Guard(() => Apply(routes, state));
        return [$"{state.Device} is in bridge {state.Bridge}, which has its addresses ({state.Addresses.Count}) and routes ({state.Routes.Count})"];
    }

    /// <summary>Puts the host back as it was.</summary>
    /// <param name="force">Even if guests are on the bridge.</param>
    public IReadOnlyList<string> Stop(bool force)
    {
        if (HostNetworkState.TryRead(stateFile) is not { } state)
        {
            return ["nothing to do; the host's network has not been changed"];
        }

        using RouteSocket routes = new();
        if (!force && Guests(routes, state) is { Count: > 0 } guests)
        {
            throw new ProblemException(
                "bridge-in-use", $"guests are on {state.Bridge}: {string.Join(", ", guests)}", "shut them down first, or use --force");
        }

        Guard(() => Undo(routes, state));
        File.Delete(stateFile);
        return [$"{state.Device} has its addresses and routes back{(state.MadeBridge ? $"; bridge {state.Bridge} is gone" : "")}"];
    }

    /// <summary>What the settings ask for, and what is.</summary>
    public IReadOnlyList<string> Status()
    {
        using RouteSocket routes = new();
        List<string> lines = [$"settings: {settings.Source ?? $"none ({XendSettingsReader.DefaultFile} is not there)"}"];
        HostNetworkState? state = HostNetworkState.TryRead(stateFile);
        if (settings.Kind == HostNetworkKind.Dummy)
        {
            lines.Add("network-dummy: the host's network is left alone");
        }
        else
        {
            (string device, string bridge) = Names(routes);
            lines.Add($"network-bridge: {device} is to be in bridge {bridge}{(settings.Antispoof ? ", guests keep to their own addresses" : "")}");
        }

        lines.Add(state is null ? "not started" : $"started: {state.Device} in bridge {state.Bridge}");
        IReadOnlyList<NetworkLink> links = routes.Links();
        foreach (NetworkLink bridge in links.Where(static link => link.Kind == "bridge"))
        {
            IEnumerable<string> ports = links.Where(link => link.Master == bridge.Index).Select(static link => link.Name);
            lines.Add($"bridge {bridge.Name}: {(bridge.IsUp ? "up" : "down")}, ports: {string.Join(' ', ports.DefaultIfEmpty("none"))}");
        }

        return lines;
    }

    private HostNetworkState Record(RouteSocket routes)
    {
        (string device, string bridge) = Names(routes);
        NetworkLink link = routes.FindLink(device) ?? throw new ProblemException(
            "interface-missing", $"the host has no interface {device}", $"it has {string.Join(", ", routes.Links().Select(static l => l.Name))}; write netdev=NAME");
        NetworkLink? present = routes.FindLink(bridge);
        if (present is { Kind: not "bridge" } || link.Kind == "bridge" || link.Master != 0)
        {
            string what = link.Kind == "bridge" ? $"{device} is a bridge itself"
                : link.Master != 0 ? $"{device} is in a bridge already"
                : $"{bridge} is an interface, not a bridge";
            throw new ProblemException("bridge-conflict", what, "name another with netdev= or bridge=");
        }

        HostNetworkState state = new(
            bridge,
            device,
            present is null,
            link.IsUp,
            [.. routes.Addresses().Where(a => a.Link == link.Index && a.Scope != LinkScope).Select(Keep)],
            [.. routes.Routes().Where(r => r.Link == link.Index && r.Protocol != KernelProtocol).Select(Keep)]);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(stateFile)!);
            state.Write(stateFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("network-state", $"the host's network is not changed, because what it was cannot be written down: {e.Message}");
        }

        return state;
    }

    private static void Apply(RouteSocket routes, HostNetworkState state)
    {
        NetworkLink device = Need(routes, state.Device);
        if (routes.FindLink(state.Bridge) is null)
        {
            routes.CreateBridge(state.Bridge);
        }

        NetworkLink bridge = Need(routes, state.Bridge);
        if (state.MadeBridge)
        {
            routes.SetStation(bridge.Index, [.. device.Station]);
        }

        if (device.Master != bridge.Index)
        {
            routes.SetMaster(device.Index, bridge.Index);
        }

        routes.SetUp(device.Index, isUp: true);
        routes.SetUp(bridge.Index, isUp: true);
        Move(routes, state, device.Index, bridge.Index);
    }

    private static void Undo(RouteSocket routes, HostNetworkState state)
    {
        NetworkLink? device = routes.FindLink(state.Device);
        NetworkLink? bridge = routes.FindLink(state.Bridge);
        if (device is not null)
        {
            if (bridge is not null && device.Master == bridge.Index)
            {
                routes.SetMaster(device.Index, 0);
            }

            Move(routes, state, bridge?.Index, device.Index);
            if (!state.DeviceWasUp)
            {
                routes.SetUp(device.Index, isUp: false);
            }
        }

        if (bridge is not null && state.MadeBridge)
        {
            routes.DeleteLink(bridge.Index);
        }
    }

    /// <summary>Addresses first, since the routes need them; those that have moved already are left.</summary>
    private static void Move(RouteSocket routes, HostNetworkState state, int? from, int to)
    {
        foreach (NetworkAddress address in state.Addresses.Select(kept => Restore(kept, to)))
        {
            if (from is { } old)
            {
                Unless([EADDRNOTAVAIL, ENOENT, ENODEV], () => routes.DeleteAddress(address with { Link = old, Label = null }));
            }

            Unless([EEXIST], () => routes.AddAddress(address with { Label = null }));
        }

        foreach (NetworkRoute route in state.Routes.Select(kept => Restore(kept, to)).OrderBy(static r => r.Gateway is not null))
        {
            if (from is { } old)
            {
                Unless([ESRCH, ENOENT, ENODEV], () => routes.DeleteRoute(route with { Link = old }));
            }

            Unless([EEXIST], () => routes.AddRoute(route));
        }
    }

    private (string Device, string Bridge) Names(RouteSocket routes)
    {
        string device = settings.Device ?? DefaultDevice(routes);
        string digits = new([.. device.Reverse().TakeWhile(char.IsAsciiDigit).Reverse()]);
        string number = settings.Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? (digits.Length == 0 ? "0" : digits);
        return (device, settings.Bridge ?? $"xenbr{number}");
    }

    /// <summary>Where the default route leads, as the script did; of a bridge that was started, the interface in it.</summary>
    private string DefaultDevice(RouteSocket routes)
    {
        if (HostNetworkState.TryRead(stateFile) is { } state)
        {
            return state.Device;
        }

        NetworkRoute? route = routes.Routes().Where(static r => r is { Destination: null, IsIpv6: false }).MinBy(static r => r.Metric);
        return routes.Links().FirstOrDefault(link => link.Index == route?.Link)?.Name ?? "eth0";
    }

    private static List<string> Guests(RouteSocket routes, HostNetworkState state) =>
        routes.FindLink(state.Bridge) is not { } bridge ? []
            : [.. routes.Links().Where(link => link.Master == bridge.Index && link.Name != state.Device).Select(static link => link.Name)];

    private static NetworkLink Need(RouteSocket routes, string name) => routes.FindLink(name)
        ?? throw new ProblemException("interface-missing", $"the host has no interface {name} any more", "`dom network stop` gives up what was started");

    private static void Unless(int[] harmless, Action change)
    {
        try
        {
            change();
        }
        catch (LinuxException e) when (harmless.Contains(e.Errno))
        {
            // Done before, by a start or stop that did not come to its end.
        }
    }

    private static void Guard(Action change)
    {
        try
        {
            change();
        }
        catch (LinuxException e) when (e.IsDenied)
        {
            throw new ProblemException("network-denied", $"the host's network cannot be changed: {e.Message}", "run `dom network` as root");
        }
    }

    private static KeptAddress Keep(NetworkAddress a) => new(a.Address.ToString(), a.PrefixLength, a.Broadcast?.ToString(), a.Scope, a.Label);

    private static KeptRoute Keep(NetworkRoute r) => new(
        r.Destination?.ToString(), r.PrefixLength, r.Gateway?.ToString(), r.Source?.ToString(), r.Metric, r.Protocol, r.Scope, r.IsIpv6);

    private static NetworkAddress Restore(KeptAddress a, int link) =>
        new(link, IPAddress.Parse(a.Address), a.PrefixLength, Parse(a.Broadcast), a.Scope, a.Label);

    private static NetworkRoute Restore(KeptRoute r, int link) => new(
        link, Parse(r.Destination), r.PrefixLength, Parse(r.Gateway), Parse(r.Source), r.Metric, r.Protocol, r.Scope) { IsIpv6 = r.IsIpv6 };

    private static IPAddress? Parse(string? text) => text is null ? null : IPAddress.Parse(text);
}
