// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using Domovoi.Backends.Nics;
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.Linux;
using Domovoi.Network;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;
using Domovoi.Network.Limits;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;

namespace Domovoi.DomainHost.Nics;

/// <summary>Makes a vif from its specification: opens the network's end, puts the port's rules in front, and the device before both.</summary>
internal sealed class NicFactory(int domain, int vcpus, HotplugScripts scripts, TimeProvider time)
{
    /// <summary>More do not help: one thread serves a vif.</summary>
    private const int MostQueues = 4;

    /// <exception cref="ProblemException">A person can repair it.</exception>
    internal NicDevice Open(NicSpecification nic)
    {
        VlanPolicy vlans = Vlans(nic);
        NicSettings settings = new(
            nic.Index, Station(nic), nic.Mtu == 0 ? 1500 : nic.Mtu, Math.Clamp(vcpus, 1, MostQueues), Rate(nic), nic.Trusted, [.. Notes(nic)]);
        AntispoofFilter? antispoof = nic.Addresses is { } addresses
            ? new AntispoofFilter(settings.Station, [.. addresses.Select(Address)])
            : null;
        try
        {
            VlanPolicy ours = nic.Network is NetworkKind.Script or NetworkKind.OpenVswitch ? VlanPolicy.Everything : vlans;
            return new NicDevice(settings, new GuestPort(OpenEndpoint(nic, vlans), ours, antispoof), time);
        }
        catch (NetworkException e)
        {
            throw new ProblemException(e.Code, $"vif {nic.Index}: {e.Message}", e.Hint);
        }
        catch (Exception e) when (e is LinuxException or InvalidOperationException)
        {
            throw new ProblemException("network-refused", $"vif {nic.Index}: the host refuses its network: {e.Message}");
        }
    }

    private INetworkEndpoint OpenEndpoint(NicSpecification nic, VlanPolicy vlans) => nic.Network switch
    {
        NetworkKind.Nat => NatEndpoint.Open(nic.Forwards.Select(Forward), nic.HostLoopback, time),
        NetworkKind.Bridge => DeviceEndpoint.OnBridge(HostName(nic), Name(nic), nic.Mtu, vlans),
        NetworkKind.Uplink => DeviceEndpoint.OnInterface(Name(nic)),
        NetworkKind.Route => DeviceEndpoint.Routed(HostName(nic), nic.NetworkName, nic.Mtu, [.. (nic.Addresses ?? []).Select(Address)]),
        NetworkKind.Script => DeviceEndpoint.Plugged(HostName(nic), nic.Mtu, OffloadSupport.All, () => scripts.PlugIn(nic, HostName(nic))),
        NetworkKind.OpenVswitch => OpenVswitchPort.Open(HostName(nic), Name(nic), nic, vlans),
        NetworkKind.Switch => SwitchEndpoint.Join(
            nic.SwitchFolder ?? throw Bad(nic, "a switch without a folder"), $"vif{Number(domain)}.{Number(nic.Index)}", time),
        _ => throw Bad(nic, $"the network {nic.Network}"),
    };

    private string HostName(NicSpecification nic) => nic.HostName ?? $"vif{Number(domain)}.{Number(nic.Index)}";

    private static string Name(NicSpecification nic) => nic.NetworkName ?? throw Bad(nic, "a network without a name");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static MacAddress Station(NicSpecification nic) =>
        MacAddress.TryParse(nic.Mac, out MacAddress station) && station.IsStation ? station : throw Bad(nic, $"the address {nic.Mac}");

    private static VlanPolicy Vlans(NicSpecification nic) => nic.Vlans is null ? VlanPolicy.Everything
        : VlanPolicy.TryParse(nic.Vlans, out VlanPolicy policy, out string complaint) ? policy
        : throw Bad(nic, complaint);

    private static TransmitRate? Rate(NicSpecification nic) => nic.Rate is null ? null
        : TransmitRate.TryParse(nic.Rate, out TransmitRate rate) ? rate
        : throw Bad(nic, $"the rate {nic.Rate}");

    private static IPNetwork Address(string text) =>
        AntispoofFilter.TryParseAddress(text, out IPNetwork network) ? network : throw new ProblemException("bad-specification", $"\"{text}\" is no IP address.");

    private static PortForward Forward(string text) =>
        PortForward.TryParse(text, out PortForward forward) ? forward : throw new ProblemException("bad-specification", $"\"{text}\" is no port forward.");

    private static IEnumerable<KeyValuePair<string, string>> Notes(NicSpecification nic)
    {
        if (nic.NetworkName is { } name)
        {
            yield return new("bridge", name);
        }

        if (nic.Script is { } script)
        {
            yield return new("script", script);
        }

        if (nic.Addresses is { Count: > 0 } addresses)
        {
            yield return new("ip", string.Join(' ', addresses));
        }

        if (nic.Vlans is { } vlans)
        {
            yield return new("vlan", vlans);
        }
    }

    private static ProblemException Bad(NicSpecification nic, string what) =>
        new("bad-specification", $"vif {nic.Index}: {what} cannot be used.");
}
